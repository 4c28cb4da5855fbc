"""TODO kernel/fetch."""
