"""Digit service: reads the handwritten digit of a picture."""
