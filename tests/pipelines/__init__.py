"""The pipelines that ship, on a real engine with real services."""
