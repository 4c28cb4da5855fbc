"""Is a canary worse than it may be? Looked at after each of its requests, without crying wolf.

The share of failed requests is judged by the lower end of its Wilson interval: the canary goes when even that is above
the bound. Looking after every request gives chance many chances, so the interval widens while the canary runs. Requests
are thought of in epochs that double (20-39, 40-79, …); epoch k may be wrong with probability 0.05 x 6 / (pi k)^2 / 2,
where the half pays for the looks inside an epoch (Levy's inequality for the maximum of a sum). The failure that makes
us look is not counted, since we look only at bad moments, and Wilson's interval is a little short for rare events. So
all epochs together stay below 5 %: a canary whose true error rate is *at* its bound is rolled back wrongly in less than
1 of 20 rollouts, however long they last. Simulated in tests/serving/test_canary.py, bound 2 %: wrongly in 2.3 %
of rollouts of 2,000 requests at a true rate of 2 %, in 0.2 % at 1 %; rightly in 99 % at 4 %, in all at 10 %.
"""

from dataclasses import dataclass
from math import log2, pi, sqrt
from statistics import NormalDist

from mlwright.kernel.units import Bound

LEAST_REQUESTS = 20
_FALSE_ALARMS = 0.05
_LEVY = 2.0


@dataclass(slots=True)
class Tally:
    """Requests that a canary has answered, and how many of them its own model failed (rescued by a fallback or not)."""

    requests: int = 0
    failed: int = 0

    def count(self, *, failed: bool) -> None:
        self.requests += 1
        self.failed += failed


def wilson(failed: int, requests: int, z: float) -> tuple[float, float]:
    """Both ends of the Wilson score interval of a share (Wilson 1927)."""
    share, square = failed / requests, z * z
    middle = share + square / (2 * requests)
    half = z * sqrt(share * (1 - share) / requests + square / (4 * requests * requests))
    scale = 1 + square / requests
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def verdict(tally: Tally, bound: Bound) -> str:
    """Why the canary has to go, or nothing. `bound` is what ends it, as `> 2%`."""
    if tally.requests < LEAST_REQUESTS or not tally.failed:
        return ""
    low, _ = wilson(tally.failed - 1, tally.requests, _z(tally.requests))
    if not bound.holds(low):
        return ""
    return (
        f"error rate {tally.failed}/{tally.requests} = {tally.failed / tally.requests:.1%},"
        f" surely above {low:.1%}, and abort_if says {bound.op} {bound.value:.1%}"
    )


def _z(requests: int) -> float:
    """How many standard deviations count as sure after so many looks."""
    epoch = 1 + int(log2(requests / LEAST_REQUESTS))
    return NormalDist().inv_cdf(1 - _FALSE_ALARMS * 6 / (pi * epoch) ** 2 / _LEVY)
