"""Calibration: what was measured becomes assumptions of the blueprint, each one an edit of its file."""

from collections.abc import Iterator
from dataclasses import dataclass

from mlwright.architect.costs import load_of
from mlwright.architect.latency import BURSTY
from mlwright.architect.measured import Measured
from mlwright.architect.traces import written
from mlwright.blueprint import Blueprint, Edit
from mlwright.kernel.units import written_seconds, written_share
from mlwright.rag import prompt_tokens


@dataclass(frozen=True, slots=True)
class Assumed:
    """One assumption beside its measurement: `told` says both in words, `edits` write what was measured."""

    what: str
    told: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """An endpoint's assumptions as they were measured, and the file of its trace where requests come in batches."""

    endpoint: str
    assumed: tuple[Assumed, ...]
    trace: str = ""
    trace_path: str = ""

    @property
    def edits(self) -> tuple[Edit, ...]:
        return tuple(edit for one in self.assumed for edit in one.edits)


def calibrate(blueprint: Blueprint, measured: Measured) -> Calibration:
    """Every assumption of an endpoint that its records say something of."""
    name = measured.endpoint
    trace = f"traces/{name}.csv" if measured.burst >= BURSTY and measured.arrivals else ""
    assumed = (*compared(blueprint, measured), *_trace(name, trace, measured), _when(measured))
    return Calibration(name, assumed, written(measured.arrivals) if trace else "", trace)


def compared(blueprint: Blueprint, measured: Measured) -> Iterator[Assumed]:
    """Assumptions that change a plan's numbers, one by one."""
    endpoint = blueprint.serving.endpoints[measured.endpoint]
    at = f"serving.endpoints.{measured.endpoint}.traffic"
    traffic, tokens = endpoint.traffic, endpoint.traffic.tokens
    rate = measured.rate * 86400
    yield _set(
        "requests", f"{at}.requests", _rate(rate), f"{rate:,.0f} requests a day", _rate(traffic.requests * 86400)
    )
    yield _set("peak", f"{at}.peak", f"{measured.peak:.2g}x", f"a peak of {measured.peak:.2g}x", f"{traffic.peak:g}x")
    burst = f"{min(1000.0, max(0.1, measured.burst)):.2g}"
    yield _set("burst", f"{at}.burst", burst, f"a burst of {burst}", f"{traffic.burst:g}")
    hits = measured.cached if endpoint.cache.exact else measured.repeats
    yield _set("repeats", f"{at}.repeats", _percent(hits), f"{_percent(hits)} repeated", written_share(traffic.repeats))
    failed = measured.fallbacks + (measured.failed if not endpoint.fallback else 0.0)
    yield _set(
        "fallbacks", f"{at}.fallbacks", _percent(failed), f"{_percent(failed)} failed by the first model",
        written_share(traffic.fallbacks),
    )  # fmt: skip
    if measured.prompt:
        planned = f"{_planned_prompt(blueprint, measured.endpoint):,.0f}"
        yield _set(
            "prompt", f"{at}.tokens.prompt", f"{measured.prompt:.0f}", f"prompts of {measured.prompt:,.0f} tokens",
            planned,
        )  # fmt: skip
    if measured.answer is not None:
        found, mean = measured.answer, f", mean {tokens.answer.mean}" if tokens.answer.mean is not None else ""
        yield _set(
            "answer",
            f"{at}.tokens.answer",
            f"{{p50: {found.p50:.0f}, p95: {max(found.p50, found.p95):.0f}, mean: {found.mean:.0f}}}",
            f"answers of {found.p50:.0f} tokens, p95 {found.p95:.0f}, mean {found.mean:.0f}",
            f"{tokens.answer.p50}, p95 {tokens.answer.p95}{mean}",
        )
    yield from _speed(blueprint, measured)


def _planned_prompt(blueprint: Blueprint, name: str) -> float:
    endpoint = blueprint.serving.endpoints[name]
    pipeline = endpoint.handler.partition(".")[2]
    spec = blueprint.rag[pipeline]
    return prompt_tokens(spec, load_of(blueprint, pipeline, endpoint, spec.generate.model)).likely


def _set(what: str, path: str, value: str, measured: str, planned: str) -> Assumed:
    return Assumed(what, f"{measured}, planned {planned}", (Edit(path, value),))


def _speed(blueprint: Blueprint, measured: Measured) -> Iterator[Assumed]:
    """How fast the model of the pipeline answered; nothing where the file does not name it."""
    pipeline = blueprint.serving.endpoints[measured.endpoint].handler.partition(".")[2]
    slot = blueprint.rag[pipeline].generate.model
    if measured.begin is None or measured.per_token is None or not blueprint.says(f"models.chat.{slot}"):
        return
    value = f"{{first_token: {_milliseconds(measured.begin)}, per_token: {_milliseconds(measured.per_token)}}}"
    planned = blueprint.models.chat[slot].speed
    told = (
        f"{written_seconds(planned.first_token)} and {written_seconds(planned.per_token)}"
        if planned is not None
        else "usual ones"
    )
    yield Assumed(
        "speed",
        f"{slot} began after {_milliseconds(measured.begin)} and took {_milliseconds(measured.per_token)} a token,"
        f" planned {told}",
        (_of_model(blueprint, slot, value),),
    )


def _of_model(blueprint: Blueprint, slot: str, speed: str) -> Edit:
    """An edit that gives a model its speed, also where it is written as one word (`openai/gpt-4o-mini`)."""
    path = f"models.chat.{slot}"
    word = blueprint.written(path)
    if word is None:
        return Edit(f"{path}.speed", speed)
    use, slash, model = word.partition("/")
    return Edit(path, f"{{use: {use}, {f'model: {model}, ' if slash else ''}speed: {speed}}}")


def _trace(name: str, path: str, measured: Measured) -> Iterator[Assumed]:
    if path:
        told = f"requests come in batches (burst {measured.burst:.0f}): their record stands for them"
        yield Assumed("trace", told, (Edit(f"serving.endpoints.{name}.traffic.trace", path),))


def _when(measured: Measured) -> Assumed:
    minutes = max(1, round(measured.seconds / 60))
    over = f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"
    value = f"{{until: {measured.until:%Y-%m-%d}, over: {over}, requests: {measured.requests}}}"
    path = f"serving.endpoints.{measured.endpoint}.traffic.measured"
    return Assumed("measured", f"{measured.requests:,} requests over {over}", (Edit(path, value),))


def _rate(a_day: float) -> str:
    """Requests a day with three digits, as a blueprint has them."""
    value = float(f"{a_day:.3g}")
    return f"{value / 1000:g}k/day" if value >= 10_000 else f"{value:g}/day"


def _percent(share: float) -> str:
    return f"{share * 100:.3g}%"


def _milliseconds(seconds: float) -> str:
    """Three digits, and nothing below a microsecond."""
    if seconds < 1e-6:
        return "0ms"
    return f"{seconds * 1000:.3g}ms" if seconds < 0.9995 else f"{round(seconds * 1000)}ms"
