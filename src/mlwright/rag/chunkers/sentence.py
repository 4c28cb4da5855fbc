"""One sentence is found, and the sentences around it are what the model is shown: sentence-window retrieval."""

from typing import Literal

from pydantic import Field

from mlwright.kernel.units import Count
from mlwright.rag.chunkers import ChunkerPart, ChunkFacts, TokenEnds
from mlwright.rag.chunkers._fit import Fit
from mlwright.rag.chunkers._seams import Seams
from mlwright.rag.chunkers._sections import sections
from mlwright.rag.chunkers._units import units
from mlwright.rag.types import Cut, Parsed

_LEAST = 6
"""A shorter sentence, as `Yes.` or a heading, is embedded with the next one."""


class Config(ChunkerPart):
    """Each sentence is a chunk; the model is shown it with `window` sentences on either side, in the same section.
    Windows that touch are shown as one. The index holds several times as many chunks as with `structure`."""

    use: Literal["sentence"] = "sentence"
    tokens: Count = Field(default=60, ge=1)
    """A longer sentence, and code or a table that is longer, is divided."""
    window: int = Field(default=3, ge=1, le=20)
    """Sentences that are shown on either side."""

    def facts(self) -> ChunkFacts:
        return ChunkFacts(shown=self.tokens * (2 * self.window + 1))

    def build(self) -> "Sentence":
        return Sentence(self.tokens, self.window)


class Sentence:
    """A chunk never leaves its section, and neither does its window."""

    def __init__(self, tokens: int, window: int) -> None:
        self._tokens, self._window = tokens, window

    def cut(self, document: Parsed, token_ends: TokenEnds, limit: int) -> list[Cut]:
        fit = Fit(document, token_ends, limit, self._tokens)
        seams = Seams(document.text, document.blocks, fit.fits)
        cuts: list[Cut] = []
        for section in sections(document, lambda start, end: fit.tokens.between(start, end) <= fit.size // 4):
            headings, budget = fit.under(section.headings)
            found = units(fit.tokens, seams, section.start, section.end, least=min(_LEAST, budget), most=budget)
            for place, (start, end) in enumerate(found):
                first, last = max(0, place - self._window), min(len(found) - 1, place + self._window)
                cuts += fit.cuts(headings, start, end, (found[first][0], found[last][1]))
        return cuts
