"""A fixed state of the embedded index: what one query sees from its start to its end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mlwright.rag.conditions import Filter
from mlwright.rag.indexes import Found, WordQuery
from mlwright.rag.indexes._codes import Codes
from mlwright.rag.indexes._rows import Rows
from mlwright.rag.indexes._words import Searcher

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TIES = 1e-6
_KEPT_FILTERS = 16
_FEW_ROWS = 1000
_HEADROOM = 1.5


@dataclass(frozen=True, slots=True)
class View:
    """The first rows of the files, and which of them live."""

    vectors: "NDArray[np.float32]"
    codes: Codes | None
    rows: Rows
    words: Searcher
    live: "NDArray[np.bool_]"
    living: int
    generation: int
    _filtered: dict[Filter, "NDArray[np.intp]"] = field(default_factory=dict)

    def at(self, generation: int) -> "View":
        """The state of an older generation, which the rows must know."""
        live = self.rows.living(len(self.live), self.rows.sequence_of[generation])
        return View(self.vectors, self.codes, self.rows, self.words, live, int(live.sum()), generation)

    def matching(self, where: Filter) -> "NDArray[np.intp]":
        """The live rows that pass, ascending. The last few filters are remembered."""
        if (kept := self._filtered.get(where)) is not None:
            return kept
        found = np.flatnonzero(self.rows.matching(where, len(self.live)) & self.live)
        if len(self._filtered) >= _KEPT_FILTERS:
            self._filtered.clear()
        self._filtered[where] = found
        return found

    # --- by vector

    def nearest(self, vector: "NDArray[np.float32]", top: int, where: Filter | None) -> list[Found]:
        """The best `top` live rows by cosine; equal scores (to 1e-6) are ordered by id, whatever their order here."""
        rows = self.matching(where) if where is not None else None
        count = self.living if rows is None else len(rows)
        if count == 0 or top < 1:
            return []
        if rows is not None and len(rows) * 8 < len(self.live):
            return self._best(rows, self.vectors[rows] @ vector, top)
        if self.codes is None or count <= max(self.codes.breadth * top, self.codes.fewest):
            return self._exactly(rows, self.vectors @ vector, top)
        scores = self._masked(self.codes.scores(vector, len(self.live)), rows)
        wanted = max(self.codes.breadth * top, self.codes.fewest)
        near = np.sort(np.argpartition(scores, len(scores) - wanted)[len(scores) - wanted :])
        return self._best(near, self.vectors[near] @ vector, top)

    def _exactly(self, rows: "NDArray[np.intp] | None", scores: "NDArray[np.float32]", top: int) -> list[Found]:
        if rows is not None:
            return self._best(rows, scores[rows], top)
        return self._best(None, self._masked(scores, None), top)

    def _masked(self, scores: "NDArray[np.float32]", rows: "NDArray[np.intp] | None") -> "NDArray[np.float32]":
        """The scores, where rows that do not count have the least."""
        if rows is not None:
            masked = np.full(len(scores), -np.inf, dtype=np.float32)
            masked[rows] = scores[rows]
            return masked
        if self.living < len(self.live):
            scores[~self.live] = -np.inf
        return scores

    def _best(self, rows: "NDArray[np.intp] | None", scores: "NDArray[np.float32]", top: int) -> list[Found]:
        if len(scores) > top:
            least = np.partition(scores, len(scores) - top)[len(scores) - top]
            at = np.flatnonzero(scores >= least - _TIES)
        else:
            at = np.arange(len(scores))
        at = at[np.isfinite(scores[at])]
        chosen = at if rows is None else rows[at]
        return ordered([
            Found(self.rows.ids[row], round(float(score), 6))
            for row, score in zip(chosen.tolist(), scores[at], strict=True)
        ])[:top]  # fmt: skip

    # --- by words

    def saying(self, question: str | WordQuery, top: int, where: Filter | None) -> list[Found]:
        """The best `top` live rows by BM25. Few rows that pass are named to the searcher; of many, it gives its best
        until enough of them pass."""
        rows = self.matching(where) if where is not None else None
        count = self.living if rows is None else len(rows)
        query = self.words.query(question)
        if query is None or count == 0 or top < 1:
            return []
        if rows is not None and len(rows) <= _FEW_ROWS and len(rows) < len(self.live):
            return self._named(self.words.search(query, top, rows.tolist()))
        if count == len(self.live):
            return self._named(self.words.search(query, top))
        passing = self.live if rows is None else np.zeros(len(self.live), dtype=np.bool_)
        if rows is not None:
            passing[rows] = True
        limit = int(top * len(self.live) / count * _HEADROOM) + 1
        while True:
            hits = self.words.search(query, limit)
            found = [hit for hit in hits if hit[0] < len(passing) and passing[hit[0]]]
            if len(found) >= top or len(hits) < limit:
                return self._named(found[:top])
            limit *= 4

    def _named(self, hits: Sequence[tuple[int, float]]) -> list[Found]:
        return ordered([Found(self.rows.ids[row], round(score, 6)) for row, score in hits])


def ordered(found: list[Found]) -> list[Found]:
    return sorted(found, key=lambda one: (-one.score, one.id))
