"""Intervals and paired differences, with nothing but the standard library.

Sources: Wilson's score interval as in Newcombe (1998), Statistics in Medicine 17:857-872; the BCa bootstrap of Efron
(1987), JASA 82:171-185; paired differences per example as in Miller (2024), arXiv 2411.00640; quantiles of Student's t
by Abramowitz and Stegun 26.7.5 (within 0.2 % of the exact ones from 3 degrees of freedom; 1 and 2 are exact).
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

from mlwright.evals.types import Interval, Quantile

_NORMAL = NormalDist()
_LEVEL = 0.95
_UPPER = (1 + _LEVEL) / 2
_Z = _NORMAL.inv_cdf(_UPPER)
_POWER = 0.8
_RESAMPLES = 2000
_SMALL, _LARGE = 10, 500  # below, a bootstrap knows too little; above, it says what Student's t says


def interval(values: Sequence[float]) -> Interval:
    """The mean of scores from 0 to 1 with its 95 % interval. Deterministic: equal scores, equal interval.

    Only zeros and ones: Wilson. Fewer than 10 scores, or all the same: Wilson as well, which is then too wide rather
    than too narrow, since no distribution from 0 to 1 varies more than a coin of the same mean. Up to 500: BCa
    bootstrap with a fixed seed. More: Student's t. Raises ValueError for no values.
    """
    n = len(values)
    if n == 0:
        raise ValueError("an interval needs at least one value")
    mean = math.fsum(values) / n
    distinct = set(values)
    if distinct <= {0.0, 1.0} or len(distinct) == 1 or n < _SMALL:
        low, high = wilson(mean * n, n)
    elif n <= _LARGE:
        low, high = _bca(values, mean)
    else:
        half = student(n - 1) * stdev(values) / math.sqrt(n)
        low, high = mean - half, mean + half
    return Interval(mean, max(0.0, min(low, mean)), min(1.0, max(high, mean)), n)


def mean_of(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean of any numbers with its 95 % interval by Student's t; of one number, that number three times."""
    mean = math.fsum(values) / len(values)
    half = student(len(values) - 1) * stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return mean, mean - half, mean + half


def quantile(values: Sequence[float], share: float) -> Quantile:
    """The quantile at `share` (type 7 of Hyndman and Fan 1996) with the 95 % interval of order statistics, without any
    assumption (Conover 1999, section 3.2): the ranks between which the binomial distribution of the number of
    smaller values has 95 %. A side that no rank covers is open (None): the 95th percentile of 20 values has no upper
    bound. Raises ValueError for no values."""
    n = len(values)
    if n == 0:
        raise ValueError("a quantile needs at least one value")
    ordered = sorted(values)
    place = share * (n - 1)
    at = min(int(place), n - 1)
    value = ordered[at] + (place - at) * (ordered[min(at + 1, n - 1)] - ordered[at])
    low = high = None
    below, tail = 0.0, (1 - _LEVEL) / 2
    for smaller in range(n + 1):  # `below` becomes P(at most `smaller` values lie under the true quantile)
        below += math.exp(_log_binomial(n, smaller, share))
        if below <= tail and smaller < n:
            low = ordered[smaller]
        if below >= 1 - tail:
            high = ordered[smaller] if smaller < n else None
            break
    return Quantile(value, low, high, n)


def _log_binomial(n: int, k: int, p: float) -> float:
    chosen = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return chosen + k * math.log(p) + (n - k) * math.log1p(-p)


def wilson(successes: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a proportion, without continuity correction."""
    p, square = successes / n, _Z * _Z
    centre = (p + square / (2 * n)) / (1 + square / n)
    half = _Z * math.sqrt(p * (1 - p) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def student(freedom: int, upper: float = _UPPER) -> float:
    """The quantile of Student's t at `upper`, from 0.5 to 1, with this many degrees of freedom."""
    if freedom == 1:
        return math.tan(math.pi * (upper - 0.5))
    if freedom == 2:
        return (2 * upper - 1) * math.sqrt(2 / (4 * upper * (1 - upper)))
    x, v = _NORMAL.inv_cdf(upper), freedom
    terms = (
        x,
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
    )
    return math.fsum(term / v**power for power, term in enumerate(terms))


def _bca(values: Sequence[float], mean: float) -> tuple[float, float]:
    """Bias-corrected and accelerated bootstrap of the mean; the jackknife of a mean has a closed form."""
    n, draw = len(values), random.Random(0)  # noqa: S311 - repeatable on purpose, no secret
    means = sorted(math.fsum(draw.choices(values, k=n)) / n for _ in range(_RESAMPLES))
    below = sum(one < mean for one in means) + sum(one == mean for one in means) / 2
    bias = _NORMAL.inv_cdf(min(max(below / _RESAMPLES, 1 / _RESAMPLES), 1 - 1 / _RESAMPLES))
    offsets = [value - mean for value in values]
    acceleration = math.fsum(o**3 for o in offsets) / (6 * math.fsum(o**2 for o in offsets) ** 1.5)

    def bound(z: float) -> float:
        shifted = bias + (bias + z) / (1 - acceleration * (bias + z))
        return means[min(_RESAMPLES - 1, int(_NORMAL.cdf(shifted) * _RESAMPLES))]

    return bound(-_Z), bound(_Z)


@dataclass(frozen=True, slots=True)
class Paired:
    """New minus old over the same examples: mean with its 95 % interval (not cut to any range) and standard error.

    `detectable` is the smallest true drop that so many examples show with 80 % power at the 5 % level, two-sided."""

    mean: float
    low: float
    high: float
    error: float
    n: int
    detectable: float


def paired(new: Sequence[float], old: Sequence[float]) -> Paired:
    """The difference of two systems on the same examples, taken as independent of one another. From two examples."""
    differences = [after - before for after, before in zip(new, old, strict=True)]
    n, mean = len(differences), fmean(differences)
    spread = stdev(differences)
    error = spread / math.sqrt(n)
    half = student(n - 1) * error
    return Paired(mean, mean - half, mean + half, error, n, detectable_drop(n, spread))


def detectable_drop(n: int, spread: float) -> float:
    """The smallest true mean difference that `n` pairs whose differences have the standard deviation `spread` show
    with 80 % power at the 5 % level, two-sided: (1.96 + 0.84) x spread / sqrt(n)."""
    return (_Z + _NORMAL.inv_cdf(_POWER)) * spread / math.sqrt(n)
