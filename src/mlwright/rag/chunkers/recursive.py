"""Chunks by separators, the coarsest first: paragraphs, then lines, sentences, words, and tokens in the end."""

import re
from collections import deque
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from mlwright.kernel.units import Count, Share
from mlwright.rag.chunkers import ChunkerPart, TokenEnds
from mlwright.rag.chunkers._fit import Fit
from mlwright.rag.types import Cut, Parsed

Stretch = tuple[int, int]


class Config(ChunkerPart):
    """Divides at the first of `separators`, and what is still too long at the next one; then joins neighbours up to
    `tokens`. Needs no structure and knows none: headings are text like any other."""

    use: Literal["recursive"] = "recursive"
    tokens: Count = Field(default=200, ge=1)
    overlap: Share = Field(default=0.15, le=0.5)
    """The share of a chunk that its neighbour repeats, at most: it is made of whole pieces."""
    separators: tuple[str, ...] = Field(default=("\n\n", "\n", ". ", " "), min_length=1)
    """Where a text may be divided, the best first. Between tokens it always may."""

    def build(self) -> "Recursive":
        return Recursive(self.tokens, self.overlap, self.separators)


class Recursive:
    """A piece ends behind its separator and the space after it, so that no piece is blank."""

    def __init__(self, tokens: int, overlap: float, separators: tuple[str, ...]) -> None:
        self._tokens, self._overlap = tokens, overlap
        self._marks = [re.compile(re.escape(separator) + r"\s*") for separator in separators if separator]

    def cut(self, document: Parsed, token_ends: TokenEnds, limit: int) -> list[Cut]:
        fit = Fit(document, token_ends, limit, self._tokens)
        headings, budget = fit.under(())
        pieces = _Pieces(fit, budget, int(self._overlap * budget), self._marks)
        return [
            cut for start, end in pieces.divided(0, len(document.text), 0) for cut in fit.cuts(headings, start, end)
        ]


class _Pieces:
    def __init__(self, fit: Fit, budget: int, overlap: int, marks: list[re.Pattern[str]]) -> None:
        self._tokens, self._text, self._budget, self._overlap, self._marks = (
            fit.tokens, fit.text, budget, overlap, marks,
        )  # fmt: skip

    def divided(self, start: int, end: int, level: int) -> Iterator[Stretch]:
        """Stretches of at most `budget` tokens: small neighbours are joined, a large one is divided further."""
        if self._tokens.between(start, end) <= self._budget:
            yield start, end
            return
        small: list[Stretch] = []
        for piece in self._split(start, end, level):
            if level == len(self._marks) or self._tokens.between(*piece) <= self._budget:
                small.append(piece)
                continue
            yield from self._joined(small)
            small = []
            yield from self.divided(*piece, level + 1)
        yield from self._joined(small)

    def _split(self, start: int, end: int, level: int) -> Iterator[Stretch]:
        if level == len(self._marks):
            yield from self._windows(start, end)
            return
        before, visible = start, end - len(self._text[start:end].lstrip())
        for mark in self._marks[level].finditer(self._text, visible, end):
            if mark.end() < end:
                yield before, mark.end()
                before = mark.end()
        yield before, end

    def _windows(self, start: int, end: int) -> Iterator[Stretch]:
        """A long word, token by token as far as the budget goes."""
        step = max(1, self._budget - self._overlap)
        while self._tokens.between(start, end) > step:
            after = max(self._tokens.reach(start, step), start + 1)
            yield start, after
            start = after
        yield start, end

    def _joined(self, pieces: list[Stretch]) -> Iterator[Stretch]:
        """As many pieces in a row as fit, each row beginning with the last ones of the row before."""
        row: deque[Stretch] = deque()
        for piece in pieces:
            if row and self._tokens.between(row[0][0], piece[1]) > self._budget:
                yield row[0][0], row[-1][1]
                row.popleft()
                while row and (
                    self._tokens.between(row[0][0], row[-1][1]) > self._overlap
                    or self._tokens.between(row[0][0], piece[1]) > self._budget
                ):
                    row.popleft()
            row.append(piece)
        if row:
            yield row[0][0], row[-1][1]
