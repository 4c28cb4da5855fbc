"""Plan against actual: line by line what was planned, what happened, how far that is, and which assumption is to blame.

The cause of an error is found by planning again with one measured assumption at a time: the one that brings the plan
nearest to what happened is the one that differs most where it matters.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import sqrt
from typing import Literal

from mlwright.architect import costs
from mlwright.architect.calibration import compared
from mlwright.architect.latency import EndpointLatency, latency_of
from mlwright.architect.measured import Measured
from mlwright.architect.spreads import Spread
from mlwright.architect.weight import storage_of
from mlwright.blueprint import Blueprint, changed
from mlwright.kernel.plan import Overhead, Range
from mlwright.rag import prompt_tokens
from mlwright.serving import LOG_BYTES

Unit = Literal["a day", "x", "share", "tokens", "USD", "s", "bytes"]

_LEAST_EXPLAINED = 0.15
"""A smaller part of an error is chance."""


@dataclass(frozen=True, slots=True)
class Line:
    """One number of a plan beside what happened; None where it is not known. `cause` is in words."""

    what: str
    unit: Unit
    plan: Range | None
    actual: float | None
    cause: str = ""

    @property
    def error(self) -> float | None:
        """How far the actual is above the plan, as a share of the plan; None where there is nothing to compare."""
        if self.plan is None or self.actual is None or not self.plan.likely:
            return None
        return self.actual / self.plan.likely - 1

    @property
    def inside(self) -> bool | None:
        """Whether it lies in the planned range; None where there is nothing to compare."""
        return None if self.plan is None or self.actual is None else self.actual in self.plan


@dataclass(frozen=True, slots=True)
class Comparison:
    """An endpoint's plan and its day."""

    measured: Measured
    lines: tuple[Line, ...]

    @property
    def outside(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.inside is False)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What a plan says of one endpoint."""

    cost: Range | None
    latency: EndpointLatency


def compare(blueprint: Blueprint, measured: Measured, *, today: date, overhead: Overhead | None = None) -> Comparison:
    """Hold the plan of an endpoint against what was measured."""
    return Comparison(measured, tuple(_Comparing(blueprint, measured, today, overhead).lines()))


class _Comparing:
    def __init__(self, blueprint: Blueprint, measured: Measured, today: date, overhead: Overhead | None) -> None:
        self._blueprint, self._measured, self._today, self._overhead = blueprint, measured, today, overhead
        self._endpoint = blueprint.serving.endpoints[measured.endpoint]
        self._spread = costs.spread_of(self._endpoint, today)
        self._plan = self._numbers(blueprint, overhead)
        self._others: list[tuple[str, _Numbers]] | None = None

    def lines(self) -> Iterator[Line]:
        yield from self._traffic()
        yield from self._tokens()
        yield self._explained("cost per request", "USD", lambda plan: plan.cost, self._measured.cost, self._unpriced())
        yield from self._waits()

    def _traffic(self) -> Iterator[Line]:
        measured, traffic, spread = self._measured, self._endpoint.traffic, self._spread
        yield Line("requests", "a day", spread.around(traffic.requests * 86400), measured.rate * 86400)
        if traffic.trace is None:
            yield Line("peak", "x", spread.around(traffic.peak), measured.peak)
        if self._endpoint.cache.exact:
            missed = measured.repeats - measured.cached
            why = f"{missed:.0%} were asked before and answered anew" if missed >= 0.005 else ""
            yield Line(
                "cache hits", "share", _of_share(traffic.repeats, spread, measured.answered), measured.cached, why
            )
        yield Line("fallbacks", "share", _of_share(traffic.fallbacks, spread, measured.asked), measured.fallbacks)

    def _tokens(self) -> Iterator[Line]:
        measured, endpoint = self._measured, self._endpoint
        pipeline = endpoint.handler.partition(".")[2]
        spec = self._blueprint.rag[pipeline]
        load = costs.load_of(self._blueprint, pipeline, endpoint, spec.generate.model, self._spread)
        yield Line("prompt", "tokens", prompt_tokens(spec, load), measured.prompt)
        yield Line("answer", "tokens", load.answer, measured.answer.mean if measured.answer else None)

    def _waits(self) -> Iterator[Line]:
        measured = self._measured
        told: tuple[tuple[str, Callable[[_Numbers], Range], float | None], ...] = (
            ("p50", lambda plan: plan.latency.usual.p50, measured.p50),
            ("p95", lambda plan: plan.latency.usual.p95, measured.p95),
            ("p99", lambda plan: plan.latency.usual.p99, measured.p99),
            ("first token p95", lambda plan: plan.latency.usual.first_token, measured.first_token),
            ("p95 of the busiest minute", lambda plan: plan.latency.busiest.p95, measured.busiest_p95),
        )
        for what, of, actual in told:
            yield self._explained(what, "s", of, actual)

    def _unpriced(self) -> str:
        count = self._measured.unpriced
        return f"{count:,} of {self._measured.answered:,} answers have no price" if count else ""

    def _explained(
        self, what: str, unit: Unit, of: Callable[[_Numbers], Range | None], actual: float | None, known: str = ""
    ) -> Line:
        line = Line(what, unit, of(self._plan), actual, known)
        if known or line.inside is not False or line.plan is None or actual is None:
            return line
        error = actual - line.plan.likely
        moved = [(_likely(of(other)) - line.plan.likely, told) for told, other in self._replanned()]
        best, told = max(moved, key=lambda pair: pair[0] / error, default=(0.0, ""))
        explains = best / error
        if explains < _LEAST_EXPLAINED:
            return replace(line, cause="no single assumption explains it")
        part = "most of it" if explains >= 0.5 else f"{explains:.0%} of it"
        return replace(line, cause=f"{told}: {part}")

    def _replanned(self) -> Sequence[tuple[str, _Numbers]]:
        """The plan with one assumption at a time as it was measured."""
        if self._others is None:
            self._others = [
                (one.told, self._numbers(changed(self._blueprint, one.edits), self._overhead))
                for one in compared(self._blueprint, self._measured)
            ]
            self._others += self._searched()
        return self._others

    def _searched(self) -> Iterator[tuple[str, _Numbers]]:
        """The plan with the search as slow as it was."""
        search, known = self._measured.search, self._overhead
        if search is None:
            return
        base = known.search if known is not None else self._plan.latency.search.likely
        seconds = known.seconds if known is not None else self._plan.latency.gateway.likely
        now = known or Overhead(seconds, seconds, base, 0, 0, "", self._measured.until)
        told = f"the search took {search * 1000:.0f} ms, planned {base * 1000:.0f} ms"
        yield told, self._numbers(self._blueprint, replace(now, search=search))

    def _numbers(self, blueprint: Blueprint, overhead: Overhead | None) -> _Numbers:
        name = self._measured.endpoint
        spread = costs.spread_of(blueprint.serving.endpoints[name], self._today)
        lines = costs.of_endpoint(blueprint, name, spread)
        cost = costs.total(line.usd for line in lines if line.per == "request")
        return _Numbers(cost, latency_of(blueprint, name, spread, overhead))


def kept(blueprint: Blueprint, size: float, requests: int) -> Iterator[Line]:
    """What the workspace keeps on disk against the plan; `requests` is how many are in its log. Nothing where the
    documents cannot be listed."""
    lines = [line for line in storage_of(blueprint) if line.medium == "disk" and not line.path.startswith("serving.")]
    files = costs.total(line.bytes for line in lines)
    if files is not None and files.likely:
        yield Line("workspace on disk", "bytes", files + LOG_BYTES * requests, size)


def _of_share(share: float, spread: Spread, count: int) -> Range:
    """A planned share of so many requests, with what chance makes of it."""
    chance = 2 * sqrt(share * (1 - share) / count) if count else 0.0
    return Range(max(0.0, share * spread.low - chance), share, min(1.0, share * spread.high + chance))


def _likely(value: Range | None) -> float:
    return 0.0 if value is None else value.likely
