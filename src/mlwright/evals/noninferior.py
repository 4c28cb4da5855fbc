"""Non-inferiority: does a candidate lose at most a margin against a baseline on the same examples, beyond doubt?

The bound is the one-sided score bound of paired differences from -1 to 1, to which z^2 / 2 examples are added that were
lost outright (z is the normal quantile of the level). So a set on which nothing changes proves no more than its size
allows: where few of n are lost, the bound is a little stricter than the exact one (Clopper and Pearson 1934: 3 / n at
95 % where none is), and about the same elsewhere. The same device for proportions: Agresti and Coull (1998), American
Statistician 52:119-126.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

_NORMAL = NormalDist()
_LEVEL = 0.05
_FARTHEST = 12.0


@dataclass(frozen=True, slots=True)
class NonInferior:
    """Candidate minus baseline over `n` examples: the mean, its one-sided 95 % lower bound, and the p-value of a loss
    of the margin or more."""

    mean: float
    low: float
    p: float
    n: int


def non_inferior(baseline: Mapping[str, float], candidate: Mapping[str, float], margin: float) -> NonInferior | None:
    """Scores from 0 to 1 by example; None where none is shared."""
    differences = [candidate[name] - score for name, score in baseline.items() if name in candidate]
    if not differences:
        return None
    mean = math.fsum(differences) / len(differences)
    low = _bound(differences, _NORMAL.inv_cdf(1 - _LEVEL))
    return NonInferior(mean, max(-1.0, low), _p(differences, mean, margin), len(differences))


def examples_needed(margin: float, tests: int = 1) -> int:
    """So many unchanged examples are the fewest that show a margin, where the smallest of `tests` p-values is held
    against 5 % / `tests` (Holm)."""
    low, high = 0.0, 0.5
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _of_unchanged(middle) < margin else (low, middle)
    return math.ceil(_added(tests) * (1 / low - 1))


def provable_margin(examples: int, tests: int = 1) -> float:
    """The smallest margin that so many unchanged examples show; at most 1."""
    added = _added(tests)
    return _of_unchanged(added / (examples + added)) if examples > added else 1.0


def _added(tests: int) -> float:
    """How many lost examples are added."""
    return _NORMAL.inv_cdf(1 - _LEVEL / tests) ** 2 / 2


def _of_unchanged(added: float) -> float:
    """The bound of unchanged pairs, as a loss; `added` is the share of those that were added, up to a half."""
    return added * (1 + math.sqrt(2 * (1 - added)))


def _bound(differences: Sequence[float], z: float) -> float:
    lost = z * z / 2
    n = len(differences) + lost
    mean = (math.fsum(differences) - lost) / n
    spread = (math.fsum(one * one for one in differences) + lost) / n - mean * mean
    return mean - z * math.sqrt(max(0.0, spread) / n)


def _p(differences: Sequence[float], mean: float, margin: float) -> float:
    """The level at which the bound is the margin; 1 where the mean itself is beyond it."""
    if mean <= -margin:
        return 1.0
    low, high = 0.0, _FARTHEST
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _bound(differences, middle) > -margin else (low, middle)
    return 1 - _NORMAL.cdf(low)
