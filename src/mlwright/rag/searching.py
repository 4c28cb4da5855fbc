"""Searching: one query asks both indexes, and what they find is fused."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwright.rag.filters import Filter
from mlwright.rag.fuse import Fused, fuse, joined
from mlwright.rag.indexes import Found, Index
from mlwright.rag.rewriters import Query
from mlwright.rag.spec import PipelineSpec
from mlwright.rag.stages import Stages

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Searching:
    """The search of one retrieval: fixed index, filter and depth; `at` is a generation of the past."""

    spec: PipelineSpec
    index: Index
    where: Filter | None
    depth: int
    stages: Stages
    at: int | None = None

    def find(self, queries: Sequence[Query], vectors: "Sequence[Vector | None]") -> list[Fused]:
        """The candidates of all queries, best first; none where nothing is as near as `min_score` asks for."""
        near = [self._near(vector) for vector in vectors]
        best = max((found[0].score for found in near if found), default=None)
        with self.stages.stage("vector") as stage:
            stage.scores = _merged(near)
            stage.note = "" if best is None else f"nearest {best:.3f}"
        if self.spec.retrieve.fuse != "keyword" and (best is None or best < self.spec.retrieve.min_score):
            if best is not None:
                self.stages.add("keep", 0.0, f"nearest cosine {best:.3f} is below min_score")
            return []
        words = [self._by_words(query) for query in queries]
        with self.stages.stage("keyword") as stage:
            stage.scores = _merged(words)
        with self.stages.stage("fuse") as stage:
            fused = joined([self._fused(*pair) for pair in zip(near, words, strict=True)])
            stage.scores = [(one.id, one.score) for one in fused]
            stage.note = self._how(len(queries))
        return fused

    def _near(self, vector: "Vector | None") -> list[Found]:
        with self.stages.stage("vector"):
            return [] if vector is None else self.index.by_vector(vector, self.depth, self.where, self.at)

    def _by_words(self, query: Query) -> list[Found]:
        by_words = self.spec.index.keyword != "none" and self.spec.retrieve.fuse != "vector" and query.words
        with self.stages.stage("keyword"):
            return self.index.by_words(query.words, self.depth, self.where, self.at) if by_words else []

    def _fused(self, near: list[Found], words: list[Found]) -> list[Fused]:
        how = self.spec.retrieve.fuse
        return fuse(how, near, words, self.spec.retrieve.dense_weight)

    def _how(self, queries: int) -> str:
        how, weight = self.spec.retrieve.fuse, self.spec.retrieve.dense_weight
        told = f"{how}, vectors {weight:.0%}" if how in ("convex", "rrf") else how
        return told if queries == 1 else f"{told}; {queries} queries by reciprocal ranks"


def _merged(lists: Sequence[Sequence[Found]]) -> list[tuple[str, float]]:
    """The best score of each candidate over all queries."""
    if len(lists) == 1:
        return [(one.id, one.score) for one in lists[0]]
    best: dict[str, float] = {}
    for found in lists:
        for one in found:
            best[one.id] = max(one.score, best.get(one.id, one.score))
    return sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))
