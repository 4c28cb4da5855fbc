"""What the numbers of a plan rest on, each with where it comes from: a line of the file, a default, or a measurement
with its age."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from mlwright.architect.costs import GATE_RUNS, TEXT_SHARES
from mlwright.architect.spreads import of_traffic
from mlwright.blueprint import Blueprint
from mlwright.kernel.plan import Overhead
from mlwright.kernel.units import written_seconds, written_share
from mlwright.models import prices_as_of
from mlwright.serving import EndpointSpec

Origin = Literal["file", "default", "measured", "table"]


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing that a plan takes for true. `path` is where the blueprint says it, or could; `source` is the line of
    the file, or what was measured and when; `days` is its age, None where it has none."""

    path: str
    says: str
    origin: Origin
    source: str = ""
    days: int | None = None

    def __str__(self) -> str:
        where = {"default": "default", "table": "", "file": "", "measured": "measured "}[self.origin] + self.source
        return f"{self.path}: {self.says} ({where}{aged(self.days)})"


def aged(days: int | None) -> str:
    """How old something is, in words behind a comma; nothing where it has no age."""
    if days is None:
        return ""
    return ", today" if days == 0 else ", 1 day old" if days == 1 else f", {days} days old"


def assumptions(blueprint: Blueprint, today: date, overhead: Overhead | None) -> list[Assumption]:
    """Every assumption, endpoint by endpoint, and those of the whole at the end."""
    endpoints = blueprint.serving.endpoints
    return [
        *(one for name in endpoints for one in _of_endpoint(blueprint, name, today)),
        *_of_models(blueprint),
        *_of_all(blueprint, today, overhead),
    ]


def _of_endpoint(blueprint: Blueprint, name: str, today: date) -> Iterator[Assumption]:
    endpoint = blueprint.serving.endpoints[name]
    at = f"serving.endpoints.{name}.traffic"
    for key, says in _traffic(endpoint):
        yield _said(blueprint, f"{at}.{key}", says, endpoint, today)
    spread = of_traffic(endpoint.traffic, today)
    yield Assumption(
        at, f"ranges from {spread.low - 1:+.0%} to {spread.high - 1:+.0%}: {spread.why}", "default", " of mlwright"
    )


def _traffic(endpoint: EndpointSpec) -> Iterator[tuple[str, str]]:
    traffic, answer = endpoint.traffic, endpoint.traffic.tokens.answer
    yield "requests", f"{traffic.requests * 86400:,.0f} a day"
    if traffic.trace is not None:
        yield "trace", f"arrivals and answers as in {traffic.trace}"
    else:
        yield "peak", f"{traffic.peak:g}x in the busiest minute"
        yield "burst", f"{traffic.burst:g}, independent people" if traffic.burst == 1 else f"{traffic.burst:g}"
    yield "repeats", written_share(traffic.repeats) + ("" if endpoint.cache.exact else ", but there is no cache")
    yield "fallbacks", written_share(traffic.fallbacks)
    yield "tokens.question", f"{traffic.tokens.question} tokens"
    if traffic.tokens.prompt is None:
        yield "tokens.prompt", "estimated from passages, question and template"
    else:
        yield "tokens.prompt", f"{traffic.tokens.prompt} tokens"
    mean = f", mean {answer.mean}" if answer.mean is not None else ", log-normal"
    yield "tokens.answer", f"{answer.p50} tokens at the median, {answer.p95} at p95{mean}"


def _said(blueprint: Blueprint, path: str, says: str, endpoint: EndpointSpec, today: date) -> Assumption:
    measured = endpoint.traffic.measured
    if not blueprint.says(path):
        return Assumption(path, says, "default")
    if measured is None:
        return Assumption(path, says, "file", _line(blueprint, path))
    over = f"on {measured.requests:,} requests over {written_seconds(measured.over)} until {measured.until}"
    return Assumption(path, says, "measured", over, max(0, (today - measured.until).days))


def _of_models(blueprint: Blueprint) -> Iterator[Assumption]:
    used = {spec.generate.model for spec in blueprint.rag.values()}
    for name, part in blueprint.models.chat.items():
        if name not in used:
            continue
        path = f"models.chat.{name}.speed"
        if part.speed is not None:
            first, each = written_seconds(part.speed.first_token), written_seconds(part.speed.per_token)
            yield Assumption(path, f"{first} to begin, {each} a token", "file", _line(blueprint, path))
        elif not part.facts().embedded:
            yield Assumption(path, "0.3 to 1.5 s to begin, 40 to 150 tokens a second", "default")


def _of_all(blueprint: Blueprint, today: date, overhead: Overhead | None) -> Iterator[Assumption]:
    if overhead is not None:
        days = max(0, (today - overhead.at.date()).days)
        says = f"{overhead.cpu * 1000:.1f} ms of CPU a request, at most {1 / overhead.seconds:,.0f} a second"
        source = f"by the self-test on {overhead.machine}"
        yield Assumption("this machine", says, "measured", source, days)
    elif blueprint.serving.endpoints:
        yield Assumption("this machine", "one core embeds and searches; `plan --self-test` measures it", "default")
    if blueprint.evals.gates:
        yield Assumption("evals.gates", f"{GATE_RUNS} evaluations a month each", "default")
    kinds = (
        f"{TEXT_SHARES['.md']:.0%} of Markdown, {TEXT_SHARES['.html']:.0%} of HTML, {TEXT_SHARES['.pdf']:.0%} of PDF"
    )
    yield Assumption("documents", f"text is {kinds}, by bytes", "default")
    days = max(0, (today - date.fromisoformat(prices_as_of())).days)
    says = "list prices without discounts; the machine itself is not in the plan"
    yield Assumption("prices", says, "table", f"of {prices_as_of()}", days)


def _line(blueprint: Blueprint, path: str) -> str:
    place = blueprint.place(path)
    return f"{place.file}:{place.line}" if place.line else place.file
