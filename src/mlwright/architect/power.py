"""What gates and canaries can see: how small a drop an eval set shows, and how soon a bad release is rolled back.

Two releases answer the same n cases, and their scores are compared case by case. The smallest true drop that is found
with 80 % power at a two-sided 5 % is (1.96 + 0.84) x s / sqrt(n), with s the standard deviation of the differences
(Miller 2024, "Adding error bars to evals"). Where each case is right or wrong, s is at most the root of the share of
cases on which the two disagree (Connor 1987 on McNemar's test); 5 % is assumed, as for two releases that differ in one
setting. A canary is judged as `serving` judges it, by the lower end of a Wilson interval, here once, at the end.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, exp, lgamma, log, log1p, sqrt

from mlwright.blueprint import Blueprint
from mlwright.evals import detectable_drop, set_size
from mlwright.kernel.errors import UserError
from mlwright.kernel.units import Bound
from mlwright.serving import EndpointSpec, Tally, verdict

DISCORDANT = 0.05
"""Cases on which two releases disagree."""
WORSE = 3.0
"""How much worse than its bound a canary is taken to be."""
_DAY = 86_400.0
_MOST = 1_000_000
_SURE = 9.0
"""So many standard deviations below its mean a count is not: by Chernoff's bound, with less than 1 in 10^17."""


@dataclass(frozen=True, slots=True)
class GatePower:
    """A gate: the `smallest` drop that so many cases show, the drop that it forbids (None where it compares nothing),
    and the cases that would show that. `promised` is where the set cannot be read and the file's number stands."""

    gate: str
    set: str
    cases: int
    promised: bool
    smallest: float | None
    forbids: float | None
    needed: int | None

    @property
    def sees(self) -> bool:
        """Whether it finds what it forbids."""
        return self.forbids is None or (self.smallest is not None and self.smallest <= self.forbids)


@dataclass(frozen=True, slots=True)
class StepPower:
    """A step of a rollout: requests that it sees in a day, the requests after which an error rate of three times the
    bound is rolled back in four of five cases, how many days that takes (None where no day has requests), and how
    likely it is within the first day."""

    endpoint: str
    share: float
    bound: float
    a_day: float
    needed: int
    days: float | None
    within_a_day: float

    @property
    def sees(self) -> bool:
        """Whether a day is enough."""
        return self.within_a_day >= 0.8


def gates(blueprint: Blueprint) -> Iterator[GatePower]:
    """The power of every gate of the file."""
    for name, gate in blueprint.evals.gates.items():
        spec, promised = blueprint.evals.sets[gate.set], False
        try:
            cases = set_size(spec, gate.set, base=blueprint.folder)
        except UserError:
            cases, promised = spec.min_cases, True
        forbids = gate.max_regression or None
        yield GatePower(
            gate=name,
            set=gate.set,
            cases=cases,
            promised=promised,
            smallest=smallest_drop(cases) if cases else None,
            forbids=forbids,
            needed=cases_needed(forbids) if forbids else None,
        )


def smallest_drop(cases: int) -> float:
    """The smallest drop of a share that so many paired cases show."""
    return detectable_drop(cases, sqrt(DISCORDANT))


def cases_needed(drop: float) -> int:
    """The cases that show a drop of a share."""
    return ceil((smallest_drop(1) / drop) ** 2)


def steps(blueprint: Blueprint) -> Iterator[StepPower]:
    """The power of every step of a rollout before the last, where something ends it."""
    for name, endpoint in blueprint.serving.endpoints.items():
        limit = endpoint.rollout.abort_if.get("error_rate")
        if limit is None:
            continue
        needed = requests_needed(limit)
        for share in endpoint.rollout.steps[:-1]:
            a_day = fresh_a_day(endpoint) * share
            yield StepPower(
                endpoint=name,
                share=share,
                bound=limit.value,
                a_day=a_day,
                needed=needed,
                days=needed / a_day if a_day else None,
                within_a_day=rolled_back(limit, int(a_day)),
            )


def fresh_a_day(endpoint: EndpointSpec) -> float:
    """Requests a day that a release itself answers: the cache takes the others."""
    traffic = endpoint.traffic
    return traffic.requests * _DAY * (1 - (traffic.repeats if endpoint.cache.exact else 0.0))


def rolled_back(limit: Bound, requests: int) -> float:
    """How likely a canary that fails three times as often as it may is rolled back after so many requests."""
    rate = min(1.0, WORSE * limit.value)
    least = bisect_left(range(requests + 1), True, key=lambda failed: bool(verdict(Tally(requests, failed), limit)))
    return 0.0 if least > requests else _at_least(least, requests, rate)


def requests_needed(limit: Bound) -> int:
    """Requests after which that happens in four of five cases."""
    low, high = 0, 1
    while rolled_back(limit, high) < 0.8 and high < _MOST:
        low, high = high, high * 2
    while high - low > max(1, low // 50):
        middle = (low + high) // 2
        low, high = (low, middle) if rolled_back(limit, middle) >= 0.8 else (middle, high)
    return high


def _at_least(least: int, n: int, p: float) -> float:
    """The probability of at least so many of n, each with probability p."""
    if p >= 1:
        return float(least <= n)
    if n * p - least > _SURE * sqrt(n * p):
        return 1.0
    if p <= 0:
        return float(least <= 0)
    below = sum(
        exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log1p(-p)) for k in range(least)
    )
    return max(0.0, 1.0 - below)
