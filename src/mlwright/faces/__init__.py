"""TODO faces."""
