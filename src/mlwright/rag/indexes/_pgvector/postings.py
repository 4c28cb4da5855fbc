"""Who has which term: the postings of a change, in the segments and in the form in which PostgreSQL keeps them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mlwright.rag.indexes._bm25 import Counted
from mlwright.rag.indexes._pgvector.connections import Ints, Packed, Shorts

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALL = 2048
"""Segments of fewer entries are joined with their neighbours."""
_INT4, _INT2 = 23, 21
_MOST_SHORT = 32767

Posting = tuple[str, int, Ints, Ints, Shorts]
"""A term, its segment, and for each passage of the segment that has it: its number, how often, and its length."""


def postings(first: int, counted: Iterable[Counted]) -> Iterator[Posting]:
    """The postings of one segment, whose passages are numbered from `first` on."""
    found: dict[str, tuple[list[int], list[int], list[int]]] = {}
    for number, one in enumerate(counted, start=first):
        length = min(one.steps, _MOST_SHORT)
        for term, count in one.terms.items():
            numbers, counts, lengths = found.setdefault(term, ([], [], []))
            numbers.append(number)
            counts.append(count)
            lengths.append(length)
    for term, (numbers, counts, lengths) in found.items():
        often = Ints(_array(counts, _INT4, ">i4"))
        yield term, first, Ints(_array(numbers, _INT4, ">i4")), often, Shorts(_array(lengths, _INT2, ">i2"))


def _array(values: Sequence[int], kind: int, form: str) -> bytes:
    """An array of integers in PostgreSQL's binary form: its shape, then each value behind its size."""
    size = np.dtype(form).itemsize
    items = np.empty(len(values), dtype=[("size", ">i4"), ("value", form)])
    items["size"], items["value"] = size, values
    return np.array([1, 0, kind, len(values), 1], dtype=">i4").tobytes() + items.tobytes()


def numbers_in(array: bytes) -> "NDArray[np.int64]":
    """The integers of an array in PostgreSQL's binary form, which has no nulls; shape (n,)."""
    head = np.frombuffer(array, dtype=">i4", count=3)
    if head[0] == 0:
        return np.empty(0, dtype=np.int64)
    form = ">i4" if head[2] == _INT4 else ">i2"
    items = np.frombuffer(array, dtype=[("size", ">i4"), ("value", form)], offset=20)
    return items["value"].astype(np.int64)


def packed(vectors: "NDArray[np.float32]") -> list[Packed]:
    """Vectors of shape (n, dims) in pgvector's binary form: their length, nothing, then the numbers."""
    count, dims = vectors.shape
    rows = np.empty(count, dtype=[("dims", ">i2"), ("unused", ">i2"), ("vector", ">f4", (dims,))])
    rows["dims"], rows["unused"], rows["vector"] = dims, 0, vectors
    return [Packed(row.tobytes()) for row in rows]


def unpacked(rows: Sequence[bytes], dims: int) -> "NDArray[np.float32]":
    """The other way round, shape (len(rows), dims)."""
    whole = np.frombuffer(b"".join(row[4:] for row in rows), dtype=">f4").reshape(len(rows), dims)
    return whole.astype(np.float32)


def small_runs(segments: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Small segments that stand beside each other: the first numbers of each run of several."""
    run: list[int] = []
    for first, entries in [*segments, (0, SMALL)]:
        if entries < SMALL:
            run.append(first)
            continue
        if len(run) > 1:
            yield run
        run = []
