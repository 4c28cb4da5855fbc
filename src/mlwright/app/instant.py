"""A model on this machine that answers at once and for nothing, by the OpenAI protocol: for measuring all the rest."""

from collections.abc import Iterator

import orjson
from aiohttp import web

from mlwright.app.loopback import LoopbackServer


class InstantModel(LoopbackServer):
    """`with InstantModel(150) as model: … model.url`. Every answer has so many words, and cites the first passage."""

    def __init__(self, words: int) -> None:
        super().__init__("instant-model")
        self._stream = b"".join(_events(words))

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/v1/chat/completions", self._chat)

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
