"""Chunks that end where the topic turns: sentences are embedded, and cut apart where neighbours are least alike."""

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from mlwright.kernel.errors import UserError
from mlwright.kernel.units import Count
from mlwright.rag.chunkers import Chunker, ChunkerPart, ChunkFacts, TokenEnds, Vectors
from mlwright.rag.chunkers._fit import Fit
from mlwright.rag.chunkers._seams import Seams
from mlwright.rag.chunkers._sections import Section, sections
from mlwright.rag.chunkers._units import units
from mlwright.rag.types import Cut, Parsed

_LEAST = 0.25
"""The smallest chunk, as a share of `tokens`."""
_SENTENCE = 4
"""Fewer tokens are no sentence of their own."""
_BATCH = 1024


class Config(ChunkerPart):
    """Cuts at headings, and a section of more than `tokens` at the turn of topic that is sharpest within reach: where
    the sentences before and behind are least alike by the pipeline's own embedder. It embeds such sections twice."""

    use: Literal["semantic"] = "semantic"
    tokens: Count = Field(default=200, ge=1)
    window: int = Field(default=2, ge=1, le=10)
    """Sentences on either side of a place that are compared."""

    def facts(self) -> ChunkFacts:
        return ChunkFacts(shown=self.tokens, vectors_of_sentences=True)

    def build(self) -> Chunker:
        """Raises UserError: it cannot do without an embedder."""
        raise UserError("the semantic chunker needs an embedder", hint="build it with build_with(vectors)")

    def build_with(self, vectors: Vectors) -> "Semantic":
        return Semantic(self.tokens, self.window, vectors)


class Semantic:
    def __init__(self, tokens: int, window: int, vectors: Vectors) -> None:
        self._tokens, self._window, self._vectors = tokens, window, vectors

    def cut(self, document: Parsed, token_ends: TokenEnds, limit: int) -> list[Cut]:
        fit = Fit(document, token_ends, limit, self._tokens)
        seams = Seams(document.text, document.blocks, fit.fits)
        cuts: list[Cut] = []
        for section in sections(document, lambda start, end: fit.tokens.between(start, end) <= fit.size // 4):
            headings, budget = fit.under(section.headings)
            for start, end in self._parts(fit, seams, section, budget):
                cuts += fit.cuts(headings, start, end)
        return cuts

    def _parts(self, fit: Fit, seams: Seams, section: Section, budget: int) -> Iterator[tuple[int, int]]:
        if fit.tokens.between(section.start, section.end) <= budget:
            yield section.start, section.end
            return
        found = units(
            fit.tokens, seams, section.start, section.end, least=min(_SENTENCE, budget), most=max(1, budget // 2)
        )
        turns = self._turns([fit.text[start:end] for start, end in found])
        first = 0
        while first < len(found):
            last = self._end(fit, found, turns, first, budget)
            yield found[first][0], found[last][1]
            first = last + 1

    def _end(self, fit: Fit, found: list[tuple[int, int]], turns: list[float], first: int, budget: int) -> int:
        """The unit that a chunk from `first` ends with: all that is left, or up to the sharpest turn."""
        start, best = found[first][0], first
        for place in range(first, len(found)):
            size = fit.tokens.between(start, found[place][1])
            if size > budget:
                return best
            if place + 1 == len(found):
                return place
            if (
                place == first
                or fit.tokens.between(start, found[best][1]) < budget * _LEAST
                or turns[place] > turns[best]
            ):
                best = place
        return best

    def _turns(self, texts: Sequence[str]) -> list[float]:
        """How unlike the sentences before and behind the end of each unit are: 1 - cosine of their mean vectors."""
        import numpy as np

        batches = [texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
        vectors = np.concatenate([self._vectors(batch) for batch in batches])
        sums = np.concatenate([np.zeros((1, vectors.shape[1])), np.cumsum(vectors, axis=0, dtype=np.float64)])
        turns = []
        for place in range(1, len(texts)):
            before = sums[place] - sums[max(0, place - self._window)]
            behind = sums[min(len(texts), place + self._window)] - sums[place]
            length = float(np.linalg.norm(before) * np.linalg.norm(behind))
            turns.append(1.0 - float(before @ behind) / length if length else 1.0)
        return [*turns, 0.0]
