"""TODO architect."""
