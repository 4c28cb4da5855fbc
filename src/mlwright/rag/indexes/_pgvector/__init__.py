"""The index `pgvector` in its parts: connections, SQL, postings, and the port over them."""
