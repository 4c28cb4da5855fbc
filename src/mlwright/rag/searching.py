"""Searching: one query asks both indexes, and what they find is fused."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwright.rag import feedback
from mlwright.rag.filters import Filter
from mlwright.rag.fuse import Fused, fuse, joined, mixed
from mlwright.rag.indexes import Found, Index
from mlwright.rag.rewriters import Query
from mlwright.rag.spec import FeedbackSpec, PipelineSpec
from mlwright.rag.stages import Stages

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

_TOLD = 8
"""New words that `--explain` names."""


@dataclass(frozen=True, slots=True)
class Searching:
    """The search of one retrieval: fixed index, filter and depth; `at` is a generation of the past."""

    spec: PipelineSpec
    index: Index
    where: Filter | None
    depth: int
    stages: Stages
    texts: Callable[[Sequence[str]], list[str]]
    """What the index was given of these entries."""
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
                self.stages.add(
                    "keep", 0.0, f"nearest cosine {best:.3f} is below min_score {self.spec.retrieve.min_score:g}"
                )
            return []
        words = [self._by_words(query) for query in queries]
        with self.stages.stage("keyword") as stage:
            stage.scores = _merged(words)
        with self.stages.stage("fuse") as stage:
            lists = [self._fused(*pair) for pair in zip(near, words, strict=True)]
            fused = joined(lists)
            stage.scores = [(one.id, one.score) for one in fused]
            stage.note = self._how(len(queries))
        how = self.spec.retrieve.feedback
        return fused if how is None or not fused else self._fed_back(queries, vectors, lists, how)

    def _fed_back(
        self,
        queries: Sequence[Query],
        vectors: "Sequence[Vector | None]",
        lists: Sequence[list[Fused]],
        how: FeedbackSpec,
    ) -> list[Fused]:
        """The lists of a second search, mixed with those of the first."""
        with self.stages.stage("feedback") as stage:
            mixtures, notes = list[list[Fused]](), list[str]()
            for query, vector, first in zip(queries, vectors, lists, strict=True):
                second, note = self._again(query, vector, first, how)
                mixtures.append(mixed(first, second, how.share) if second else first)
                notes += [note] if note else []
            fused = joined(mixtures)
            stage.scores = [(one.id, one.score) for one in fused]
            stage.note = "; ".join(notes)
        return fused

    def _again(
        self, query: Query, vector: "Vector | None", first: Sequence[Fused], how: FeedbackSpec
    ) -> tuple[list[Fused], str]:
        """The second search of a query, and what it added; nothing where the first found nothing."""
        best = first[: how.passages]
        if not best:
            return [], ""
        ids, shares = [one.id for one in best], feedback.weights(best)
        near, words, note = list[Found](), list[Found](), ""
        if vector is not None:
            moved = feedback.towards(vector, self.index.vectors(ids), shares)
            near = self.index.by_vector(moved, self.depth, self.where, self.at)
        if query.words and self._asks_words:
            asked = feedback.words(self.index, query.words, self.texts(ids), shares, how.terms)
            words = self.index.by_words(asked, self.depth, self.where, self.at)
            note = f"also: {', '.join(feedback.added(self.index, query.words, asked)[:_TOLD])}"
        return self._fused(near, words), note

    @property
    def _asks_words(self) -> bool:
        return self.spec.index.keyword != "none" and self.spec.retrieve.fuse != "vector"

    def _near(self, vector: "Vector | None") -> list[Found]:
        with self.stages.stage("vector"):
            return [] if vector is None else self.index.by_vector(vector, self.depth, self.where, self.at)

    def _by_words(self, query: Query) -> list[Found]:
        with self.stages.stage("keyword"):
            if not (query.words and self._asks_words):
                return []
            return self.index.by_words(query.words, self.depth, self.where, self.at)

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
