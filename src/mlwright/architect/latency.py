"""How long a request takes and how full its places are in the busiest minute, by simulation; ranges from what is not
known: the speed of the model, and chance.

Above about 80 % of the places no single number holds, and the plan says so.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from math import inf
from pathlib import Path
from random import Random

from mlwright.architect.costs import load_of, rerank_of
from mlwright.architect.simulation import Asked, Lengths, Met, arrivals, burst_of, quantile, simulate
from mlwright.blueprint import Blueprint
from mlwright.kernel.errors import Unreadable
from mlwright.kernel.plan import CapacityStep, Range
from mlwright.rag import prompt_tokens, search_seconds
from mlwright.serving import EndpointSpec, capacity

_FIRST_TOKEN = Range(0.3, 0.6, 1.5)
"""Seconds until a model of a provider begins to answer."""
_PER_TOKEN = Range(1 / 150, 1 / 80, 1 / 40)
"""Seconds per token of its answer."""
_QUOTE = Range(0.01, 0.03, 0.1)
"""Seconds in which a model of this process answers."""
_RETRIEVE = Range(0.01, 0.03, 0.1)
"""Seconds to embed a question and ask both indexes."""
SATURATED = 0.8
_REQUESTS = 2000
_SEEDS = (1, 2, 3)
_LONGEST_TRACE = 200_000


@dataclass(frozen=True, slots=True)
class EndpointLatency:
    """Seconds of an answer in the busiest minute, waiting included: median, 95th and 99th percentile, and the 95th
    percentile of the first token; each with its range. `utilisation` is the share of places taken, `refused` the share
    of requests that wait too long."""

    endpoint: str
    p50: Range
    p95: Range
    p99: Range
    first_token: Range
    utilisation: Range
    refused: Range
    slots: int
    burst: float
    formula: str
    promise: float | None
    first_promise: float | None

    @property
    def saturated(self) -> bool:
        return self.utilisation.likely > SATURATED

    @property
    def at_risk(self) -> bool:
        """A 95th percentile may be above its promise."""
        return (
            self.saturated
            or (self.promise is not None and self.p95.high > self.promise)
            or (self.first_promise is not None and self.first_token.high > self.first_promise)
        )


_MEASURED = 0.1
"""Spread of a speed that was measured: answers of one model differ from day to day."""


@dataclass(frozen=True, slots=True)
class _Speed:
    """Seconds of the parts of one request, in one of the three cases low, likely and high."""

    gateway: float
    before: float
    first: float
    per_token: float


def latency_of(blueprint: Blueprint, name: str) -> EndpointLatency:
    """The estimate for one endpoint. Raises Unreadable where its trace is not one."""
    endpoint = blueprint.serving.endpoints[name]
    limits, traffic = endpoint.limits, endpoint.traffic
    asked = 1 - (traffic.repeats if endpoint.cache.exact else 0.0)
    peak = traffic.requests * traffic.peak * asked
    stream, burst = _stream(blueprint, endpoint, peak)
    cases = [
        [simulate(_requests(stream(seed), speed), limits.concurrency, limits.queue, speed.gateway) for seed in _SEEDS]
        for speed in _speeds(blueprint, name, endpoint)
    ]
    utilisation = _spread(cases, lambda met: met.utilisation)
    return EndpointLatency(
        endpoint=name,
        p50=_spread(cases, lambda met: quantile(met.total, 0.5)),
        p95=_spread(cases, lambda met: quantile(met.total, 0.95)),
        p99=_spread(cases, lambda met: quantile(met.total, 0.99)),
        first_token=_spread(cases, lambda met: quantile(met.first, 0.95)),
        utilisation=utilisation,
        refused=_spread(cases, lambda met: met.refused),
        slots=limits.concurrency,
        burst=burst,
        formula=f"{peak:.3g} requests/s for {limits.concurrency} places, {len(_SEEDS) * len(cases)} simulations",
        promise=endpoint.slo.p95,
        first_promise=endpoint.slo.first_token_p95,
    )


Stream = Callable[[int], Iterator[tuple[float, float]]]
"""Moments of arrival and tokens of the answers, for a seed."""


def _stream(blueprint: Blueprint, endpoint: EndpointSpec, peak: float) -> tuple[Stream, float]:
    """The requests of the busiest minute: as a trace has them, else drawn from the traffic of the file; and how much
    they come in batches."""
    traffic = endpoint.traffic
    if traffic.trace is not None:
        recorded = read_trace(blueprint.folder / traffic.trace)
        return lambda seed: iter(recorded), burst_of([at for at, _ in recorded])
    lengths = Lengths(traffic.tokens.answer.p50, traffic.tokens.answer.p95)
    spec = blueprint.rag[endpoint.handler.partition(".")[2]]
    longest = blueprint.models.chat[spec.generate.model].facts().max_tokens or inf

    def drawn(seed: int) -> Iterator[tuple[float, float]]:
        random = Random(seed)  # noqa: S311 - no secret
        moments = arrivals(random, peak, traffic.burst, _REQUESTS) if peak else []
        return ((at, min(lengths.draw(random), longest)) for at in moments)

    return drawn, traffic.burst


def _requests(stream: Iterator[tuple[float, float]], speed: _Speed) -> Iterator[Asked]:
    for at, tokens in stream:
        first = speed.before + speed.first
        yield Asked(at, first, first + tokens * speed.per_token)


def _speeds(blueprint: Blueprint, name: str, endpoint: EndpointSpec) -> list[_Speed]:
    pipeline = endpoint.handler.partition(".")[2]
    spec = blueprint.rag[pipeline]
    model = blueprint.models.chat[spec.generate.model]
    search = _RETRIEVE + search_seconds(spec, rerank_of(blueprint, pipeline))
    if model.speed is not None:
        load = load_of(blueprint, pipeline, endpoint, spec.generate.model)
        prompt = prompt_tokens(spec, load).likely * model.speed.per_prompt_token
        first, per_token = _measured(model.speed.first_token + prompt), _measured(model.speed.per_token)
    else:
        first, per_token = (_QUOTE, Range.exactly(0.0)) if model.facts().embedded else (_FIRST_TOKEN, _PER_TOKEN)
    gateway = _gateway(capacity(name, endpoint, search + first))
    return [
        _Speed(getattr(gateway, case), getattr(search, case), getattr(first, case), getattr(per_token, case))
        for case in ("low", "likely", "high")
    ]


def _measured(seconds: float) -> Range:
    return Range(seconds * (1 - _MEASURED), seconds, seconds * (1 + _MEASURED))


def _gateway(steps: Sequence[CapacityStep]) -> Range:
    return next(step.seconds for step in steps if step.name.endswith("gateway"))


def _spread(cases: Sequence[Sequence[Met]], value: Callable[[Met], float]) -> Range:
    """The least, the middle of the likely case, and the most."""
    found = [sorted(value(met) for met in case) for case in cases]
    likely = found[len(found) // 2]
    return Range(min(map(min, found)), likely[len(likely) // 2], max(map(max, found)))


@cache
def read_trace(file: Path) -> tuple[tuple[float, float], ...]:
    """Recorded requests: seconds since the first one, and tokens of the answer, in order of arrival. A CSV file with a
    column `timestamp` (ISO 8601) and one `answer_tokens` or `generatedtokens` (as in the Azure LLM inference traces);
    case and other columns do not matter. Raises Unreadable with file and line."""
    rows: list[tuple[float, float]] = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            names = {name.lower(): name for name in reader.fieldnames or ()}
            when = names.get("timestamp")
            tokens = names.get("answer_tokens") or names.get("generatedtokens")
            if when is None or tokens is None:
                raise Unreadable(
                    f"{file}:1: a trace needs the columns timestamp and answer_tokens; it has {', '.join(names)}",
                    reason="no_trace",
                )
            for row in reader:
                rows.append((_moment(row[when]), float(row[tokens])))
                if len(rows) == _LONGEST_TRACE:
                    break
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{file} cannot be read: {error}", reason="no_trace") from error
    except (ValueError, TypeError) as error:
        raise Unreadable(f"{file}:{len(rows) + 2}: not a time and a number: {error}", reason="no_trace") from error
    rows.sort()
    return tuple((at - rows[0][0], count) for at, count in rows)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text.strip()[:26]).timestamp()
