"""What the Makefile calls: environments, checks, tests, the runner and the demo."""
