"""TODO kernel/stores."""
