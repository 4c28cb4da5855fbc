"""Plan against actual: the walk from the requests that serving logged, and the answers that RAG kept, to what the
architect compares, and back into the blueprint's file as a calibration."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mlwright.app.joined import Joined
from mlwright.app.overhead import overhead_of
from mlwright.architect import Calibration, Comparison, Line, Measured, Served, calibrate, compare, kept, measure
from mlwright.blueprint import as_diff, edited, from_text
from mlwright.kernel.errors import NotFound, Refused, UserError
from mlwright.kernel.files import write_atomically
from mlwright.kernel.settings import load_settings
from mlwright.kernel.units import seconds, written_seconds
from mlwright.rag import Used, used
from mlwright.serving import RequestLog

_AT_MOST = 100_000
"""Requests that are read, the newest."""


@dataclass(frozen=True, slots=True)
class Actual:
    """The plan of every endpoint that was asked, beside what happened until `at`; and what the workspace keeps."""

    system: str
    at: datetime
    window: float
    comparisons: tuple[Comparison, ...]
    storage: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Recalibrated:
    """What was measured, as a change of the blueprint: `diff` is empty where none is needed. `traces` are the files
    that belong to it."""

    system: str
    at: datetime
    calibrations: tuple[Calibration, ...]
    measured: tuple[Measured, ...]
    diff: str
    traces: tuple[Path, ...]
    applied: bool


def actual(app: Joined, window: float | str, endpoint: str = "") -> Actual:
    """Compare the plan of an endpoint, or of all that were asked, with its last `window` (seconds, or `24h`). Raises
    NotFound where nobody asked, UserError for a window that is none."""
    looked = _seconds(window)
    found = _measured(app, looked, endpoint)
    overhead, today = overhead_of(app.home), app.kernel.clock.now().date()
    return Actual(
        system=app.blueprint.system.name,
        at=app.kernel.clock.now(),
        window=looked,
        comparisons=tuple(compare(app.blueprint, one, today=today, overhead=overhead) for one in found),
        storage=tuple(_stored(app)),
    )


def recalibrate(app: Joined, window: float | str, endpoint: str, *, apply: bool, force: bool) -> Recalibrated:
    """Write what was measured into the assumptions of the blueprint, keeping its comments; only show it without
    `apply`. Raises NotFound where nobody asked, Refused where too few did, unless with `force`."""
    found = _measured(app, _seconds(window), endpoint)
    if not force:
        _enough(found)
    calibrations = tuple(calibrate(app.blueprint, one) for one in found)
    text = app.path.read_text(encoding="utf-8")
    after = edited(text, [edit for one in calibrations for edit in one.edits])
    traces = {app.path.parent / one.trace_path: one.trace for one in calibrations if one.trace_path}
    if apply:
        for path, content in traces.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content.encode())
        from_text(after, app.path)
        write_atomically(app.path, after.encode())
    return Recalibrated(
        system=app.blueprint.system.name,
        at=app.kernel.clock.now(),
        calibrations=calibrations,
        measured=tuple(found),
        diff=as_diff(text, after, app.path.name, "measured"),
        traces=tuple(traces),
        applied=apply,
    )


def _seconds(window: float | str) -> float:
    if isinstance(window, int | float):
        return float(window)
    try:
        return seconds(window)
    except ValueError as error:
        raise UserError(f"the window to look back: {error}", hint="write it like 24h or 7d") from error


def _enough(found: Sequence[Measured]) -> None:
    for one in found:
        if not one.enough:
            raise Refused(
                f"endpoint {one.endpoint!r} was asked {one.requests:,} times in {one.seconds / 60:.0f} minutes; a"
                " calibration needs 200 requests over 30 minutes",
                hint="wait, look further back with --actual 7d, or pass --force",
            )


def _measured(app: Joined, window: float, endpoint: str) -> list[Measured]:
    """What each endpoint, or the one that is named, met."""
    names = list(app.blueprint.serving.endpoints)
    if endpoint and endpoint not in names:
        raise NotFound(f"there is no endpoint {endpoint!r}", hint=f"this system serves: {', '.join(names) or 'none'}")
    until = app.kernel.clock.now()
    found = []
    for name in [endpoint] if endpoint else names:
        since = until - timedelta(seconds=window)
        logs = app.serving.requests(_AT_MOST, name, since=since)[::-1]
        if logs:
            began = app.serving.history(name)[-1].at
            since = logs[0].at if len(logs) == _AT_MOST else min(max(since, began), logs[0].at)
            found.append(measure(name, _served(app, logs), since, until))
    if not found:
        raise NotFound(
            f"nobody asked in the last {written_seconds(window)}",
            hint="look further back, as with --actual 7d; `mlwright serve` answers requests",
        )
    return found


def _served(app: Joined, logs: Sequence[RequestLog]) -> list[Served]:
    answers = used(app.kernel.store, (log.answer for log in logs if log.answer is not None))
    return [_joined(log, answers.get(log.answer) if log.answer else None) for log in logs]


def _joined(log: RequestLog, answer: Used | None) -> Served:
    if answer is None:
        return Served(log.at, log.outcome, log.seconds, log.first_token, log.cost, "")
    search, first, generate = (answer.seconds.get(stage) for stage in ("retrieve", "first_token", "generate"))
    begin = first - search if first is not None and search is not None else None
    return Served(
        at=log.at,
        outcome=log.outcome,
        seconds=log.seconds,
        first_token=log.first_token,
        cost=log.cost,
        question=answer.question,
        prompt=answer.prompt_tokens,
        answer=answer.answer_tokens,
        search=search,
        begin=begin,
        write=max(0.0, generate - begin) if generate is not None and begin is not None else None,
    )


def _stored(app: Joined) -> list[Line]:
    """What the workspace keeps, where all of it lies in its folder."""
    settings, target = load_settings(app.home / "settings.toml"), app.blueprint.target
    if any((target.store, target.blobs, settings.store, settings.blobs)):
        return []
    size = sum(file.stat().st_size for file in app.home.rglob("*") if file.is_file())
    logged = len(app.serving.requests(_AT_MOST))
    return list(kept(app.blueprint, float(size), logged))
