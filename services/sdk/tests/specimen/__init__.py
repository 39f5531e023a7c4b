"""A service with one operation for each thing that the tests look at."""
