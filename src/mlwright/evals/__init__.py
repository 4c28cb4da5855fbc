"""TODO evals."""
