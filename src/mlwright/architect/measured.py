"""Measured: what an endpoint really met in a stretch of time, in the words of a plan."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mlwright.architect.simulation import burst_of, quantile

_MINUTE = timedelta(minutes=1)
_FEW = 20
"""Answers below which a minute has no 95th percentile."""
LEAST_REQUESTS, LEAST_SECONDS = 200, 1800.0
"""What a calibration needs (replayed traces: from less, costs were a third off)."""


@dataclass(frozen=True, slots=True)
class Served:
    """A request as it was recorded. Tokens and the seconds of its parts (until the model was asked, until it began,
    until it ended) are None where no model was asked, or the answer is not kept."""

    at: datetime
    outcome: str
    seconds: float
    first_token: float | None
    cost: float | None
    question: str
    prompt: int | None = None
    answer: int | None = None
    search: float | None = None
    begin: float | None = None
    write: float | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of answers."""

    p50: float
    p95: float
    mean: float


@dataclass(frozen=True, slots=True)
class Measured:
    """An endpoint from `since` to `until`. `rate` is in requests a second, `peak` the busiest minute over the mean,
    `repeats` the share that was asked before, `cached` and `fallbacks` shares of all answers; seconds are percentiles
    over all answers, as a plan counts them. None where nothing was measured. `unpriced` answers have no price, and then
    the cost is None, too."""

    endpoint: str
    since: datetime
    until: datetime
    requests: int
    answered: int
    asked: int
    unpriced: int
    rate: float
    peak: float
    burst: float
    repeats: float
    cached: float
    fallbacks: float
    failed: float
    refused: float
    cost: float | None
    prompt: float | None
    answer: Tokens | None
    search: float | None
    begin: float | None
    per_token: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    first_token: float | None
    busiest_p95: float | None
    arrivals: tuple[tuple[datetime, float], ...]

    @property
    def seconds(self) -> float:
        return (self.until - self.since).total_seconds()

    @property
    def enough(self) -> bool:
        """Whether a calibration may rest on it."""
        return self.requests >= LEAST_REQUESTS and self.seconds >= LEAST_SECONDS


def measure(endpoint: str, served: Sequence[Served], since: datetime, until: datetime) -> Measured:
    """Statistics of recorded requests, oldest first."""
    answered = [one for one in served if one.outcome in ("ok", "cached", "fallback")]
    asked = [one for one in answered if one.outcome != "cached"]
    written = [one for one in asked if one.answer is not None]
    own = [one for one in written if one.outcome == "ok"]
    span = max((until - since).total_seconds(), 1.0)
    unpriced = sum(one.cost is None for one in answered)
    tokens = [float(one.answer or 0) for one in written]
    seconds = [one.seconds for one in answered]
    priced = [one.cost for one in served if one.cost is not None]
    tried = sum(one.outcome in ("ok", "fallback", "error") for one in served)
    return Measured(
        endpoint=endpoint,
        since=since,
        until=until,
        requests=len(served),
        answered=len(answered),
        asked=len(asked),
        unpriced=unpriced,
        rate=len(served) / span,
        peak=_peak(served, span),
        burst=burst_of([one.at.timestamp() for one in _busiest_hour(served)]),
        repeats=_share(_repeated(served), len(served)),
        cached=_share(len(answered) - len(asked), len(answered)),
        fallbacks=_share(sum(one.outcome == "fallback" for one in served), tried),
        failed=_share(sum(one.outcome == "error" for one in served), len(served)),
        refused=_share(sum(one.outcome == "refused" for one in served), len(served)),
        cost=sum(priced) / len(answered) if answered and not unpriced else None,
        prompt=_mean([one.prompt for one in written]),
        answer=Tokens(quantile(tokens, 0.5), quantile(tokens, 0.95), sum(tokens) / len(tokens)) if tokens else None,
        search=_median([one.search for one in asked]),
        begin=_median([one.begin for one in own]),
        per_token=_per_token(own),
        p50=_quantile(seconds, 0.5),
        p95=_quantile(seconds, 0.95),
        p99=_quantile(seconds, 0.99),
        first_token=_quantile([one.first_token for one in answered if one.first_token is not None], 0.95),
        busiest_p95=_busiest_p95(answered),
        arrivals=_arrivals(served),
    )


def _minutes(served: Sequence[Served]) -> Counter[datetime]:
    return Counter(one.at.replace(second=0, microsecond=0) for one in served)


def _peak(served: Sequence[Served], span: float) -> float:
    """Requests of the busiest minute over those of a mean one; 1 where there is less than a minute."""
    if not served or span < 60:
        return 1.0
    return max(1.0, max(_minutes(served).values()) / (len(served) * 60 / span))


def _busiest_hour(served: Sequence[Served]) -> Sequence[Served]:
    """The requests of the hour that had most: over a day, gaps differ because nights do."""
    best, start = (0, 0), 0
    for end, one in enumerate(served):
        while one.at - served[start].at > timedelta(hours=1):
            start += 1
        best = max(best, (start, end), key=lambda pair: pair[1] - pair[0])
    return served[best[0] : best[1] + 1]


def _busiest_p95(answered: Sequence[Served]) -> float | None:
    minutes = _minutes(answered)
    if not minutes:
        return None
    minute, count = max(minutes.items(), key=lambda pair: (pair[1], pair[0]))
    if count < _FEW:
        return None
    return quantile([one.seconds for one in answered if minute <= one.at < minute + _MINUTE], 0.95)


def _repeated(served: Sequence[Served]) -> int:
    """Requests that the cache answered, or could have: their words were asked before."""
    seen: set[str] = set()
    count = 0
    for one in served:
        question = one.question.strip()
        count += one.outcome == "cached" or (bool(question) and question in seen)
        seen.add(question)
    return count


def _per_token(own: Sequence[Served]) -> float | None:
    """Seconds per token, over all tokens together."""
    known = [(one.write, one.answer) for one in own if one.write is not None and one.answer]
    tokens = sum(count for _, count in known)
    return sum(seconds for seconds, _ in known) / tokens if tokens else None


def _arrivals(served: Sequence[Served]) -> tuple[tuple[datetime, float], ...]:
    """Every request with the tokens of its answer; where those are not known, with the mean."""
    known = [one.answer for one in served if one.answer is not None]
    mean = round(sum(known) / len(known)) if known else 0
    return tuple((one.at, float(mean if one.answer is None else one.answer)) for one in served)


def _share(count: int, of: int) -> float:
    return count / of if of else 0.0


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _median(values: Sequence[float | None]) -> float | None:
    return _quantile([value for value in values if value is not None], 0.5)


def _quantile(values: Sequence[float], share: float) -> float | None:
    return quantile(values, share) if values else None
