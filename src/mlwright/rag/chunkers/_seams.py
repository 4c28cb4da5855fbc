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
    r"(?:\b(?:[A-Z]|e\.g|i\.e|cf|vs|etc|al|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Fig|Figs|Eq|Eqs|Sec|Ch|vol|pp?|approx|resp|bzw|z\.B|d\.h|usw))\.$"
)
_LINE = re.compile(r"\n")
_WORD = re.compile(r"\s+(?=\S)")


class Seams:
    """All seams of a text in order. `fits` tells which code and tables are small enough to stay whole."""

    def __init__(self, text: str, blocks: Sequence[Block], fits: Callable[[int, int], bool]) -> None:
        kinds = dict.fromkeys((found.end() for found in _WORD.finditer(text)), Seam.WORD)
        kinds.update(dict.fromkeys((found.end() for found in _LINE.finditer(text)), Seam.LINE))
        kinds.update(dict.fromkeys(_sentences(text, blocks), Seam.SENTENCE))
        kinds.update(dict.fromkeys((block.start for block in blocks), Seam.BLOCK))
        self._offsets = sorted(kinds)
        self._kinds = [kinds[offset] for offset in self._offsets]
        for block, after in zip(blocks, chain(blocks[1:], (None,)), strict=False):
            if block.kind == "heading":
                self._close(block.start, after.start + 1 if after and after.kind != "heading" else block.end)
            elif block.kind in ("code", "table") and fits(block.start, block.end):
                self._close(block.start, block.end)

    def _close(self, start: int, end: int) -> None:
        for index in range(bisect_right(self._offsets, start), bisect_left(self._offsets, end)):
            self._kinds[index] = Seam.WITHIN

    def between(self, start: int, end: int) -> Iterator[tuple[int, Seam]]:
        """The seams after `start` and up to `end`."""
        for index in range(bisect_right(self._offsets, start), bisect_right(self._offsets, end)):
            yield self._offsets[index], self._kinds[index]


def _sentences(text: str, blocks: Sequence[Block]) -> Iterator[int]:
    for block in blocks:
        if block.kind in ("code", "table"):
            continue
        for found in _SENTENCE.finditer(text, block.start, block.end):
            if not _ABBREVIATION.search(text, max(block.start, found.start() - 12), found.start()):
                yield found.end()
