"""Simulation: what a stream of requests meets at an endpoint with c places, event by event.

Requests queue for our own CPU (one at a time), wait for a place in order of arrival, and hold it while they are
answered; who waited longer than the queue allows is refused, who is answered from the cache needs no place. Formulas
for such queues fail where it matters: Erlang's C overstates the 95th percentile at low load, because answers are not
exponential, and understates it many times over under bursts (benchmarks/plan.py shows both beside this one).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heapreplace
from itertools import accumulate, pairwise
from math import erfc, exp, log, sqrt
from random import Random

_Z95 = 1.6448536


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: when it arrives, the seconds until its answer begins once it has a place, and until it ends. One that
    is `cached` needs no place."""

    at: float
    first: float
    seconds: float
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Met:
    """What the requests met. `total` and `first` are seconds of those that were answered, waiting included, in order of
    arrival; `refused` is the share that was sent away, `utilisation` the share of the places that was taken."""

    total: Sequence[float]
    first: Sequence[float]
    refused: float
    utilisation: float


def simulate(requests: Iterable[Asked], slots: int, queue: float, gateway: float) -> Met:
    """Play requests (in order of arrival) through `slots` places. `queue` is the longest wait and `gateway` what one
    request keeps our own CPU from the next, both in seconds."""
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
        start = cpu
        if not request.cached:
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
    return Met(total, first, refused / count if count else 0.0, busy / (slots * span) if span else 0.0)


def quantile(values: Iterable[float], share: float) -> float:
    """The value that `share` of all are at or below; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def stretches(values: Sequence[float], length: int) -> Iterator[Sequence[float]]:
    """The values cut into stretches of about this length, at least one."""
    count = max(1, round(len(values) / length))
    return (values[len(values) * at // count : len(values) * (at + 1) // count] for at in range(count))


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
    _sigma: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        sigma = log(max(self.p95, self.p50) / self.p50) / _Z95 if self.p50 > 0 else 0.0
        object.__setattr__(self, "_sigma", sigma)

    def draw(self, random: Random) -> float:
        return self.p50 * exp(random.gauss(0.0, self._sigma)) if self.p50 > 0 else 0.0

    def above(self, length: float) -> float:
        """The share that is longer."""
        if self.p50 <= 0 or length <= 0:
            return float(self.p50 > length)
        if not self._sigma:
            return float(self.p50 > length)
        return 0.5 * erfc(log(length / self.p50) / self._sigma / sqrt(2))

    @property
    def mean(self) -> float:
        return self.p50 * exp(self._sigma**2 / 2) if self.p50 > 0 else 0.0
