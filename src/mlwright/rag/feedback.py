"""Pseudo-relevance feedback: what the first search found best says what else to look for. No model is asked.

For the best `passages` d of the first search, with weights r(d) = score(d) / sum of scores:

- words (RM3, Abdul-Jaleel et al. 2004, as weighted BM25 terms): of P(t) = sum of r(d) x tf(t, d) / |d| the greatest
  `terms` are kept and scaled to sum 1; a term then weighs 0.6 x its share of the question + 0.4 x P(t);
- vectors (Rocchio 1971): the question's vector + 0.6 x the mean of the passages' vectors, weighted by r, scaled to
  length 1.

Both are searched and fused as the question was, and a candidate scores (1 - share) x the first + share x the second.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mlwright.rag.fuse import Fused
from mlwright.rag.indexes import Index, WordQuery

if TYPE_CHECKING:
    from numpy.typing import NDArray

_QUESTION, _FOUND = 0.6, 0.4
_TOWARDS = 0.6
_SHORTEST = 2


def weights(found: Sequence[Fused]) -> list[float]:
    """r(d), summing to 1; equal where the scores say nothing."""
    scores = np.maximum([one.score for one in found], 0.0)
    total = float(scores.sum())
    return [float(score) / total if total else 1 / len(found) for score in scores]


def words(index: Index, question: str, texts: Sequence[str], shares: Sequence[float], terms: int) -> WordQuery:
    """The question's terms with those that the passages share, each with its weight."""
    asked = Counter(index.terms(question))
    shared: dict[str, float] = {}
    for text, share in zip(texts, shares, strict=True):
        counted = Counter(term for term in index.terms(text) if len(term) >= _SHORTEST)
        length = sum(counted.values())
        for term, times in counted.items():
            shared[term] = shared.get(term, 0.0) + share * times / length
    best = dict(sorted(shared.items(), key=lambda pair: (-pair[1], pair[0]))[:terms])
    scale = sum(best.values()) or 1.0
    length = sum(asked.values()) or 1
    return WordQuery(
        {
            term: _QUESTION * asked[term] / length + _FOUND * best.get(term, 0.0) / scale
            for term in (*asked, *(term for term in best if term not in asked))
        }
    )


def towards(
    vector: "NDArray[np.float32]", found: "NDArray[np.float32]", shares: Sequence[float]
) -> "NDArray[np.float32]":
    """The question's vector, moved towards those of the passages, shape (len(shares), dims)."""
    moved = vector + np.float32(_TOWARDS) * (np.asarray(shares, dtype=np.float32) @ found)
    return np.asarray(moved / max(float(np.linalg.norm(moved)), 1e-12), dtype=np.float32)


def added(index: Index, question: str, query: WordQuery) -> list[str]:
    """The terms that are not the question's own, the weightiest first."""
    asked = set(index.terms(question))
    return [term for term in sorted(query.terms, key=lambda term: (-query.terms[term], term)) if term not in asked]
