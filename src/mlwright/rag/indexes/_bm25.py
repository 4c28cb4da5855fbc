"""BM25 for engines that have none of their own: the same numbers that tantivy gives to the embedded index.

Robertson and Zaragoza 2009, k1 1.2 and b 0.75, with the idf of Lucene, ln(1 + (N - n + 0.5) / (n + 0.5)), which is
never negative. Lengths are kept in steps, as Lucene and tantivy keep them, so that a passage has one score in every
engine.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

K1, B = 1.2, 0.75
MOST_TERMS = 256
"""Terms of a question that are searched; longer questions are cut."""


def _steps() -> list[int]:
    """Lengths that can be told apart: all up to 40, then eight of each width 2, 4, 8 …"""
    steps, width = list(range(41)), 2
    while steps[-1] < 2**31:
        steps += [steps[-1] + width * number for number in range(1, 9)]
        width *= 2
    return steps


_STEPS = _steps()


def stepped(length: int) -> int:
    """The length that counts for a passage of so many terms."""
    return _STEPS[bisect_right(_STEPS, length) - 1]


def idf(entries: int, having: int) -> float:
    """What a term is worth that `having` of `entries` passages have."""
    return log(1 + (entries - having + 0.5) / (having + 0.5))


@dataclass(frozen=True, slots=True)
class Counted:
    """The terms of one passage with their frequencies, its true length, and the length that counts."""

    terms: Mapping[str, int]
    length: int

    @classmethod
    def of(cls, terms: Sequence[str]) -> "Counted":
        return cls(Counter(terms), len(terms))

    @property
    def steps(self) -> int:
        return stepped(self.length)


@dataclass(frozen=True, slots=True)
class Posting:
    """Some of the passages that have a term: their numbers, how often they have it, and their lengths in steps."""

    term: str
    numbers: "NDArray[np.int64]"
    counts: "NDArray[np.int64]"
    lengths: "NDArray[np.int64]"

    def of(self, living: "NDArray[np.bool_]") -> "Posting":
        """Without those that are not alive; `living` is by number, and later numbers are of entries not yet born."""
        known = self.numbers < len(living)
        keep = known & living[np.where(known, self.numbers, 0)] if len(living) else known
        return Posting(self.term, self.numbers[keep], self.counts[keep], self.lengths[keep])


def best(
    postings: Iterable[Posting],
    weights: Mapping[str, float],
    entries: int,
    words: int,
    wanted: "NDArray[np.bool_] | None",
    top: int,
) -> list[tuple[int, float]]:
    """Numbers and scores of the best passages, best first. The postings are those of all living passages, `entries` in
    number with `words` terms in all; only those that are `wanted`, by number, are ranked."""
    by_term: dict[str, list[Posting]] = {}
    for posting in postings:
        by_term.setdefault(posting.term, []).append(posting)
    numbers, scores, slope = [], [], K1 * B * entries / max(words, 1)
    for term, parts in by_term.items():
        worth = weights[term] * (K1 + 1) * idf(entries, sum(len(part.numbers) for part in parts))
        for part in parts:
            numbers.append(part.numbers)
            scores.append(worth * part.counts / (part.counts + K1 * (1 - B) + slope * part.lengths))
    if not numbers:
        return []
    all_numbers = np.concatenate(numbers)
    total = np.bincount(all_numbers, np.concatenate(scores))
    found = np.flatnonzero(total if wanted is None else total * wanted[: len(total)])
    if len(found) > top:
        least = np.partition(total[found], len(found) - top)[len(found) - top]
        found = found[total[found] >= least]
    order = np.lexsort((found, -total[found]))[:top]
    return [(int(number), float(total[number])) for number in found[order]]
