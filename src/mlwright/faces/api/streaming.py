"""Streams over HTTP: server-sent events with a heartbeat, and work that stops when its client goes away."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

T = TypeVar("T")
HEARTBEAT_S = 15.0
_HEAD = {"cache-control": "no-store", "x-accel-buffering": "no"}


class ClientGone(Exception):
    """Nobody is there any more to hear the answer."""


def sse(event: str, data: object) -> bytes:
    """One server-sent event; JSON holds no line break, so it is always one `data` line."""
    return b"event: %b\ndata: %b\n\n" % (event.encode(), orjson.dumps(data))


async def while_connected(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which is cancelled when the client disconnects. Raises ClientGone then."""
    task = asyncio.ensure_future(work)
    listener = asyncio.ensure_future(_until_gone(receive))
    try:
        await asyncio.wait((task, listener), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientGone
        return task.result()
    finally:
        await _stop(task, listener)


class EventStream(Response):
    """A response whose body comes as `chunks`. It starts with the first chunk (or the first heartbeat), so that an
    error before it still has a status of its own; later errors become the chunk that `failed` makes of them."""

    def __init__(
        self,
        chunks: AsyncGenerator[bytes, None],
        failed: Callable[[Exception], bytes],
        *,
        heartbeat: float = HEARTBEAT_S,
    ) -> None:
        self._chunks, self._failed, self._heartbeat = chunks, failed, heartbeat
        self._started = False
        self._sending = asyncio.Lock()
        self.status_code, self.background, self.body = 200, None, b""
        self.media_type = "text/event-stream"
        self.init_headers(_HEAD)
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        pump = asyncio.ensure_future(self._pump(send))
        listener, heart = asyncio.ensure_future(_until_gone(receive)), asyncio.ensure_future(self._beat(send))
        try:
            await asyncio.wait((pump, listener), return_when=asyncio.FIRST_COMPLETED)
            if pump.done():
                pump.result()
        finally:
            await _stop(pump, listener, heart)

    async def _pump(self, send: Send) -> None:
        try:
            async for chunk in self._chunks:
                await self._write(send, chunk)
        except Exception as error:
            if not self._started:
                raise
            await self._write(send, self._failed(error))
        finally:
            await self._chunks.aclose()
        await self._write(send, b"", more=False)

    async def _beat(self, send: Send) -> None:
        while True:
            await asyncio.sleep(self._heartbeat)
            await self._write(send, b": still working\n\n")

    async def _write(self, send: Send, chunk: bytes, *, more: bool = True) -> None:
        async with self._sending:
            if not self._started:
                self._started = True
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": chunk, "more_body": more})


async def chunks_of(events: AsyncIterator[Any], write: Callable[[Any], bytes]) -> AsyncGenerator[bytes, None]:
    """Events as bytes; closing this closes them."""
    try:
        async for event in events:
            yield write(event)
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stop(*tasks: "asyncio.Future[Any]") -> None:
    """Cancel what still runs and wait until it has cleaned up."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
