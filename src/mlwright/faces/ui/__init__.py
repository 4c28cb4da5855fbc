"""TODO faces/ui."""
