"""Rows and postings of `_records`, made from entries and their terms, joined and cut."""

import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mlwright.rag.indexes import Entry
from mlwright.rag.indexes._bm25 import Counted, Posting
from mlwright.rag.indexes._records import Block, Row, pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray


def row_of(number: int, entry: Entry, counted: Counted, born: int, vector: "NDArray[np.float32]") -> Row:
    meta = pairs(entry.meta)
    return Row(number, entry.id, counted.length, born, meta, check_of(entry.id, meta, vector), vector)


def check_of(id_: str, meta: Sequence[str], vector: "NDArray[np.float32]") -> int:
    text = "\x1e".join([id_, *meta]).encode("utf-8", "surrogatepass")
    return zlib.crc32(np.ascontiguousarray(vector, dtype="<f4").tobytes(), zlib.crc32(text))


def blocks_of(first: int, counted: Sequence[Counted], born: int) -> list[Block]:
    """The postings of one segment, whose rows are numbered from `first` on."""
    found: dict[str, tuple[list[int], list[int], list[int]]] = defaultdict(lambda: ([], [], []))
    for number, one in enumerate(counted, start=first):
        for term, count in one.terms.items():
            numbers, counts, lengths = found[term]
            numbers.append(number)
            counts.append(count)
            lengths.append(one.steps)
    return [Block(term, first, born, *lists) for term, lists in found.items()]


def merged(first: int, blocks: Sequence[Block], born: int) -> list[Block]:
    """The blocks of neighbouring segments as those of one, by number."""
    by_term: dict[str, list[Block]] = defaultdict(list)
    for block in sorted(blocks, key=lambda one: one.segment):
        by_term[block.term].append(block)
    return [
        Block(
            term,
            first,
            born,
            [number for part in parts for number in part.numbers],
            [count for part in parts for count in part.counts],
            [length for part in parts for length in part.lengths],
        )
        for term, parts in by_term.items()
    ]


def without(block: Block, gone: Collection[int], born: int) -> Block:
    def left(values: Sequence[int]) -> Iterator[int]:
        return (value for value, number in zip(values, block.numbers, strict=True) if number not in gone)

    return Block(block.term, block.segment, born, *map(list, map(left, (block.numbers, block.counts, block.lengths))))


def posting_of(block: Block) -> Posting:
    lists = (np.asarray(values, dtype=np.int64) for values in (block.numbers, block.counts, block.lengths))
    return Posting(block.term, *lists)
