"""One chunk a page, where the format has pages: for slides, forms and scans whose pages stand for themselves."""

from itertools import pairwise
from typing import Literal

from pydantic import Field

from mlwright.kernel.units import Count, Share
from mlwright.rag.chunkers import ChunkerPart, TokenEnds
from mlwright.rag.chunkers._fit import Fit
from mlwright.rag.chunkers._parts import Parts
from mlwright.rag.chunkers._seams import Seams
from mlwright.rag.chunkers._sections import Paths
from mlwright.rag.types import Cut, Parsed


class Config(ChunkerPart):
    """No chunk crosses the end of a page; a page of more than `tokens` is cut at paragraphs and sentences. A document
    without pages is one page. Headings do not end a chunk; the path at its start is embedded with it."""

    use: Literal["page"] = "page"
    tokens: Count = Field(default=240, ge=1)
    overlap: Share = Field(default=0.15, le=0.5)
    """The share of a chunk that its neighbour on the same page repeats."""

    def build(self) -> "Page":
        return Page(self.tokens, self.overlap)


class Page:
    def __init__(self, tokens: int, overlap: float) -> None:
        self._tokens, self._overlap = tokens, overlap

    def cut(self, document: Parsed, token_ends: TokenEnds, limit: int) -> list[Cut]:
        fit, paths = Fit(document, token_ends, limit, self._tokens), Paths(document)
        seams = Seams(document.text, document.blocks, fit.fits)
        edges = sorted({0, *document.pages, len(document.text)})
        cuts: list[Cut] = []
        for first, last in pairwise(edges):
            _, budget = fit.under(paths.at(first))
            for start, end in Parts(fit.tokens, seams, budget, self._overlap).of(first, last):
                headings, _ = fit.under(paths.at(start))
                cuts += fit.cuts(headings, start, end)
        return cuts
