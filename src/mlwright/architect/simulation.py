"""Simulation: what a stream of requests meets at an endpoint with c places, event by event.

Requests pass the gateway (one at a time: our own CPU), wait for a place in order of arrival, and hold it while they
are answered; who waited longer than the queue allows is refused. Formulas for such queues fail where it matters:
Erlang's C overstates the 95th percentile at low load, because answers are not exponential, and understates it many
times over under bursts (benchmarks/plan.py shows both beside this one).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heapreplace
from itertools import accumulate, pairwise
from math import exp, log
from random import Random

_Z95 = 1.6448536


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: when it arrives, the seconds until its answer begins once it has a place, and until it ends."""

    at: float
    first: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Met:
    """What the requests met. `total` and `first` are sorted seconds of those that were answered, waiting included;
    `refused` is the share that was sent away, `utilisation` the share of the places that was taken over time."""

    total: Sequence[float]
    first: Sequence[float]
    refused: float
    utilisation: float


def simulate(requests: Iterable[Asked], slots: int, queue: float, gateway: float) -> Met:
    """Play requests (in order of arrival) through `slots` places. `queue` is the longest wait and `gateway` our own
    CPU per request, both in seconds."""
    free = [0.0] * slots
    cpu = busy = first_at = last = 0.0
    count = refused = 0
    total: list[float] = []
    first: list[float] = []
    for request in requests:
        if not count:
            first_at = request.at
        count += 1
        cpu = max(cpu, request.at) + gateway
        start = max(cpu, free[0])
        if start - cpu > queue:
            refused += 1
            continue
        heapreplace(free, start + request.seconds)
        busy += request.seconds
        last = max(last, start + request.seconds)
        total.append(start + request.seconds - request.at)
        first.append(start + request.first - request.at)
    span = last - first_at
    return Met(sorted(total), sorted(first), refused / count if count else 0.0, busy / (slots * span) if span else 0.0)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` of a sorted list is at or below; 0 of an empty one."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def arrivals(random: Random, rate: float, burst: float, count: int) -> list[float]:
    """Moments of `count` arrivals at a mean `rate` per second. `burst` is the squared coefficient of variation of the
    gaps: 1 are independent people (Poisson), more come in batches (gamma-distributed gaps)."""
    if burst == 1:
        return list(accumulate(random.expovariate(rate) for _ in range(count)))
    return list(accumulate(random.gammavariate(1 / burst, burst / rate) for _ in range(count)))


def burst_of(times: Sequence[float]) -> float:
    """The squared coefficient of variation of the gaps between moments; 1 where there are too few to tell."""
    gaps = [after - before for before, after in pairwise(times)]
    mean = sum(gaps) / len(gaps) if gaps else 0.0
    if len(gaps) < 2 or not mean:
        return 1.0
    return sum((gap - mean) ** 2 for gap in gaps) / (len(gaps) - 1) / mean**2


@dataclass(frozen=True, slots=True)
class Lengths:
    """Log-normal lengths through a median and a 95th percentile, as answers of language models have them."""

    p50: float
    p95: float

    def draw(self, random: Random) -> float:
        if self.p50 <= 0:
            return 0.0
        sigma = log(max(self.p95, self.p50) / self.p50) / _Z95
        return self.p50 * exp(random.gauss(0.0, sigma))
