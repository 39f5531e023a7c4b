"""Object service: finds what is in a picture."""
