"""How long a request takes and how full its places are, in the busiest minute and on an ordinary day, by simulation;
ranges from what is not known: the speed of the model, the traffic, and chance.

Above about 80 % of the places no single number holds, and the plan says so.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from random import Random

from mlwright.architect.simulation import Asked, Lengths, Met, arrivals, burst_of, quantile, simulate, stretches
from mlwright.architect.speeds import Speed, speeds_of
from mlwright.architect.spreads import Spread
from mlwright.architect.traces import Trace, read_trace
from mlwright.blueprint import Blueprint
from mlwright.kernel.plan import Overhead, Range
from mlwright.serving import EndpointSpec

SATURATED = 0.8
_REQUESTS, _STRETCH = 2000, 250
BURSTY = 3.0
"""From here on arrivals are told to come in batches."""
_SEEDS = (1, 2)


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds of an answer, waiting included and cached ones counted: median, 95th and 99th percentile, and the 95th
    percentile of the first token; each with its range."""

    p50: Range
    p95: Range
    p99: Range
    first_token: Range


@dataclass(frozen=True, slots=True)
class EndpointLatency:
    """An endpoint in its busiest minute, and `usual` over the whole day. `utilisation` is the share of places taken,
    `arriving` that of the whole day as far as the traffic is known, with nothing else in its range; `refused` is the
    share of requests that wait too long, `cut_off` of those that take longer than the time limit of a model, `burst`
    how much they come in batches. `gateway` is what a request keeps our CPU from the next, `search` what it takes until
    the model is asked."""

    endpoint: str
    busiest: Waits
    usual: Waits
    utilisation: Range
    usual_utilisation: Range
    arriving: Range
    refused: Range
    cut_off: Range
    gateway: Range
    search: Range
    slots: int
    burst: float
    burst_known: bool
    formula: str
    promise: float | None
    first_promise: float | None

    @property
    def p50(self) -> Range:
        return self.busiest.p50

    @property
    def p95(self) -> Range:
        return self.busiest.p95

    @property
    def p99(self) -> Range:
        return self.busiest.p99

    @property
    def first_token(self) -> Range:
        return self.busiest.first_token

    @property
    def saturated(self) -> bool:
        return self.utilisation.likely > SATURATED

    @property
    def may_saturate(self) -> bool:
        """The traffic may fill the places over the day, though not as it is assumed."""
        return not self.saturated and self.arriving.high > SATURATED

    @property
    def risk(self) -> str:
        """What there is to fear, in a word or two; empty where there is nothing."""
        if self.saturated:
            return "saturated"
        return "may saturate" if self.may_saturate else "at risk" if self.at_risk else ""

    @property
    def bursty(self) -> bool:
        return self.burst >= BURSTY

    @property
    def at_risk(self) -> bool:
        """A 95th percentile may be above its promise."""
        return (
            self.saturated
            or (self.promise is not None and self.p95.high > self.promise)
            or (self.first_promise is not None and self.first_token.high > self.first_promise)
        )


def latency_of(blueprint: Blueprint, name: str, spread: Spread, overhead: Overhead | None = None) -> EndpointLatency:
    """The estimate for one endpoint. Raises Unreadable where its trace is not one."""
    endpoint = blueprint.serving.endpoints[name]
    traffic = endpoint.traffic
    trace = read_trace(blueprint.folder / traffic.trace) if traffic.trace else None
    speeds = speeds_of(blueprint, name, spread, overhead)

    def met(rate: float) -> list[list[Met]]:
        stream = _Stream(blueprint, endpoint, rate, trace)
        return [stream.met(speed, factor) for speed, factor in zip(speeds, (spread.low, 1.0, spread.high), strict=True)]

    peak = traffic.requests * (1.0 if trace else traffic.peak)
    busiest = met(peak)
    usual = busiest if trace or traffic.peak == 1 else met(traffic.requests)
    told = "a trace" if trace else f"{peak:.3g} requests/s"
    usual_utilisation = _spread(usual, lambda one: [one.utilisation])
    return EndpointLatency(
        endpoint=name,
        busiest=_waits(busiest),
        usual=_waits(usual),
        utilisation=_spread(busiest, lambda one: [one.utilisation]),
        usual_utilisation=usual_utilisation,
        arriving=spread.around(usual_utilisation.likely),
        refused=_spread(busiest, lambda one: [one.refused]),
        cut_off=_cut_off(blueprint, endpoint, speeds),
        gateway=Range(*(speed.gateway for speed in speeds)),
        search=Range(*(speed.search for speed in speeds)),
        slots=endpoint.limits.concurrency,
        burst=burst_of([at for at, _ in trace]) if trace else traffic.burst,
        burst_known=trace is not None or blueprint.says(f"serving.endpoints.{name}.traffic.burst"),
        formula=f"{told} for {endpoint.limits.concurrency} places, {len(_SEEDS) * len(busiest)} simulations",
        promise=endpoint.slo.p95,
        first_promise=endpoint.slo.first_token_p95,
    )


