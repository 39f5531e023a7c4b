"""A service to start from."""
