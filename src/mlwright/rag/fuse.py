"""Fusion: the lists of two retrievers become one, and the lists of several queries become one.

With v and k the lists of vectors and of words, each best first, and w in 0..1 (`dense_weight`), the score of a
candidate c is

- `convex`: w x scaled_v(c) + (1 - w) x scaled_k(c), where scaled is (s - least) / (greatest - least) over its own list
  (1 for all where they are equal), and 0 for a list that does not hold c;
- `rrf`: 2w / (60 + rank_v(c)) + 2(1 - w) / (60 + rank_k(c)), ranks from 1, and 0 for a list that does not hold c. With
  w = 0.5 this is reciprocal rank fusion as published (Cormack et al. 2009, k = 60); any other w makes it weighted;
- `vector`, `keyword`: the raw score of that list alone.

Equal scores are ordered by id, so the result does not depend on the order in which anything was added.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
    """One list, best first. `dense_weight`, from 0 to 1, is the share of the vectors in `convex` and `rrf`."""
    match how:
        case "vector":
            scores = {one.id: one.score for one in vector}
        case "keyword":
            scores = {one.id: one.score for one in keyword}
        case "rrf":
            scores = _sum(_by_rank(vector), 2 * dense_weight, _by_rank(keyword), 2 * (1 - dense_weight))
        case "convex":
            scores = _sum(_scaled(vector), dense_weight, _scaled(keyword), 1 - dense_weight)
    cosines = {one.id: one.score for one in vector}
    words = {one.id: one.score for one in keyword}
    return ordered([Fused(id_, score, cosines.get(id_), words.get(id_)) for id_, score in scores.items()])


def mixed(one: Sequence[Fused], other: Sequence[Fused], share: float) -> list[Fused]:
    """(1 - share) x the score in `one` + share x the score in `other`, where a list that lacks a candidate counts 0.
    Both must come from the same kind of fusion. Raw scores are those of `one` where it has them."""
    scores = _sum({f.id: f.score for f in one}, 1 - share, {f.id: f.score for f in other}, share)
    known = {f.id: f for f in (*other, *one)}
    return ordered([replace(known[id_], score=score) for id_, score in scores.items()])


def joined(lists: Sequence[Sequence[Fused]]) -> list[Fused]:
    """The lists of several queries as one, by reciprocal ranks (k = 60), so that the best of each query stands near the
    top. One list alone keeps its scores. Raw scores are the greatest that any query gave."""
    if len(lists) == 1:
        return list(lists[0])
    best: dict[str, Fused] = {}
    for found in lists:
        for rank, one in enumerate(found, start=1):
            before = best.get(one.id, Fused(one.id, 0.0, None, None))
            score = before.score + 1 / (_RRF_K + rank)
            best[one.id] = Fused(
                one.id, score, _greater(before.vector, one.vector), _greater(before.keyword, one.keyword)
            )
    return ordered(list(best.values()))


def ordered(found: list[Fused]) -> list[Fused]:
    """Best first, equal scores by id."""
    return sorted(found, key=lambda one: (-one.score, one.id))


def _greater(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


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
