"""What the engine costs: the same work with the engine and without it, side by side. Run `python -m benchmarks`."""
