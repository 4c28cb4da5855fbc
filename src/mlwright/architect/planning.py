"""Plan: what a system costs per request and month, what it keeps, how long an answer takes, what its gates and canaries
can see, and what would cost less, before it runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from mlwright.architect import assumptions, costs, power
from mlwright.architect.assumptions import Assumption
from mlwright.architect.costs import PlannedCost
from mlwright.architect.estimates import MONTH
from mlwright.architect.latency import EndpointLatency, latency_of
from mlwright.architect.power import GatePower, StepPower
from mlwright.architect.savings import Results, Saving, savings
from mlwright.architect.weight import storage_of
from mlwright.blueprint import Blueprint
from mlwright.kernel.ids import Ref
from mlwright.kernel.plan import CostLine, Overhead, Range, StorageLine
from mlwright.models import prices_as_of


@dataclass(frozen=True, slots=True)
class Plan:
    """A blueprint in numbers. Costs in USD, times in seconds. `per_request` is the mean over all endpoints by their
    traffic; it and `per_month` are None where a model has no price (`unpriced` names the places). `savings` is empty
    where nobody asked for them."""

    system: str
    target: str
    blueprint: Ref
    day: date
    budget: float | None
    lines: tuple[PlannedCost, ...]
    endpoints: dict[str, Range | None]
    latencies: tuple[EndpointLatency, ...]
    storage: tuple[StorageLine, ...]
    gates: tuple[GatePower, ...]
    steps: tuple[StepPower, ...]
    savings: tuple[Saving, ...]
    requests: float
    assumptions: tuple[Assumption, ...]
    prices_as_of: str

    @property
    def costs(self) -> tuple[CostLine, ...]:
        return tuple(planned.line for planned in self.lines)

    @property
    def per_month(self) -> Range | None:
        return costs.total(planned.month for planned in self.lines)

    @property
    def per_request(self) -> Range | None:
        whole = costs.total(planned.month for planned in self.lines if planned.endpoint)
        return whole * (1 / self.requests) if whole is not None and self.requests else None

    @property
    def once(self) -> Range | None:
        """What is paid when the documents are indexed for the first time."""
        return costs.total(planned.line.usd for planned in self.lines if planned.line.per == "once")

    @property
    def latency(self) -> Range | None:
        """The 95th percentile of the slowest endpoint."""
        return max((one.p95 for one in self.latencies), key=lambda seconds: seconds.likely, default=None)

    @property
    def unpriced(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(planned.line.path for planned in self.lines if planned.month is None))

    @property
    def prices_days(self) -> int:
        """How old the price table is."""
        return max(0, (self.day - date.fromisoformat(self.prices_as_of)).days)


def plan(
    blueprint: Blueprint,
    *,
    today: date | None = None,
    overhead: Overhead | None = None,
    results: Results | None = None,
) -> Plan:
    """Price a blueprint. Reads facts and eval files, builds nothing, calls nobody. `overhead` is what the self-test of
    this machine measured. `results` are evaluations that speak for a cheaper setting; savings are looked for where they
    are given, be they empty."""
    day = today or datetime.now(UTC).date()
    endpoints = blueprint.serving.endpoints
    lines = tuple(costs.of_month(blueprint, day))
    return Plan(
        system=blueprint.system.name,
        target=blueprint.target.name,
        blueprint=blueprint.blueprint_ref,
        day=day,
        budget=blueprint.system.budget,
        lines=lines,
        endpoints={name: costs.total(_of_request(lines, name)) for name in endpoints},
        latencies=tuple(
            latency_of(blueprint, name, costs.spread_of(endpoint, day), overhead)
            for name, endpoint in endpoints.items()
        ),
        storage=tuple(storage_of(blueprint)),
        gates=tuple(power.gates(blueprint)),
        steps=tuple(power.steps(blueprint)),
        savings=tuple(savings(blueprint, results, day)) if results is not None else (),
        requests=sum(endpoint.traffic.requests for endpoint in endpoints.values()) * MONTH,
        assumptions=tuple(assumptions.assumptions(blueprint, day, overhead)),
        prices_as_of=prices_as_of(),
    )


def _of_request(lines: tuple[PlannedCost, ...], endpoint: str) -> Iterator[Range | None]:
    return (one.line.usd for one in lines if one.endpoint == endpoint and one.line.per == "request")
