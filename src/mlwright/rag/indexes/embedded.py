"""The embedded index: exact vector search and BM25 in files of its own, no server.

Exact search reads every vector once per question, so it grows with the number of chunks: it is the right choice while
that stays a small part of an answer. Measured with `benchmarks/retrieval.py` (see its table for the machine); beyond
about a million chunks take an approximate index on a server instead.
"""

from pathlib import Path
from typing import Literal

from mlwright.kernel.parts import need
from mlwright.rag.indexes import Index, IndexPart


class Config(IndexPart):
    """Vectors and words in the workspace folder: exact, filtered before ranking, nothing to run."""

    use: Literal["embedded"] = "embedded"

    def build(self, home: Path, dims: int) -> Index:
        """Raises MissingExtra without numpy and tantivy, Conflict where the folder holds vectors of another length."""
        need("numpy", "local")
        need("tantivy", "local")
        from mlwright.rag.indexes._exact import ExactIndex  # loads numpy and tantivy

        return ExactIndex(home, dims)
