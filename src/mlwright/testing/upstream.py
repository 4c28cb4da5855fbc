"""A real HTTP server on loopback that misbehaves as told: slow, cut off, redirecting, failing, too big.

with Upstream({"/doc": Reply(b"text"), "/busy": [Reply(status=429, headers={"Retry-After": "2"}), Reply(b"ok")]}) as up:
    client.get(up.url("/doc"))
    up.requests[0].headers["user-agent"]
"""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer. `delay` is seconds before the first byte, `pause` seconds between the `pieces` of the body;
    `cut` closes the connection after that many bytes of the body; `repeat` sends the body that many times over."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    pieces: Sequence[bytes] = ()
    pause: float = 0.0
    cut: int | None = None
    repeat: int = 1
    length: bool = True
    """Whether to announce the length; without it the body ends with the connection."""

    @classmethod
    def redirect(cls, to: str, status: int = 302) -> "Reply":
        return cls(status=status, headers={"Location": to})


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived; header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Behaviour = Reply | Sequence[Reply] | Callable[[Request], Reply]


class Upstream:
    """A context manager. A path with several replies gives them in turn and repeats the last; unknown paths are 404."""

    def __init__(self, routes: Mapping[str, Behaviour], *, host: str = "127.0.0.1") -> None:
        self.requests: list[Request] = []
        self._routes, self._host = dict(routes), host
        self._seen: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="upstream", daemon=True)
        self._ready, self._stop = threading.Event(), asyncio.Event()
        self.port = 0

    def url(self, path: str = "/", *, host: str = "") -> str:
        return f"http://{host or self._host}:{self.port}{path}"

    def route(self, path: str, behaviour: Behaviour) -> None:
        """Add or change a path while it runs."""
        self._routes[path] = behaviour
        self._seen.pop(path, None)

    def __enter__(self) -> "Upstream":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _serve(self) -> None:
        try:
            self._loop.run_until_complete(self._until_stopped())
        finally:
            self._loop.close()

    async def _until_stopped(self) -> None:
        server = await asyncio.start_server(self._connected, self._host, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _read(reader)
            self.requests.append(request)
            await _write(writer, self._reply(request), head_only=request.method == "HEAD")
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()
        else:
            writer.close()

    def _reply(self, request: Request) -> Reply:
        path = request.path.partition("?")[0]
        behaviour = self._routes.get(path, Reply(b"not here", status=404))
        if isinstance(behaviour, Reply):
            return behaviour
        if callable(behaviour):
            return behaviour(request)
        turn = self._seen.get(path, 0)
        self._seen[path] = turn + 1
        return behaviour[min(turn, len(behaviour) - 1)]


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ", 2)
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body)


async def _write(writer: asyncio.StreamWriter, reply: Reply, *, head_only: bool) -> None:
    await asyncio.sleep(reply.delay)
    pieces = reply.pieces or [reply.body] * reply.repeat
    headers = {"Connection": "close", **reply.headers}
    if reply.length:
        headers.setdefault("Content-Length", str(sum(len(piece) for piece in pieces)))
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}", *(f"{k}: {v}" for k, v in headers.items())]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    left = reply.cut
    for piece in () if head_only else pieces:
        writer.write(piece if left is None else piece[:left])
        await writer.drain()
        left = None if left is None else left - len(piece)
        if left is not None and left <= 0:
            writer.transport.abort()
            return
        await asyncio.sleep(reply.pause)
