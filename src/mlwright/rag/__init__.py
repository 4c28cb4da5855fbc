"""TODO rag."""
