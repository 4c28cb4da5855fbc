"""TODO faces/api."""
