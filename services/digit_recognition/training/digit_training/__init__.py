"""Trains the models of the digit service."""
