"""Chunks of source code: whole definitions where they fit, else cut between inner ones, blank lines and lines."""

from itertools import pairwise
from typing import Literal

from pydantic import Field

from mlwright.kernel.units import Count
from mlwright.rag.chunkers import ChunkerPart, TokenEnds
from mlwright.rag.chunkers._fit import Fit
from mlwright.rag.chunkers._parts import Parts
from mlwright.rag.chunkers._symbols import Symbols
from mlwright.rag.types import Cut, Parsed


class Config(ChunkerPart):
    """Small definitions that follow one another share a chunk. One that is too long is cut, and each part is embedded
    below the lines that open what it stands in, as `class Store:` and `def rows(self):`. Definitions are found by
    their first words and their indentation, in any language that has both."""

    use: Literal["code"] = "code"
    tokens: Count = Field(default=220, ge=1)

    def build(self) -> "Code":
        return Code(self.tokens)


class Code:
    def __init__(self, tokens: int) -> None:
        self._tokens = tokens

    def cut(self, document: Parsed, token_ends: TokenEnds, limit: int) -> list[Cut]:
        fit, symbols = Fit(document, token_ends, limit, self._tokens), Symbols(document.text)
        cuts: list[Cut] = []
        for first, last in _packed(fit, symbols):
            _, budget = fit.under(symbols.path(last - 1))
            for start, end in Parts(fit.tokens, symbols, budget, 0.0).of(first, last):
                headings, _ = fit.under(symbols.path(start))
                cuts += fit.cuts(headings, start, end)
        return cuts


def _packed(fit: Fit, symbols: Symbols) -> list[tuple[int, int]]:
    """Definitions in a row that fit together, and each that does not fit at all."""
    _, budget = fit.under(())
    edges = sorted({0, *symbols.tops(), len(fit.text)})
    packed: list[tuple[int, int]] = []
    for start, end in pairwise(edges):
        if packed and fit.tokens.between(packed[-1][0], end) <= budget:
            packed[-1] = packed[-1][0], end
        else:
            packed.append((start, end))
    return packed
