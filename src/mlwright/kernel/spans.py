"""Spans: what happened inside a request, how long it took and what went wrong, as rows of this store.

Ids are W3C (trace: 32 hex digits, span: 16), names and attributes follow the OpenTelemetry conventions for generative
AI, whose names stand in the one table `GenAI`. Spans are written behind the caller's back (`store.write_soon`).
"""

import json
import logging
import os
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter_ns
from types import TracebackType
from typing import Any

from mlwright.kernel.clock import Clock, stamp, unstamp
from mlwright.kernel.errors import MlwrightError
from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Store

Export = Callable[[Sequence["SpanRow"]], None]

_BATCH = 64
_COLUMNS = "trace, id, parent, name, started, seconds, error, attributes, about"
_INSERT = f"insert into kernel_span ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing"  # noqa: S608
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:$|-)")
_log = logging.getLogger("mlwright.spans")
_encode = json.JSONEncoder(default=str, ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class SpanRow:
    """A finished span. `parent` is empty for the root of a trace, `error` is empty where nothing went wrong. `about` is
    the reference of what came of it, as an answer or a run; empty where it is only a step on the way."""

    trace: str
    id: str
    parent: str
    name: str
    started: datetime
    seconds: float
    error: str
    attributes: Mapping[str, Any]
    about: str = ""


class GenAI:
    """Names of the OpenTelemetry semantic conventions for generative AI (development version of 2026); `operation.cost`
    is not in the standard, and is named as pydantic-ai names it."""

    OPERATION = "gen_ai.operation.name"
    PROVIDER = "gen_ai.provider.name"
    REQUEST_MODEL = "gen_ai.request.model"
    RESPONSE_MODEL = "gen_ai.response.model"
    RESPONSE_ID = "gen_ai.response.id"
    FINISH_REASONS = "gen_ai.response.finish_reasons"
    INPUT_TOKENS = "gen_ai.usage.input_tokens"
    OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
    CACHED_TOKENS = "gen_ai.usage.cache_read.input_tokens"
    CONVERSATION = "gen_ai.conversation.id"
    QUERY = "gen_ai.retrieval.query.text"
    DOCUMENTS = "gen_ai.retrieval.documents"
    EVALUATION = "gen_ai.evaluation.name"
    SCORE = "gen_ai.evaluation.score.value"
    COST_USD = "operation.cost"
    CHAT, EMBEDDINGS, RETRIEVAL = "chat", "embeddings", "retrieval"


class Span:
    """One that is running; made by `Spans.span` and used as a context manager. Whoever knows what comes of it sets
    `about`."""

    __slots__ = (
        "_attributes", "_began", "_outer", "_spans", "about", "error", "id", "name", "parent", "started", "trace",
    )  # fmt: skip

    def __init__(
        self, spans: "Spans", name: str, attributes: Mapping[str, Any] | None, trace: str, parent: str
    ) -> None:
        self._spans, self.name = spans, name
        self._attributes = dict(attributes) if attributes else {}
        self.trace, self.parent, self.id, self.error = trace, parent, "", ""
        self.about: Ref | None = None

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
        self.started = self._spans.clock.now()
        self._began = perf_counter_ns()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        seconds = (perf_counter_ns() - self._began) / 1e9
        if _current.get() is self:  # not so where an async generator is closed from another context
            _current.set(self._outer)
        if error is not None and not isinstance(error, GeneratorExit):
            self.error = f"{type(error).__name__}: {error}".partition("\n")[0]
        self._spans.keep(self, self.started, seconds, self._attributes, last=self._outer is None)


_current: ContextVar[Span | None] = ContextVar("mlwright_span", default=None)


class Spans:
    """The spans of one workspace."""

    def __init__(self, store: Store, clock: Clock, export: Export | None = None) -> None:
        self._store, self.clock = store, clock
        self.send_to(export)
        self._kept: deque[tuple[Any, ...]] = deque()
        self._turn = threading.Lock()

    def send_to(self, export: Export | None, end: Callable[[], None] | None = None) -> None:
        """From now on give every finished span to an exporter too, as `mlwright.kernel.otlp.OtlpExport`; `close` calls
        `end`."""
        self._export, self._end = export, end

    def close(self) -> None:
        """Hand over what is held, and end the exporter. Harmless the second time."""
        self.hand_over()
        if self._end is not None:
            self._end()
        self.send_to(None)

    def span(self, name: str, attributes: Mapping[str, Any] | None = None, *, traceparent: str = "") -> Span:
        """`with spans.span("retrieval") as span:` a child of the span around it, else of `traceparent`, else a root."""
        trace, parent = _continued(traceparent) if traceparent else ("", "")
        return Span(self, name, attributes, trace, parent)

    def current(self) -> Span | None:
        """The innermost span around the caller."""
        return _current.get()

    def keep(self, span: Span, started: datetime, seconds: float, attributes: Mapping[str, Any], *, last: bool) -> None:
        """Take a finished span. They go to the store together when the outermost ends (`last`), or 64 by 64."""
        self._kept.append(
            (
                span.trace,
                span.id,
                span.parent,
                span.name,
                stamp(started),
                seconds,
                span.error,
                _encode(attributes) if attributes else "{}",
                str(span.about) if span.about else "",
            )
        )
        if last or len(self._kept) >= _BATCH:
            try:
                self.hand_over()
            except MlwrightError:  # the store is closed or away; the work that was observed goes on
                _log.exception("spans could not be handed to the store")

    def hand_over(self) -> None:
        """Give the finished spans to the store's queue, and to the exporter where there is one."""
        with self._turn:
            batch = [self._kept.popleft() for _ in range(len(self._kept))]
        self._store.write_soon(_INSERT, batch)
        if self._export is not None and batch:
            self._export([_row(values) for values in batch])

    def trace(self, trace: str) -> list[SpanRow]:
        """All spans of a trace, by start; of those that start at one time the longest first, which holds the others."""
        sql = f"select {_COLUMNS} from kernel_span where trace = ? order by started, seconds desc, id"  # noqa: S608
        return self._read(sql, (trace,))

    def about(self, ref: Ref) -> list[SpanRow]:
        """How a thing came to be, by start: the spans of the trace that made it, from the outermost one that is about
        nothing else. Empty where no trace is kept."""
        sql = f"select {_COLUMNS} from kernel_span where about = ? order by started, id limit 1"  # noqa: S608
        found = self._read(sql, (str(ref),))
        return _around(found[0], self.trace(found[0].trace)) if found else []

    def recent(self, limit: int = 100) -> list[SpanRow]:
        """The newest spans without a parent here, newest first: one for each trace that began in this system."""
        sql = f"select {_COLUMNS} from kernel_span where parent = '' order by started desc, id desc limit ?"  # noqa: S608
        return self._read(sql, (limit,))

    def prune(self, before: datetime) -> int:
        """Forget the spans that started before a time; returns how many."""
        return self._store.write("delete from kernel_span where started < ?", (stamp(before),))

    def _read(self, sql: str, args: Sequence[Any]) -> list[SpanRow]:
        self.hand_over()
        self._store.flush()
        return [_row(tuple(row.values())) for row in self._store.rows(sql, args)]


def _row(values: tuple[Any, ...]) -> SpanRow:
    trace, id_, parent, name, started, seconds, error, attributes, about = values
    return SpanRow(trace, id_, parent, name, unstamp(started), seconds, error, json.loads(attributes), about)


def _around(span: SpanRow, rows: Sequence[SpanRow]) -> list[SpanRow]:
    """A span with what stands above it, as far as that is about nothing else, and all that stands below."""
    known, below = {row.id: row for row in rows}, dict[str, list[str]]()
    for row in rows:
        below.setdefault(row.parent, []).append(row.id)
    top = span
    while (above := known.get(top.parent)) is not None and not above.about:
        top = above
    kept, waiting = {top.id}, [top.id]
    while waiting:
        inner = below.get(waiting.pop(), [])
        kept.update(inner)
        waiting += inner
    return [row for row in rows if row.id in kept]


def _continued(traceparent: str) -> tuple[str, str]:
    """Trace and parent from a W3C header; a malformed one starts a new trace, as the standard asks."""
    match = _TRACEPARENT.match(traceparent.strip())
    if match is None or set(match[1]) == {"0"} or set(match[2]) == {"0"}:
        return "", ""
    return match[1], match[2]
