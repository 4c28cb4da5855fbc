"""Fusion: the lists of two retrievers become one.

A candidate that only one retriever found is worth to the other what the last of its list is worth (convex: 0 after
min-max normalisation), or nothing (rrf). Equal scores are ordered by id, so the result does not depend on the order in
which anything was added.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mlwright.rag.indexes import Found

Fusion = Literal["convex", "rrf", "vector", "keyword"]
_RRF_K = 60


@dataclass(frozen=True, slots=True)
class Fused:
    """A candidate with its fused score, and the raw scores of the retrievers that found it."""

    id: str
    score: float
    vector: float | None
    keyword: float | None


def fuse(how: Fusion, vector: Sequence[Found], keyword: Sequence[Found], dense_weight: float) -> list[Fused]:
    """One list, best first. `dense_weight`, from 0 to 1, is the share of the vectors in `convex`."""
    match how:
        case "vector":
            scores = {one.id: one.score for one in vector}
        case "keyword":
            scores = {one.id: one.score for one in keyword}
        case "rrf":
            scores = _sum(_by_rank(vector), 1.0, _by_rank(keyword), 1.0)
        case "convex":
            scores = _sum(_scaled(vector), dense_weight, _scaled(keyword), 1 - dense_weight)
    cosines = {one.id: one.score for one in vector}
    words = {one.id: one.score for one in keyword}
    fused = [Fused(id_, score, cosines.get(id_), words.get(id_)) for id_, score in scores.items()]
    return sorted(fused, key=lambda one: (-one.score, one.id))


def _by_rank(found: Sequence[Found]) -> dict[str, float]:
    return {one.id: 1 / (_RRF_K + rank) for rank, one in enumerate(found, start=1)}


def _scaled(found: Sequence[Found]) -> dict[str, float]:
    """Scores from 0 (the last of the list) to 1 (the first); all 1 where they are equal."""
    if not found:
        return {}
    high, low = max(one.score for one in found), min(one.score for one in found)
    width = high - low
    return {one.id: (one.score - low) / width if width else 1.0 for one in found}


def _sum(one: Mapping[str, float], weight: float, other: Mapping[str, float], rest: float) -> dict[str, float]:
    return {id_: weight * one.get(id_, 0.0) + rest * other.get(id_, 0.0) for id_ in {**one, **other}}
