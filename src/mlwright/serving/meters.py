"""Meters: what this process has served since it started, as counters and histograms for a scraper."""

from bisect import bisect_left
from collections import Counter, defaultdict

from mlwright.serving.types import RequestLog

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds in seconds; one more bucket holds the rest."""


class Histogram:
    """Counts per bucket, and the sum of what was observed."""

    __slots__ = ("counts", "sum")

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.sum += seconds


class Meters:
    """Per endpoint: requests by outcome, seconds, seconds to the first token, USD, and how many are in flight."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        self.seconds: defaultdict[str, Histogram] = defaultdict(Histogram)
        self.first_token: defaultdict[str, Histogram] = defaultdict(Histogram)
        self.cost: defaultdict[str, float] = defaultdict(float)
        self.in_flight: Counter[str] = Counter()

    def refused(self, endpoint: str) -> None:
        """A request that was sent away at the door; it is not logged, so that a flood writes nothing."""
        self.requests[endpoint, "refused"] += 1

    def ended(self, log: RequestLog) -> None:
        self.requests[log.endpoint, log.outcome] += 1
        self.seconds[log.endpoint].observe(log.seconds)
        if log.first_token is not None:
            self.first_token[log.endpoint].observe(log.first_token)
        self.cost[log.endpoint] += log.cost or 0.0
