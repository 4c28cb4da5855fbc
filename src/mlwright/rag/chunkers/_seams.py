"""Seams: the offsets of a text at which it may be cut, and how well each divides it."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from itertools import chain

from mlwright.rag.types import Block


class Seam(IntEnum):
    """From the best place for a cut to the worst."""

    BLOCK = 0
    SENTENCE = 1
    LINE = 2
    WORD = 3
    WITHIN = 4
    """Inside of what should stay whole: code and tables that fit, a heading and the text below it."""


_SENTENCE = re.compile(
    r"(?<=[.!?…])[\"'”’)\]*_]*\s+(?=[\"'“‘(\[*_`]*[A-Z0-9À-ÞΑ-ΩА-Я\u0590-\u06ff\u0900-\u0dff])|[。！？]+[」』”）]*\s*"
)
_ABBREVIATION = re.compile(
    r"\b(?:[A-Z]|e\.g|i\.e|cf|vs|etc|al|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Figs?|Eqs?|Sec|Ch|vol|pp?|approx|resp|bzw|z\.B|d\.h|usw)\.$"
)
_GAP = re.compile(r"\s+")


class Seams:
    """Finds the seams of a stretch when asked, so that a text of any length needs little memory.

    `fits` tells which code and tables are small enough to stay whole."""

    def __init__(self, text: str, blocks: Sequence[Block], fits: Callable[[int, int], bool]) -> None:
        self._text, self._blocks = text, blocks
        self._starts = [block.start for block in blocks]
        closed = list(_closed(blocks, fits))
        self._closed_starts, self._closed_ends = [start for start, _ in closed], [end for _, end in closed]

    def between(self, start: int, end: int) -> Iterator[tuple[int, Seam]]:
        """The seams after `start` and up to `end`, in order."""
        found = dict.fromkeys(self._gaps(start, end), Seam.WORD)
        for offset in found:
            if self._text[offset - 1] == "\n":
                found[offset] = Seam.LINE
        first, last = max(0, bisect_right(self._starts, start) - 1), bisect_right(self._starts, end)
        for block in self._blocks[first:last]:
            found.update(dict.fromkeys(self._sentences(block, start, end), Seam.SENTENCE))
            found[block.start] = Seam.BLOCK
        for offset in sorted(found):
            if start < offset <= end:
                yield offset, Seam.WITHIN if self._is_closed(offset) else found[offset]

    def _gaps(self, start: int, end: int) -> Iterator[int]:
        """The starts of words, and of lines with their indentation."""
        for gap in _GAP.finditer(self._text, start, end):
            yield gap.end()
            newline = self._text.rfind("\n", gap.start(), gap.end())
            if newline >= 0:
                yield newline + 1

    def _sentences(self, block: Block, start: int, end: int) -> Iterator[int]:
        if block.kind in ("code", "table"):
            return
        for found in _SENTENCE.finditer(self._text, max(block.start, start), min(block.end, end + 2)):
            if not _ABBREVIATION.search(self._text, max(block.start, found.start() - 12), found.start()):
                yield found.end()

    def _is_closed(self, offset: int) -> bool:
        index = bisect_left(self._closed_starts, offset) - 1
        return index >= 0 and offset < self._closed_ends[index]


def _closed(blocks: Sequence[Block], fits: Callable[[int, int], bool]) -> Iterator[tuple[int, int]]:
    """Stretches with no good seam inside; a cut right before them is good."""
    for block, after in zip(blocks, chain(blocks[1:], (None,)), strict=False):
        if block.kind == "heading":
            yield block.start, after.start + 1 if after and after.kind != "heading" else block.end
        elif block.kind in ("code", "table") and fits(block.start, block.end):
            yield block.start, block.end
