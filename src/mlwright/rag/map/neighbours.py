"""Who is near to whom: the nearest neighbours of every vector, what lies far from all, and near duplicates."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALIKE = 0.97
"""The cosine from which two chunks count as near duplicates."""
NEAREST = 5
"""Neighbours that say how lonely a chunk is."""
_ROWS = 512
_FENCE = 1.5
_FEWEST = 12


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Of every vector the nearest others, nearest first, with their cosines."""

    ids: "NDArray[np.intp]"
    cosines: "NDArray[np.float32]"

    @property
    def near(self) -> "NDArray[np.float32]":
        """The mean cosine to the few nearest; 1 where there are no others."""
        if not self.ids.shape[1]:
            return np.ones(len(self.ids), dtype=np.float32)
        return np.asarray(self.cosines[:, :NEAREST].mean(axis=1), dtype=np.float32)


def nearest(vectors: "NDArray[np.float32]", count: int) -> Neighbours:
    """The `count` nearest of every unit vector, or as many as there are. Exact; a block of rows at a time."""
    count = min(count, len(vectors) - 1)
    ids = np.empty((len(vectors), count), dtype=np.intp)
    cosines = np.empty((len(vectors), count), dtype=np.float32)
    for start in range(0, len(vectors) if count else 0, _ROWS):
        scores = _scores(vectors, start)
        some = np.argpartition(-scores, count - 1, axis=1)[:, :count]
        values = np.take_along_axis(scores, some, axis=1)
        order = np.lexsort((some, -values), axis=1)
        ids[start : start + _ROWS] = np.take_along_axis(some, order, axis=1)
        cosines[start : start + _ROWS] = np.take_along_axis(values, order, axis=1)
    return Neighbours(ids, cosines)


def outliers(near: "NDArray[np.float32]", most: int) -> list[int]:
    """The loneliest: those so far below the usual nearness that Tukey's fence leaves them out, the farthest first."""
    if len(near) < _FEWEST:
        return []
    low, high = np.quantile(near, (0.25, 0.75))
    far = np.flatnonzero(near < low - _FENCE * (high - low))
    return [int(at) for at in far[np.argsort(near[far], kind="stable")][:most]]


def duplicates(vectors: "NDArray[np.float32]", most: int) -> tuple[list[tuple[int, int, float]], int]:
    """Pairs at least `ALIKE`, the nearest first and at most `most`, and how many there are."""
    best: list[tuple[int, int, float]] = []
    count = 0
    for start in range(0, len(vectors), _ROWS):
        scores = _scores(vectors, start)
        rows, columns = np.nonzero(scores >= ALIKE)
        rows, columns = rows[columns > rows + start], columns[columns > rows + start]
        count += len(rows)
        found = scores[rows, columns]
        top = np.argsort(-found, kind="stable")[:most]
        best += [(int(rows[at]) + start, int(columns[at]), min(1.0, float(found[at]))) for at in top]
        best = sorted(best, key=lambda pair: (-pair[2], pair[0], pair[1]))[:most]
    return best, count


def _scores(vectors: "NDArray[np.float32]", start: int) -> "NDArray[np.float32]":
    """Cosines of a block of rows with all; nobody is his own neighbour."""
    scores = vectors[start : start + _ROWS] @ vectors.T
    rows = np.arange(len(scores))
    scores[rows, rows + start] = -np.inf
    return np.asarray(scores, dtype=np.float32)
