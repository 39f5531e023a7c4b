"""Every call of the engine's HTTP interface, on a real engine."""
