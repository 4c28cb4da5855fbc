"""Spans: what happened inside a request, how long it took and what went wrong, as rows of this store.

Ids are W3C (trace: 32 hex digits, span: 16), names and attributes follow the OpenTelemetry conventions for generative
AI, whose names stand in the one table `GenAI`. Spans are written behind the caller's back (`store.write_soon`).
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter_ns
from types import TracebackType
from typing import Any

from mlwright.kernel.clock import Clock, stamp, unstamp
from mlwright.kernel.store import Store

Export = Callable[[Sequence["SpanRow"]], None]

_INSERT = "insert into kernel_span (trace, id, parent, name, started, seconds, error, attributes) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (trace, id) do nothing"


@dataclass(frozen=True, slots=True)
class SpanRow:
    """A finished span. `parent` is empty for the root of a trace, `error` is empty where nothing went wrong."""

    trace: str
    id: str
    parent: str
    name: str
    started: datetime
    seconds: float
    error: str
    attributes: Mapping[str, Any]


class Span:
    """One that is running; made by `Spans.span` and used as a context manager."""

    __slots__ = ("_attributes", "_began", "_outer", "_spans", "_started", "error", "id", "name", "parent", "trace")

    def __init__(
        self, spans: "Spans", name: str, attributes: Mapping[str, Any] | None, trace: str, parent: str
    ) -> None:
        self._spans, self.name = spans, name
        self._attributes = dict(attributes) if attributes else {}
        self.trace, self.parent, self.id, self.error = trace, parent, "", ""

    def set(self, key: str, value: Any) -> None:
        """Add an attribute: text, number, bool, or a list of them."""
        self._attributes[key] = value

    @property
    def traceparent(self) -> str:
        """The W3C header that continues this trace in another process."""
        return f"00-{self.trace}-{self.id}-01"

    def __enter__(self) -> "Span":
        self._outer = outer = _current.get()
        if not self.trace:
            if outer is None:
                self.trace = os.urandom(16).hex()
            else:
                self.trace, self.parent = outer.trace, outer.id
        self.id = os.urandom(8).hex()
        _current.set(self)
        self._started = self._spans.clock.now()
        self._began = perf_counter_ns()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        seconds = (perf_counter_ns() - self._began) / 1e9
        if _current.get() is self:  # not so where an async generator is closed from another context
            _current.set(self._outer)
        if error is not None and not isinstance(error, GeneratorExit):
            self.error = f"{type(error).__name__}: {error}".partition("\n")[0]
        self._spans.keep(self, self._started, seconds, self._attributes)


_current: ContextVar[Span | None] = ContextVar("mlwright_span", default=None)


class Spans:
    """The spans of one workspace."""

    def __init__(self, store: Store, clock: Clock, export: Export | None = None) -> None:
        self._store, self.clock, self._export = store, clock, export

    def span(self, name: str, attributes: Mapping[str, Any] | None = None, *, traceparent: str = "") -> Span:
        """`with spans.span("retrieval") as span:` a child of the span around it, else of `traceparent`, else a root."""
        trace, parent = _continued(traceparent) if traceparent else ("", "")
        return Span(self, name, attributes, trace, parent)

    def current(self) -> Span | None:
        """The innermost span around the caller."""
        return _current.get()

    def keep(self, span: Span, started: datetime, seconds: float, attributes: Mapping[str, Any]) -> None:
        """Queue a finished span for the store."""
        text = json.dumps(attributes, default=str) if attributes else "{}"
        row = (span.trace, span.id, span.parent, span.name, stamp(started), seconds, span.error, text)
        self._store.write_soon(_INSERT, (row,))
        if self._export is not None:
            self._export(
                (SpanRow(span.trace, span.id, span.parent, span.name, started, seconds, span.error, attributes),)
            )

    def trace(self, trace: str) -> list[SpanRow]:
        """All spans of a trace, by start."""
        sql = "select * from kernel_span where trace = ? order by started, id"
        return list(_read(self._store.rows(sql, (trace,))))

    def recent(self, limit: int = 100) -> list[SpanRow]:
        """The newest roots of traces, newest first."""
        sql = "select * from kernel_span where parent = '' order by started desc, id desc limit ?"
        return list(_read(self._store.rows(sql, (limit,))))

    def prune(self, before: datetime) -> int:
        """Forget the spans that started before a time; returns how many."""
        return self._store.write("delete from kernel_span where started < ?", (stamp(before),))


def _read(rows: Sequence[Mapping[str, Any]]) -> Iterator[SpanRow]:
    for row in rows:
        yield SpanRow(
            row["trace"], row["id"], row["parent"], row["name"], unstamp(row["started"]), row["seconds"], row["error"],
            json.loads(row["attributes"]),
        )  # fmt: skip


def _continued(traceparent: str) -> tuple[str, str]:
    """Trace and parent from a W3C header; a malformed one starts a new trace, as the standard asks."""
    parts = traceparent.strip().lower().split("-")
    if len(parts) < 4 or [len(part) for part in parts[:3]] != [2, 32, 16]:
        return "", ""
    if not all(set(part) <= set("0123456789abcdef") for part in parts[:3]) or "0" * 16 in (parts[1][:16] + parts[2]):
        return "", ""
    return parts[1], parts[2]
