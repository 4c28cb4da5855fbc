"""Chunks that follow the structure of a document: sections, then paragraphs, then sentences, then words."""

import math
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from mlwright.kernel.units import Count, Share
from mlwright.rag.chunkers import ChunkerPart, TokenEnds, embedded_text
from mlwright.rag.chunkers._seams import Seam, Seams
from mlwright.rag.chunkers._sections import Section, sections
from mlwright.rag.chunkers._tokens import TokenMap, above, verified
from mlwright.rag.types import Cut, Parsed

_END_COST = {Seam.BLOCK: 0.0, Seam.SENTENCE: 0.25, Seam.LINE: 0.45, Seam.WORD: 0.9, Seam.WITHIN: 2.0}
"""What it costs to end a chunk there, against the share by which it misses the size aimed at."""
_START_COST = {Seam.BLOCK: 0.0, Seam.SENTENCE: 0.0, Seam.LINE: 0.3, Seam.WORD: 0.6, Seam.WITHIN: 0.6}
"""What it costs to start the next one there, against the share by which the overlap misses its size."""


class Config(ChunkerPart):
    """Cuts at headings, and long sections into even parts at paragraphs and sentences. Neighbours in a section share
    `overlap` of a chunk. Code and tables stay whole where they fit, and are cut between lines where they do not."""

    use: Literal["structure"] = "structure"
    tokens: Count = Field(default=200, ge=1)
    overlap: Share = Field(default=0.15, le=0.5)
    """The share of a chunk that its neighbour repeats."""

    def build(self) -> "Structure":
        return Structure(self.tokens, self.overlap)


class Structure:
    """Reasons with offsets in a document that was tokenised once; the tokenizer verifies each cut in the end."""

    def __init__(self, tokens: int, overlap: float) -> None:
        self._tokens, self._overlap = tokens, overlap

    def cut(self, document: Parsed, token_ends: TokenEnds, limit: int) -> list[Cut]:
        tokens = TokenMap(document.text, token_ends)
        size = min(self._tokens, limit)
        seams = Seams(document.text, document.blocks, lambda start, end: tokens.between(start, end) <= size)
        cuts: list[Cut] = []
        for section in sections(document, lambda start, end: tokens.between(start, end) <= size // 4):
            headings = above(document, section.headings, token_ends, limit // 3)
            room = limit - len(token_ends(embedded_text(document.title, headings, "")))
            for start, end in _Parts(tokens, seams, max(1, min(size, room)), self._overlap).of(section):
                cuts += verified(document, headings, start, end, token_ends, limit)
        return cuts


class _Parts:
    """Divides sections into stretches of at most `budget` tokens."""

    def __init__(self, tokens: TokenMap, seams: Seams, budget: int, overlap: float) -> None:
        self._tokens, self._seams, self._budget, self._overlap = tokens, seams, budget, overlap * budget

    def of(self, section: Section) -> Iterator[tuple[int, int]]:
        start, before = section.start, section.start
        while (rest := self._tokens.between(start, section.end)) > self._budget:
            parts = math.ceil((rest - self._overlap) / (self._budget - self._overlap))
            end = self._end(start, before, (rest - self._overlap) / parts + self._overlap)
            yield start, end
            start, before = self._start(start, end), end
        yield start, section.end

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
