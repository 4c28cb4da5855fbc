"""The trace of a thing: what happened while an answer, a run or a request was at work, from the spans that are kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from mlwright.app.joined import Joined
from mlwright.blueprint import Blueprint
from mlwright.kernel.errors import NotFound
from mlwright.kernel.ids import Ref
from mlwright.kernel.settings import Settings, load_settings
from mlwright.kernel.spans import SpanRow


@dataclass(frozen=True, slots=True)
class Trace:
    """Spans by start, all of one trace; `ref` is what they are about, or `trace:` with the id of the trace."""

    ref: Ref
    label: str
    spans: Sequence[SpanRow]


def trace_days(blueprint: Blueprint, settings: Settings) -> float:
    """How many days traces are kept."""
    kept = blueprint.serving.traces.keep
    return settings.span_days if kept is None else kept / 86_400


def trace_kept(app: Joined, ref: Ref) -> Trace | None:
    """None where no spans are kept."""
    if ref.kind == "trace":
        spans = app.kernel.spans.trace(ref.id)
        return Trace(ref, f"request {ref.id[:8]}", spans) if spans else None
    spans = app.kernel.spans.about(ref)
    told = app.describe(ref) if spans else None
    return Trace(ref, told.label if told else str(ref), spans) if spans else None


def trace_of(app: Joined, ref: Ref) -> Trace:
    """Raises NotFound where no spans are kept."""
    found = trace_kept(app, ref)
    if found is None:
        days = trace_days(app.blueprint, load_settings(app.home / "settings.toml"))
        raise NotFound(
            f"no trace of {ref} is kept",
            hint=f"answers and runs have one for {days:g} days (serving.traces.keep); a request names its own in the"
            " header X-Trace-Id: trace:…",
        )
    return found
