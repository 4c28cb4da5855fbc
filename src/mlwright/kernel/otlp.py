"""Sends finished spans to an OpenTelemetry collector: OTLP over HTTP, in its JSON encoding (OTLP 1.x, stable).

It works behind the back of the spans: a bounded queue and one thread. A collector that is away costs nothing but the
spans that do not fit the queue; how many were dropped is told in the log.
"""

import json
import logging
import queue
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from mlwright.kernel.aio import run
from mlwright.kernel.errors import MlwrightError, TransientError
from mlwright.kernel.fetch import open_fetcher
from mlwright.kernel.spans import SpanRow

_BATCH, _HELD = 512, 20_000  # spans
_TRIES, _PAUSE = 4, 2.0  # attempts, and seconds between them
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WORDS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_log = logging.getLogger("mlwright.otlp")


class OtlpExport:
    """`Spans(store, clock, export=OtlpExport("http://127.0.0.1:4318"))`. `headers` may hold a key of the collector."""

    def __init__(self, endpoint: str, headers: Mapping[str, str] | None = None, *, service: str = "mlwright") -> None:
        self._url = endpoint.rstrip("/") + "/v1/traces"
        self._headers = {"Content-Type": "application/json", **(headers or {})}
        self._service = service
        self._fetcher = open_fetcher(allow=[urlsplit(endpoint).hostname or ""], timeout=10.0)
        self._held: queue.Queue[Sequence[SpanRow] | None] = queue.Queue(_HELD // 16)
        self.dropped = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="mlwright-otlp", daemon=True)
        self._thread.start()

    def __call__(self, rows: Sequence[SpanRow]) -> None:
        """Take finished spans; never waits."""
        try:
            self._held.put_nowait(rows)
        except queue.Full:
            self.dropped += len(rows)

    def close(self) -> None:
        """Send what is held, each batch once, and end."""
        self._ending.set()
        self._held.put(None)
        self._thread.join()
        run(self._fetcher.close())

    def _work(self) -> None:
        going = True
        while going:
            rows: list[SpanRow] = []
            going = self._take(rows)
            if rows:
                self._send(rows)

    def _take(self, rows: list[SpanRow]) -> bool:
        """Wait for spans, and take what else is there up to a batch; False at the end."""
        some = self._held.get()
        while some is not None:
            rows.extend(some)
            if len(rows) >= _BATCH or self._held.empty():
                return True
            some = self._held.get()
        return False

    def _send(self, rows: Sequence[SpanRow]) -> None:
        body = json.dumps(payload(rows, self._service)).encode()
        for attempt in range(1, _TRIES + 1):
            try:
                run(self._fetcher.post(self._url, body, headers=self._headers))
                return
            except TransientError as error:
                if attempt == _TRIES or self._ending.wait(error.retry_after or _PAUSE * attempt):
                    self._drop(rows, error)
                    return
            except MlwrightError as error:
                self._drop(rows, error)
                return

    def _drop(self, rows: Sequence[SpanRow], error: MlwrightError) -> None:
        self.dropped += len(rows)
        _log.warning("%d spans were not sent (%d in all): %s", len(rows), self.dropped, error)


def payload(rows: Sequence[SpanRow], service: str) -> dict[str, Any]:
    """The body of an ExportTraceServiceRequest."""
    scope = {"scope": {"name": "mlwright"}, "spans": [_span(row) for row in rows]}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def _span(row: SpanRow) -> dict[str, Any]:
    since = row.started - _EPOCH
    start = (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000
    return {
        "traceId": row.trace,
        "spanId": row.id,
        **({"parentSpanId": row.parent} if row.parent else {}),
        "name": row.name,
        "kind": 1,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + round(row.seconds * 1e9)),
        "attributes": [{"key": key, "value": _value(value)} for key, value in _attributes(row).items()],
        "status": {"code": 2, "message": row.error} if row.error else {},
    }


def _attributes(row: SpanRow) -> Mapping[str, Any]:
    return {**row.attributes, "mlwright.about": row.about} if row.about else row.attributes


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value if value - value == 0 else _WORDS[str(value)]}
    if isinstance(value, list | tuple):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    return {"stringValue": value if isinstance(value, str) else json.dumps(value)}
