"""From vectors to places on a plane: PaCMAP, which keeps near what is near and the whole in its shape.

Wang, Huang, Rudin, Shaposhnik: Understanding How Dimension Reduction Tools Work, JMLR 22 (2021). As published: pairs of
near, fairly near and far points pull and push in three phases, from the plane of the principal components.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlwright.rag.map.neighbours import Neighbours

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.float64]
    Pairs = NDArray[np.intp]

NEAR = 10
CANDIDATES = NEAR + 50
"""Neighbours to choose the near ones from."""
_MIDDLE, _TRIED = 5, 6
_FAR = 20
_FEWEST = 25
_PHASES = (100, 200, 450)
_FIRST, _SECOND = 0.9, 0.999
_SMALL = 0.01


@dataclass(frozen=True, slots=True)
class Pull:
    """Pairs of every point that attract, or repel where `strength` is below 0; `slack` is the distance from which the
    force fades."""

    others: "Pairs"
    strength: float
    slack: float

    def force(self, plane: "Plane", weight: float) -> "Plane":
        """The gradient of all points, of both ends of every pair."""
        apart = plane[:, None, :] - plane[self.others]
        squares = 1 + np.square(apart).sum(axis=2)
        forces = (weight * self.strength / np.square(self.slack + squares))[:, :, None] * apart
        at = self.others.ravel()
        ends = [np.bincount(at, weights=forces[:, :, axis].ravel(), minlength=len(plane)) for axis in (0, 1)]
        return np.asarray(forces.sum(axis=1) - np.stack(ends, axis=1))


def layout(vectors: "NDArray[np.float32]", neighbours: Neighbours) -> "Plane":
    """A place in the unit square for every unit vector, the same each time. A few vectors lie on the plane of their
    principal components."""
    plane = principal(vectors)
    if len(vectors) >= _FEWEST:
        plane = _spread(_unit_square(_settled(plane * _SMALL, _pulls(vectors, neighbours))))
    return _unit_square(plane)


def principal(vectors: "NDArray[np.float32]") -> "Plane":
    """The two directions in which the vectors differ most."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    best = axes[:, ::-1][:, :2]
    best = best * np.sign(best[np.abs(best).argmax(axis=0), np.arange(best.shape[1])])
    plane = centred @ best
    return np.pad(plane, ((0, 0), (0, 2 - plane.shape[1])))


def _pulls(vectors: "NDArray[np.float32]", neighbours: Neighbours) -> tuple[Pull, Pull, Pull]:
    chance, count = np.random.default_rng(0), len(vectors)
    return (
        Pull(_near(neighbours), 20.0, 10.0),
        Pull(_middle(vectors, chance), 20000.0, 10000.0),
        Pull(chance.integers(0, count, (count, _FAR)), -2.0, 1.0),
    )


def _near(neighbours: Neighbours) -> "Pairs":
    """The nearest by a distance that is scaled to how dense it is around both ends."""
    squares = np.maximum(2.0 - 2.0 * neighbours.cosines.astype(np.float64), 1e-12)
    scale = np.maximum(np.sqrt(squares)[:, 3:6].mean(axis=1), 1e-10)
    scaled = squares / (scale[:, None] * scale[neighbours.ids])
    chosen = np.argsort(scaled, axis=1, kind="stable")[:, :NEAR]
    return np.take_along_axis(neighbours.ids, chosen, axis=1)


def _middle(vectors: "NDArray[np.float32]", chance: np.random.Generator) -> "Pairs":
    """The second nearest of a few that are drawn, again and again."""
    drawn = chance.integers(0, len(vectors), (len(vectors), _MIDDLE, _TRIED))
    found = np.empty(drawn.shape[:2], dtype=np.intp)
    for at, (vector, some) in enumerate(zip(vectors, drawn, strict=True)):
        second = np.argsort(-(vectors[some] @ vector), axis=1, kind="stable")[:, 1]
        found[at] = some[np.arange(_MIDDLE), second]
    return found


def _settled(plane: "Plane", pulls: tuple[Pull, Pull, Pull]) -> "Plane":
    """Moved by Adam until the three phases are over."""
    near, middle, far = pulls
    first, second = np.zeros_like(plane), np.zeros_like(plane)
    for step in range(_PHASES[-1]):
        near_weight, middle_weight = _weights(step)
        slope = near.force(plane, near_weight) + far.force(plane, 1.0)
        if middle_weight:
            slope += middle.force(plane, middle_weight)
        first += (1 - _FIRST) * (slope - first)
        second += (1 - _SECOND) * (np.square(slope) - second)
        rate = np.sqrt(1 - _SECOND ** (step + 1)) / (1 - _FIRST ** (step + 1))
        plane = plane - rate * first / (np.sqrt(second) + 1e-7)
    return plane


def _weights(step: int) -> tuple[float, float]:
    """Of the near and of the fairly near: first the whole finds its shape, in the end the neighbourhoods."""
    if step < _PHASES[0]:
        done = step / _PHASES[0]
        return 2.0, (1 - done) * 1000 + done * 3
    return (3.0, 3.0) if step < _PHASES[1] else (1.0, 0.0)


def _spread(plane: "Plane") -> "Plane":
    """Half way to even shares of the plane, so that a few points far away do not press all others into a corner."""
    ranks = np.argsort(np.argsort(plane, axis=0, kind="stable"), axis=0, kind="stable")
    return np.asarray((plane + ranks / (len(plane) - 1)) / 2)


def _unit_square(plane: "Plane") -> "Plane":
    low, high = plane.min(axis=0), plane.max(axis=0)
    return np.asarray(0.5 + (plane - (low + high) / 2) / (float((high - low).max()) or 1.0))
