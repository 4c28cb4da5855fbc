"""Small chunks that are found, and the wider stretch around them that the model is shown: parent-child retrieval."""

from typing import Literal

from pydantic import Field, model_validator

from mlwright.kernel.units import Count, Share
from mlwright.rag.chunkers import ChunkerPart, ChunkFacts, TokenEnds
from mlwright.rag.chunkers._fit import Fit
from mlwright.rag.chunkers._parts import Parts
from mlwright.rag.chunkers._seams import Seams
from mlwright.rag.chunkers._sections import sections
from mlwright.rag.types import Cut, Parsed


class Config(ChunkerPart):
    """Cuts sections into parents of `parent` tokens, and those into chunks of `tokens`, both as `structure` does. A
    chunk is embedded and found, its parent is what the model reads; a citation still points at the exact words."""

    use: Literal["parent"] = "parent"
    tokens: Count = Field(default=100, ge=1)
    overlap: Share = Field(default=0.15, le=0.5)
    """The share of a chunk that its neighbour in the same parent repeats."""
    parent: Count = Field(default=400, ge=1)
    """The size of a parent, in the embedder's tokens; it may be longer than the embedder reads."""

    @model_validator(mode="after")
    def _wider(self) -> "Config":
        if self.parent < self.tokens:
            raise ValueError(f"parent ({self.parent}) is smaller than tokens ({self.tokens})")
        return self

    def facts(self) -> ChunkFacts:
        return ChunkFacts(shown=self.parent)

    def build(self) -> "Parent":
        return Parent(self.tokens, self.overlap, self.parent)


class Parent:
    """Parents do not overlap, so that two of them never show a model the same text."""

    def __init__(self, tokens: int, overlap: float, parent: int) -> None:
        self._tokens, self._overlap, self._parent = tokens, overlap, parent

    def cut(self, document: Parsed, token_ends: TokenEnds, limit: int) -> list[Cut]:
        fit = Fit(document, token_ends, limit, self._tokens)
        wide = Seams(document.text, document.blocks, lambda start, end: fit.tokens.between(start, end) <= self._parent)
        narrow = Seams(document.text, document.blocks, fit.fits)
        parents = Parts(fit.tokens, wide, self._parent, 0.0)
        cuts: list[Cut] = []
        for section in sections(document, lambda start, end: fit.tokens.between(start, end) <= fit.size // 4):
            headings, budget = fit.under(section.headings)
            children = Parts(fit.tokens, narrow, budget, self._overlap)
            for parent in parents.of(section.start, section.end):
                for start, end in children.of(*parent):
                    cuts += fit.cuts(headings, start, end, parent)
        return cuts
