"""TODO blueprint."""
