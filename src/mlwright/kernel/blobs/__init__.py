"""TODO kernel/blobs."""
