"""How long a request takes and how full its places are: sums of capacity steps, until a simulation replaces them.

Sums hold while places are free. Above about 85 % of the places no single number does, and the plan says so.
"""

from dataclasses import dataclass

from mlwright.architect.costs import mean_tokens
from mlwright.blueprint import Blueprint
from mlwright.kernel.plan import CapacityStep, Range
from mlwright.serving import capacity

_FIRST_TOKEN = Range(0.3, 0.6, 1.5)
"""Seconds until a model of a provider begins to answer."""
_PER_TOKEN = Range(1 / 150, 1 / 80, 1 / 40)
"""Seconds per token of its answer."""
_QUOTE = Range(0.01, 0.03, 0.1)
"""Seconds in which a model of this process answers."""
_RETRIEVE = Range(0.01, 0.03, 0.1)
"""Seconds to embed a question and ask both indexes."""
SATURATED = 0.85


@dataclass(frozen=True, slots=True)
class EndpointLatency:
    """`seconds` is a quick answer, the median and the 95th percentile, without waiting for a place; `utilisation` is
    the share of places taken in the busiest minute."""

    endpoint: str
    seconds: Range
    utilisation: Range
    slots: int
    formula: str
    promise: float | None

    @property
    def saturated(self) -> bool:
        return self.utilisation.likely > SATURATED

    @property
    def at_risk(self) -> bool:
        """The 95th percentile may be above the promise."""
        return self.saturated or (self.promise is not None and self.seconds.high > self.promise)


def latency_of(blueprint: Blueprint, name: str) -> EndpointLatency:
    """The estimate for one endpoint."""
    endpoint = blueprint.serving.endpoints[name]
    spec = blueprint.rag[endpoint.handler.partition(".")[2]]
    model = _answer_seconds(blueprint, name, spec.generate.model)
    steps = [step for step in capacity(name, endpoint, _RETRIEVE + model) if not step.name.endswith("queue")]
    seconds = _total(steps)
    asked = 1 - (endpoint.traffic.repeats if endpoint.cache.exact else 0.0)
    peak = endpoint.traffic.requests * endpoint.traffic.peak * asked
    slots = endpoint.limits.concurrency
    return EndpointLatency(
        endpoint=name,
        seconds=seconds,
        utilisation=seconds * (peak / slots),
        slots=slots,
        formula=f"{peak:.3g} requests/s x {seconds.likely:.2g} s / {slots}",
        promise=endpoint.slo.p95,
    )


def _answer_seconds(blueprint: Blueprint, name: str, model: str) -> Range:
    if blueprint.models.chat[model].facts().embedded:
        return _QUOTE
    answer = blueprint.serving.endpoints[name].traffic.tokens.answer
    median, slow = mean_tokens(answer.p50, answer.p50), answer.p95
    return Range(
        _FIRST_TOKEN.low + median * _PER_TOKEN.low,
        _FIRST_TOKEN.likely + median * _PER_TOKEN.likely,
        _FIRST_TOKEN.high + slow * _PER_TOKEN.likely,
    )


def _total(steps: list[CapacityStep]) -> Range:
    total = Range.exactly(0.0)
    for step in steps:
        total = total + step.seconds
    return total
