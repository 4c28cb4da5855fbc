"""Plan: what a system costs per request and month, what it keeps, and how long an answer takes, before it runs."""

from collections.abc import Iterator
from dataclasses import dataclass

from mlwright.architect import costs
from mlwright.architect.estimates import MONTH
from mlwright.architect.latency import EndpointLatency, latency_of
from mlwright.architect.weight import storage_of
from mlwright.blueprint import Blueprint
from mlwright.kernel.plan import CostLine, Range, StorageLine
from mlwright.models import prices_as_of
from mlwright.serving import EndpointSpec


@dataclass(frozen=True, slots=True)
class PlannedCost:
    """A cost line and what it makes in a month, in USD; None where something has no price. `endpoint` is empty for
    lines that belong to no request."""

    line: CostLine
    month: Range | None
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A blueprint in numbers. Costs in USD, times in seconds. `per_request` is the mean over all endpoints by their
    traffic; it and `per_month` are None where a model has no price (`unpriced` names the places)."""

    system: str
    target: str
    budget: float | None
    lines: tuple[PlannedCost, ...]
    endpoints: dict[str, Range | None]
    latencies: tuple[EndpointLatency, ...]
    storage: tuple[StorageLine, ...]
    requests: float
    assumptions: tuple[str, ...]
    prices_as_of: str

    @property
    def costs(self) -> tuple[CostLine, ...]:
        return tuple(planned.line for planned in self.lines)

    @property
    def per_month(self) -> Range | None:
        return _sum(planned.month for planned in self.lines)

    @property
    def per_request(self) -> Range | None:
        total = _sum(planned.month for planned in self.lines if planned.endpoint)
        return total * (1 / self.requests) if total is not None and self.requests else None

    @property
    def latency(self) -> Range | None:
        """The 95th percentile of the slowest endpoint."""
        return max((one.p95 for one in self.latencies), key=lambda seconds: seconds.likely, default=None)

    @property
    def unpriced(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(planned.line.path for planned in self.lines if planned.month is None))


def plan(blueprint: Blueprint) -> Plan:
    """Price a blueprint. Reads facts and eval files, builds nothing, calls nobody."""
    lines = [*_serving(blueprint), *_evaluation(blueprint)]
    endpoints = blueprint.serving.endpoints
    per_request = {
        name: _sum(one.line.usd for one in lines if one.endpoint == name and one.line.per == "request")
        for name in endpoints
    }
    return Plan(
        system=blueprint.system.name,
        target=blueprint.target.name,
        budget=blueprint.system.budget,
        lines=tuple(lines),
        endpoints=per_request,
        latencies=tuple(latency_of(blueprint, name) for name in endpoints),
        storage=tuple(storage_of(blueprint)),
        requests=sum(endpoint.traffic.requests for endpoint in endpoints.values()) * MONTH,
        assumptions=tuple(_assumptions(blueprint)),
        prices_as_of=prices_as_of(),
    )


def _serving(blueprint: Blueprint) -> Iterator[PlannedCost]:
    for name, endpoint in blueprint.serving.endpoints.items():
        for line in costs.of_endpoint(blueprint, name):
            often = endpoint.traffic.requests * MONTH if line.per == "request" else 0.0
            yield PlannedCost(line, line.usd * often if line.usd is not None else None, name)


def _evaluation(blueprint: Blueprint) -> Iterator[PlannedCost]:
    for name in blueprint.evals.gates:
        line = costs.of_gate(blueprint, name)
        if line is not None:
            yield PlannedCost(line, line.usd)


def _sum(values: Iterator[Range | None]) -> Range | None:
    total = Range.exactly(0.0)
    for value in values:
        if value is None:
            return None
        total = total + value
    return total


def _assumptions(blueprint: Blueprint) -> Iterator[str]:
    """What the numbers rest on: the traffic of each endpoint, and whether the file says it or it is a default."""
    for name, endpoint in blueprint.serving.endpoints.items():
        path = f"serving.endpoints.{name}.traffic"
        given = blueprint.says(path)
        yield f"{name}: {_traffic(endpoint)} ({'from the file' if given else 'defaults'})"
    yield "prices are list prices without discounts; the machine itself is not in the plan"
    yield "answer tokens are log-normal through their p50 and p95; costs range by 25 % down and 30 % up until measured"


def _traffic(endpoint: EndpointSpec) -> str:
    traffic = endpoint.traffic
    answer = traffic.tokens.answer
    cached = f"{traffic.repeats:.0%} repeated" + ("" if endpoint.cache.exact else " (no cache)")
    return (
        f"{traffic.requests * 86400:,.0f} requests/day, {traffic.peak:g}x at peak, {cached}, "
        f"{traffic.tokens.question} tokens asked, {answer.p50} to {answer.p95} answered"
    )
