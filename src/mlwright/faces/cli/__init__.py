"""TODO faces/cli."""
