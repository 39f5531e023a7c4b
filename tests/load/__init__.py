"""Overload: bounds, fairness, floods, services and stores that come and go. Everything in processes of its own."""
