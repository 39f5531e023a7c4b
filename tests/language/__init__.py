"""The pipeline language, end to end through HTTP."""
