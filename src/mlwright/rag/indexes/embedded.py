"""The embedded index: exact vector search and BM25 in files of its own, no server.

Exact search reads every vector once per question, so its time grows with their number: 7 ms for 100,000 of 384 numbers
on 2 busy cores, 0.3 ms where a filter leaves 1 % (`benchmarks/retrieval.py`), hence some 70 ms for a million, which is
where an approximate index begins to be worth its recall.
"""

from pathlib import Path
from typing import Literal

from mlwright.kernel.parts import need
from mlwright.rag.indexes import Index, IndexPart, Quantize


class Config(IndexPart):
    """Vectors and words in the workspace folder: exact, filtered before ranking, nothing to run."""

    use: Literal["embedded"] = "embedded"

    def build(self, home: Path, dims: int, quantize: Quantize = "none") -> Index:
        """Raises MissingExtra without numpy and tantivy, Conflict where the folder holds vectors of another length."""
        need("numpy", "local")
        need("tantivy", "local")
        from mlwright.rag.indexes._files import FileIndex  # loads numpy and tantivy

        return FileIndex(home, dims, quantize)
