"""Maximal marginal relevance: passages that say something new come before those that repeat a better one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from mlwright.kernel.ids import Ref
from mlwright.kernel.parts import need
from mlwright.kernel.units import Share
from mlwright.models.chat import ChatModel
from mlwright.models.rerank import Reranked, Reranker, RerankFacts, RerankPart, RerankRequest, scaled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Config(RerankPart):
    """Picks one passage after the other: the one with the most of `relevance` x its score in the search, less
    (1 - `relevance`) x its likeness to what was picked (Carbonell and Goldstein 1998). It changes the variety of what
    is kept, not how well each passage fits. No model, well under a millisecond."""

    use: Literal["mmr"] = "mmr"
    relevance: Share = Field(default=0.7, ge=0, le=1)
    """What the search's score counts; the rest counts how new a passage is."""

    def facts(self) -> RerankFacts:
        return RerankFacts(model="mmr", vectors=True, licence="Apache-2.0", seconds=(2e-4, 5e-4, 2e-3))

    def build(self, chat: ChatModel | None = None) -> Reranker:
        """Raises MissingExtra without numpy."""
        need("numpy", "local")
        return Mmr(self.relevance)


class Mmr:
    """A Reranker. Its score is the margin at which a passage was picked, which falls from pick to pick, moved so that
    it lies between 0 (the worst passage, a repetition) and 1 (the best, and new)."""

    def __init__(self, relevance: float) -> None:
        self.ref = Ref("model", f"mmr@1-{relevance:g}")
        self._relevance = relevance

    async def rerank(self, request: RerankRequest) -> Reranked:
        if request.vectors is None:
            raise ValueError("mmr needs the vectors of the passages")
        given = margins(request.scores, request.vectors, self._relevance)
        return Reranked(tuple(min(1.0, max(0.0, margin + 1 - self._relevance)) for margin in given))

    async def close(self) -> None:
        """Nothing is open."""


def margins(scores: Sequence[float], vectors: "NDArray[np.float32]", relevance: float) -> list[float]:
    """The margin of each passage when it is picked: relevance x score (scaled to 0..1) - (1 - relevance) x the greatest
    cosine to a passage that was picked before. Rows of `vectors` have unit length. Sorting by it gives the picks."""
    import numpy as np

    worth = relevance * np.asarray(scaled(scores))
    alike = vectors @ vectors.T
    nearest = np.zeros(len(worth))
    given, left = np.zeros(len(worth)), np.ones(len(worth), dtype=np.bool_)
    for _ in range(len(worth)):
        margin = np.where(left, worth - (1 - relevance) * nearest, -np.inf)
        best = int(np.argmax(margin))
        given[best], left[best] = margin[best], False
        nearest = np.maximum(nearest, alike[best])
    return [float(margin) for margin in given]
