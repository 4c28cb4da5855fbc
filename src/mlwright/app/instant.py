"""A model on this machine that answers at once and for nothing, by the OpenAI protocol: for measuring all the rest."""

import asyncio
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import orjson
from aiohttp import web


class InstantModel:
    """`with InstantModel(150) as model: … model.url`. Every answer has so many words, and cites the first passage."""

    def __init__(self, words: int) -> None:
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="instant-model", daemon=True)
        self._runner: web.AppRunner | None = None
        self._stream = b"".join(_events(words))

    def __enter__(self) -> Self:
        self._thread.start()
        self.url = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> str:
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self._chat)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"

    async def _stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        await response.write(self._stream)
        return response


def _events(words: int) -> Iterator[bytes]:
    for word in ("It", " is", " so", " [1]", *(" word" for _ in range(max(0, words - 5))), "."):
        yield _event(choices=[{"index": 0, "delta": {"content": word}}])
    yield _event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
    yield _event(choices=[], usage={"prompt_tokens": 1, "completion_tokens": words})
    yield b"data: [DONE]\n\n"


def _event(**data: object) -> bytes:
    whole = {"id": "instant", "object": "chat.completion.chunk", "model": "instant", **data}
    return b"data: " + orjson.dumps(whole) + b"\n\n"
