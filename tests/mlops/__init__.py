"""From data to a served model: the training service, the digit service and the engine, each a process."""