class _Stream:
    """The requests of an endpoint: as a trace has them, else drawn from the traffic of the file."""

    def __init__(self, blueprint: Blueprint, endpoint: EndpointSpec, rate: float, trace: Trace | None) -> None:
        self._endpoint, self._rate, self._trace = endpoint, rate, trace
        self._lengths = lengths_of(endpoint)
        self._longest = longest_tokens(blueprint, endpoint)

    def met(self, speed: Speed, factor: float) -> list[Met]:
        """What they meet in one case, for several draws of chance; `factor` more of them come than likely."""
        limits = self._endpoint.limits
        return [
            simulate(self._asked(seed, speed, factor), limits.concurrency, limits.queue, speed.gateway)
            for seed in _SEEDS
        ]

    def _asked(self, seed: int, speed: Speed, factor: float) -> Iterator[Asked]:
        random = Random(seed)  # noqa: S311 - no secret
        traffic = self._endpoint.traffic
        repeats = traffic.repeats if self._endpoint.cache.exact else 0.0
        for at, tokens in self._arriving(random, factor):
            if random.random() < repeats:
                yield Asked(at, speed.cached, speed.cached, cached=True)
            else:
                failed = random.random() < traffic.fallbacks
                yield _answered(at, min(tokens * speed.tokens, self._longest), speed, self._endpoint, failed=failed)

    def _arriving(self, random: Random, factor: float) -> Iterator[tuple[float, float]]:
        if self._trace is not None:
            return ((at / factor, tokens) for at, tokens in self._trace)
        if not self._rate:
            return iter(())
        count = _REQUESTS if self._endpoint.traffic.burst < BURSTY else 2 * _REQUESTS
        moments = arrivals(random, self._rate * factor, self._endpoint.traffic.burst, count)
        return ((at, self._lengths.draw(random)) for at in moments)


def _answered(at: float, tokens: float, speed: Speed, endpoint: EndpointSpec, *, failed: bool) -> Asked:
    """One request in its place: the first model; where that fails, it has taken its time to begin once for each try,
    and then the next one answers. Who takes longer than the time limit is cut off there."""
    limits, writer, lost = endpoint.limits, speed.writer, 0.0
    if failed:
        lost = (limits.retries + 1) * (speed.search + min(writer.first, limits.timeout))
        writer = speed.backup or writer
    whole = min(speed.search + writer.first + tokens * writer.per_token, limits.timeout)
    shown = min(speed.search + writer.first + min(tokens, speed.held) * writer.per_token, whole)
    return Asked(at, lost + shown, lost + whole)


def lengths_of(endpoint: EndpointSpec) -> Lengths:
    """The answers of an endpoint in tokens."""
    answer = endpoint.traffic.tokens.answer
    return Lengths(answer.p50, answer.p95)


def longest_tokens(blueprint: Blueprint, endpoint: EndpointSpec) -> float:
    """Tokens that no answer exceeds."""
    spec = blueprint.rag[endpoint.handler.partition(".")[2]]
    return blueprint.models.chat[spec.generate.model].facts().max_tokens or inf


def _cut_off(blueprint: Blueprint, endpoint: EndpointSpec, speeds: Sequence[Speed]) -> Range:
    """The share of answers that would take longer than the time limit of a model."""
    lengths, longest = lengths_of(endpoint), longest_tokens(blueprint, endpoint)
    return Range(*(_longer(lengths, longest, endpoint.limits.timeout, speed) for speed in speeds))


def _longer(lengths: Lengths, longest: float, timeout: float, speed: Speed) -> float:
    left = timeout - speed.search - speed.writer.first
    if left <= 0:
        return 1.0
    if not speed.writer.per_token or longest * speed.tokens * speed.writer.per_token <= left:
        return 0.0
    return lengths.above(left / speed.writer.per_token / speed.tokens)


def _waits(cases: Sequence[Sequence[Met]]) -> Waits:
    return Waits(
        p50=_spread(cases, lambda met: _quantiles(met.total, 0.5)),
        p95=_spread(cases, lambda met: _quantiles(met.total, 0.95)),
        p99=_spread(cases, lambda met: _quantiles(met.total, 0.99)),
        first_token=_spread(cases, lambda met: _quantiles(met.first, 0.95)),
    )


def _quantiles(values: Sequence[float], share: float) -> list[float]:
    """That of all first, then those of single stretches: what some hundred requests meet differs by chance."""
    return [quantile(values, share), *(quantile(part, share) for part in stretches(values, _STRETCH))]


def _spread(cases: Sequence[Sequence[Met]], values: Callable[[Met], list[float]]) -> Range:
    """The least of the quick case, the middle of the likely one, and the most of the slow one."""
    quick, likely, slow = ([values(met) for met in case] for case in cases)
    middle = sorted(found[0] for found in likely)
    return Range(
        min(min(found) for found in (*quick, *likely)),
        sum(middle) / len(middle),
        max(max(found) for found in (*slow, *likely)),
    )
