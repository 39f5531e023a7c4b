"""Face analysis: the geometry of a face, and its attributes where their models are there."""
