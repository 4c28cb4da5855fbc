"""TODO architect/rules."""
