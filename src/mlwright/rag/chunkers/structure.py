"""Chunks that follow the structure of a document: sections, then paragraphs, then sentences, then words."""

from typing import Literal

from pydantic import Field

from mlwright.kernel.units import Count, Share
from mlwright.rag.chunkers import ChunkerPart, TokenEnds
from mlwright.rag.chunkers._fit import Fit
from mlwright.rag.chunkers._parts import Parts
from mlwright.rag.chunkers._seams import Seams
from mlwright.rag.chunkers._sections import sections
from mlwright.rag.types import Cut, Parsed


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
        fit = Fit(document, token_ends, limit, self._tokens)
        seams = Seams(document.text, document.blocks, fit.fits)
        cuts: list[Cut] = []
        for section in sections(document, lambda start, end: fit.tokens.between(start, end) <= fit.size // 4):
            headings, budget = fit.under(section.headings)
            for start, end in Parts(fit.tokens, seams, budget, self._overlap).of(section.start, section.end):
                cuts += fit.cuts(headings, start, end)
        return cuts
