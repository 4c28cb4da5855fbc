"""Parts: a stretch of a document is divided into even parts, each cut at the best seam near its size."""

import math
from collections.abc import Iterator
from typing import Protocol

from mlwright.rag.chunkers._seams import Seam
from mlwright.rag.chunkers._tokens import TokenMap

_END_COST = {Seam.BLOCK: 0.0, Seam.SENTENCE: 0.25, Seam.LINE: 0.45, Seam.WORD: 0.9, Seam.WITHIN: 2.0}
"""What it costs to end a chunk there, against the share by which it misses the size aimed at."""
_START_COST = {Seam.BLOCK: 0.0, Seam.SENTENCE: 0.0, Seam.LINE: 0.3, Seam.WORD: 0.6, Seam.WITHIN: 0.6}
"""What it costs to start the next one there, against the share by which the overlap misses its size."""


class Divides(Protocol):
    """What knows where a text may be cut."""

    def between(self, start: int, end: int) -> Iterator[tuple[int, Seam]]:
        """The seams after `start` and up to `end`, in order."""
        ...


class Parts:
    """Divides stretches into parts of at most `budget` tokens; neighbours share `overlap` of it."""

    def __init__(self, tokens: TokenMap, seams: Divides, budget: int, overlap: float) -> None:
        self._tokens, self._seams, self._budget, self._overlap = tokens, seams, budget, overlap * budget

    def of(self, start: int, last: int) -> Iterator[tuple[int, int]]:
        """The parts of characters [start, last), in order."""
        before = start
        while (rest := self._tokens.between(start, last)) > self._budget:
            parts = math.ceil((rest - self._overlap) / (self._budget - self._overlap))
            end = self._end(start, before, (rest - self._overlap) / parts + self._overlap)
            yield start, end
            start, before = self._start(start, end), end
        yield start, last

    def _end(self, start: int, before: int, aim: float) -> int:
        """The best end for a chunk from `start`, at least one token behind the end of the chunk before it."""
        farthest = self._tokens.reach(start, self._budget)
        here = self._tokens.at(start)
        new = self._tokens.after(before)
        best, least = 0, math.inf
        for offset, seam in self._seams.between(max(before, new - 1), farthest):
            cost = abs(self._tokens.at(offset) - here - aim) / aim + _END_COST[seam]
            if cost <= least:
                best, least = offset, cost
        return best or max(self._tokens.reach(start, math.floor(aim)), new)

    def _start(self, start: int, end: int) -> int:
        """Where the next chunk begins: so far before the end of this one that the overlap has its size."""
        if self._overlap < 1:
            return end
        there, best, least = self._tokens.at(end), end, math.inf
        nearest, farthest, at_sentence = (self._overlap * thirds / 3 for thirds in (2, 4, 5))
        earliest = max(self._tokens.after(start) - 1, self._tokens.offset(there - math.ceil(at_sentence) - 1))
        for offset, seam in self._seams.between(earliest, end - 1):
            size = there - self._tokens.at(offset)
            cost = abs(size - self._overlap) / self._overlap + _START_COST[seam]
            if nearest <= size <= (at_sentence if seam <= Seam.SENTENCE else farthest) and cost <= least:
                best, least = offset, cost
        return best
