"""The index `qdrant` in its parts: where its points stand, filters, postings in packets, and the port `Records`."""
