"""Comparing many candidates with one baseline on the same examples: paired bootstrap, corrected for their number.

Sources: the paired bootstrap of Koehn (2004), EMNLP; Holm (1979), Scandinavian Journal of Statistics 6:65-70, which
keeps the chance of any false claim at 5 % however many candidates there are.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from statistics import stdev

from mlwright.evals.stats import detectable_drop

_RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Change:
    """Candidate minus baseline over `n` examples: the mean with its 95 % interval, its two-sided p-value, the p-value
    after Holm's correction, and the smallest true difference that so many examples show with 80 % power."""

    mean: float
    low: float
    high: float
    p: float
    corrected: float
    detectable: float
    n: int


def changes(baseline: Mapping[str, float], candidates: Sequence[Mapping[str, float]]) -> list[Change | None]:
    """Scores by example. None for a candidate that shares fewer than two examples with the baseline. Deterministic."""
    found = [_paired(baseline, candidate) for candidate in candidates]
    corrected = iter(holm([one[3] for one in found if one is not None]))
    return [None if one is None else Change(*one[:4], next(corrected), *one[4:]) for one in found]


def holm(values: Sequence[float]) -> list[float]:
    """Corrected p-values, in the given order."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    corrected, least = [0.0] * len(values), 0.0
    for rank, place in enumerate(order):
        least = max(least, min(1.0, values[place] * (len(values) - rank)))
        corrected[place] = least
    return corrected


def _paired(
    baseline: Mapping[str, float], candidate: Mapping[str, float]
) -> tuple[float, float, float, float, float, int] | None:
    differences = [candidate[name] - score for name, score in baseline.items() if name in candidate]
    n = len(differences)
    if n < 2:
        return None
    mean = fsum(differences) / n
    draw = random.Random(0)  # noqa: S311 - repeatable on purpose, no secret
    means = sorted(fsum(draw.choices(differences, k=n)) / n for _ in range(_RESAMPLES))
    below, above = sum(one <= 0 for one in means), sum(one >= 0 for one in means)
    p = min(1.0, 2 * (min(below, above) + 1) / (_RESAMPLES + 1))
    low, high = means[int(0.025 * _RESAMPLES)], means[int(0.975 * _RESAMPLES)]
    return mean, min(low, mean), max(high, mean), p, detectable_drop(n, stdev(differences)), n
