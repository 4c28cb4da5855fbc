"""The guard at the door: one thin layer around the API and the pages that every request passes.

It caps the body while it arrives, checks host, origin, content type and key, opens the span of the request, adds the
security headers, and turns an error that nobody expected into a problem without a traceback.
"""

import logging
from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlwright.faces.api import problems
from mlwright.faces.api.keys import OPEN_PATHS, missing_key
from mlwright.faces.api.problems import HttpProblem
from mlwright.faces.api.security import HEADERS, UPLOADS, check_host, check_json, check_origin, key_in
from mlwright.kernel.spans import Spans
from mlwright.serving import Keys

_log = logging.getLogger("mlwright.api")


class Guard:
    """ASGI middleware. `hosts` are the names to answer for (empty: all); with `public` every request needs a key.
    Bodies have at most `max_body` bytes, those with files `max_upload`."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        spans: Spans,
        keys: Keys,
        hosts: Collection[str],
        public: bool,
        max_body: int,
        max_upload: int,
    ) -> None:
        self._app, self._spans, self._keys = app, spans, keys
        self._hosts, self._public, self._max_body, self._max_upload = hosts, public, max_body, max_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, state = scope["path"], scope.setdefault("state", {})
        door = _Door(receive, send, self._max_upload if path in UPLOADS else self._max_body)
        try:
            self._check(scope, path, state, door)
            if path.startswith("/v1/"):
                await self._traced(scope, path, state, door)
            else:
                await self._app(scope, door.receive, door.send)
        except Exception as error:
            if not isinstance(error, HttpProblem):
                _log.exception("%s %s failed", scope["method"], path)
            if door.started:
                raise
            await problems.respond(error, path, state.get("trace", ""))(scope, receive, door.send)

    def _check(self, scope: Scope, path: str, state: dict[str, object], door: "_Door") -> None:
        headers = dict(scope["headers"])
        check_host(headers, self._hosts)
        check_origin(scope["method"], headers)
        check_json(scope["method"], path, headers)
        door.check_length(headers.get(b"content-length", b""))
        text = key_in(headers)
        state["key"] = self._keys.check(text) if text else None
        state["traceparent"] = headers.get(b"traceparent", b"").decode("latin-1")
        if self._public and state["key"] is None and path not in OPEN_PATHS:
            raise missing_key()

    async def _traced(self, scope: Scope, path: str, state: dict[str, object], door: "_Door") -> None:
        with self._spans.span(f"{scope['method']} {path}", traceparent=str(state["traceparent"])) as span:
            state["trace"] = span.trace
            door.extra.append((b"x-trace-id", span.trace.encode()))
            door.extra.append((b"cache-control", b"no-store"))
            await self._app(scope, door.receive, door.send)
            span.set("http.response.status_code", door.status)


class _Door:
    """Both directions of one request: counts what comes in, adds headers to what goes out."""

    def __init__(self, receive: Receive, send: Send, max_body: int) -> None:
        self._receive, self._send, self._left, self._max = receive, send, max_body, max_body
        self.started, self.status = False, 0
        self.extra: list[tuple[bytes, bytes]] = []

    def check_length(self, length: bytes) -> None:
        if len(length) > 18 or (length.isdigit() and int(length) > self._max):
            raise self._too_large()

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise self._too_large()
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            message["headers"] = [*message.get("headers", ()), *HEADERS, *self.extra]
        await self._send(message)

    def _too_large(self) -> HttpProblem:
        return HttpProblem(
            413, "too-large", f"the body is larger than {self._max} bytes", headers={"connection": "close"}
        )
