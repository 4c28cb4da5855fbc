"""Clusters of vectors (k-means on the sphere), and the words that tell each from the others."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import log, sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 12
"""Clusters: more could not be told apart by colour."""
_STARTS, _ROUNDS = 3, 50
_WORD = re.compile(r"[^\W\d_](?:[\w'’-]*\w)?")
_ADDRESS = re.compile(r"\S+://\S+")
_SHORT = 2
_TOLD = 4


def how_many(count: int) -> int:
    """Clusters for so many vectors: the root of half of them, a rule of thumb, up to `MOST`."""
    return max(1, min(MOST, count, round(sqrt(count / 2))))


def clustered(vectors: "NDArray[np.float32]", count: int) -> "tuple[NDArray[np.intp], NDArray[np.float32]]":
    """The cluster of every unit vector, from 0 and by size, and the middle of each; the best of a few starts."""
    best: tuple[float, NDArray[np.intp], NDArray[np.float32]] | None = None
    for seed in range(_STARTS):
        labels, middles = _grouped(vectors, _spread(vectors, count, np.random.default_rng(seed)))
        fit = float(np.einsum("ij,ij->", vectors, middles[labels], dtype=np.float64))
        if best is None or fit > best[0]:
            best = fit, labels, middles
    assert best is not None
    _, labels, middles = best
    order = np.argsort(-np.bincount(labels, minlength=count), kind="stable")
    return np.argsort(order, kind="stable")[labels], middles[order]


def _spread(vectors: "NDArray[np.float32]", count: int, chance: np.random.Generator) -> "NDArray[np.float32]":
    """First middles that lie apart (k-means++)."""
    chosen = [int(chance.integers(len(vectors)))]
    apart = 1 - vectors @ vectors[chosen[0]]
    for _ in range(count - 1):
        share = np.maximum(apart, 0).astype(np.float64) + 1e-12
        chosen.append(int(chance.choice(len(vectors), p=share / share.sum())))
        apart = np.minimum(apart, 1 - vectors @ vectors[chosen[-1]])
    return vectors[chosen]


def _grouped(
    vectors: "NDArray[np.float32]", middles: "NDArray[np.float32]"
) -> "tuple[NDArray[np.intp], NDArray[np.float32]]":
    labels = np.full(len(vectors), -1)
    for _ in range(_ROUNDS):
        now = (vectors @ middles.T).argmax(axis=1)
        if np.array_equal(now, labels):
            break
        labels = now
        middles = np.stack([_middle(vectors[labels == at], middle) for at, middle in enumerate(middles)])
    return labels, middles


def _middle(members: "NDArray[np.float32]", before: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Where nobody is left, it stays."""
    total = members.sum(axis=0)
    length = float(np.linalg.norm(total))
    return total / length if length > 0 else before


def telling(texts: Sequence[str], labels: Sequence[int], terms: Callable[[str], list[str]]) -> list[tuple[str, ...]]:
    """A few words for each cluster, the most telling first. Forms of one word (`terms` gives its stem, or nothing for
    a word of grammar) count as one, under the form that is used most."""
    stems, forms = _stems(texts, terms)
    counts = Counter(labels)
    every = Counter(stem for found in stems for stem in found)
    inside = [Counter[str]() for _ in range(max(labels, default=-1) + 1)]
    for found, label in zip(stems, labels, strict=True):
        inside[label].update(found)
    return [_best(some, every, counts[at], len(texts), forms) for at, some in enumerate(inside)]


def _best(
    inside: Counter[str], every: Counter[str], size: int, total: int, forms: Mapping[str, str]
) -> tuple[str, ...]:
    """Words score by the share of the cluster that has them, by how much more that is than elsewhere, and by how rare
    they are."""

    def score(stem: str) -> float:
        share, usual = inside[stem] / size, every[stem] / total
        return share * log(share / usual) * log(1 + 1 / usual)

    known = [stem for stem in inside if inside[stem] > 1 or size == 1]
    scores = {stem: score(stem) for stem in known}
    return tuple(forms[stem] for stem in sorted(known, key=lambda stem: (-scores[stem], stem))[:_TOLD])


def _stems(texts: Sequence[str], terms: Callable[[str], list[str]]) -> tuple[list[set[str]], dict[str, str]]:
    """The stems of each text, and the usual form of each."""
    words = [_WORD.findall(_ADDRESS.sub(" ", text)) for text in texts]
    used = Counter(word for found in words for word in found)
    stem = {word: "".join(terms(word)) for word in used if len(word) > (_SHORT if word.isascii() else 1)}
    forms: dict[str, str] = {}
    for word, _ in sorted(used.items(), key=lambda pair: (-pair[1], pair[0])):
        forms.setdefault(stem.get(word, ""), word)
    return [{one for word in found if (one := stem.get(word, ""))} for found in words], forms
