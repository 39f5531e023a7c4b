"""Fuzzing of what reads the bytes of strangers: forms, JSON, definitions. `python -m tests.walls.fuzz --seconds 60`."""
