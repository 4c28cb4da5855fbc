"""A real server on this machine: the OpenAI protocol, Cohere's `/rerank` and `/embed`, and failures on demand."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from aiohttp import web

from mlwright.app.loopback import LoopbackServer
from mlwright.models import Embedder
from mlwright.models.embed.hashing import Config as Hashing
from mlwright.models.rerank.lexical import closeness

UsageShape = Literal["after", "with_finish", "empty_choice", "every_chunk", "none"]
"""Where a stream carries its token counts: in a chunk of its own without choices (OpenAI), with the finish reason, in
a chunk with an empty choice, growing in every chunk, or nowhere."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What `/chat/completions` says next. Times are in seconds."""

    text: str
    latency: float = 0.0
    """Before the first byte."""
    pause: float = 0.0
    """Between two chunks."""
    usage: UsageShape = "after"
    counts: Mapping[str, Any] | None = None
    """The usage object, verbatim; None counts words."""
    finish: str | None = "stop"
    """None ends the stream without a finish reason and without [DONE]."""
    cut_after: int | None = None
    """Breaks the connection after so many chunks."""
    split: int | None = None
    """Sends the stream in pieces of so many bytes, wherever they fall."""
    error: Mapping[str, Any] | None = None
    """An error object sent inside the stream, after the text."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A refusal of the next request, whatever its path."""

    status: int
    message: str = "scripted failure"
    code: str = ""
    headers: Mapping[str, str] | None = None
    latency: float = 0.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


class OpenAiServer(LoopbackServer):
    """`with OpenAiServer() as server: … base_url=server.url`. It runs on a thread and a port of its own.

    Without a script it repeats the last message, so that load tests need none. `key` makes it ask for that bearer.
    """

    def __init__(self, *script: Answer | Failure, key: str = "", model: str = "scripted-1", dims: int = 64) -> None:
        super().__init__("openai-server")
        self.seen: list[Seen] = []
        self.gone = 0
        """Streams that the client has closed early."""
        self._script = deque(script)
        self._key, self._model = key, model
        self._embedder: Embedder = Hashing(dims=dims).build()

    def script(self, *more: Answer | Failure) -> None:
        """What comes next, in order."""
        self._script.extend(more)

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/v1/chat/completions", self._chat)
        router.add_post("/v1/embeddings", self._embeddings)
        router.add_get("/v1/models", self._models)
        router.add_post("/v1/rerank", self._rerank)
        router.add_post("/v1/embed", self._embed)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await self._admit(request)
        step = self._next()
        if isinstance(step, Failure):
            return await _refused(step)
        answer = step or Answer(f"You said: {body['messages'][-1]['content']}")
        await asyncio.sleep(answer.latency)
        usage = dict(answer.counts or _counted(body, answer.text))
        if not body.get("stream"):
            return web.json_response(self._completion(answer, usage))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            await self._send(request, response, answer, usage)
        except (ConnectionError, asyncio.CancelledError):
            self.gone += 1
            raise
        return response

    async def _send(
        self, request: web.Request, response: web.StreamResponse, answer: Answer, usage: dict[str, Any]
    ) -> None:
        chunks = [b"data: " + orjson.dumps(chunk) + b"\n\n" for chunk in self._chunks(answer, usage)]
        if answer.error is not None:
            chunks.append(b"data: " + orjson.dumps({"error": answer.error}) + b"\n\n")
        elif answer.finish is not None:
            chunks.append(b"data: [DONE]\n\n")
        if answer.split:
            stream = b"".join(chunks)
            chunks = [stream[at : at + answer.split] for at in range(0, len(stream), answer.split)]
        for number, chunk in enumerate(chunks):
            if number == answer.cut_after:
                if request.transport is not None:
                    request.transport.abort()
                return
            await response.write(chunk)
            await asyncio.sleep(answer.pause)
        await response.write_eof()

    def _chunks(self, answer: Answer, usage: dict[str, Any]) -> list[dict[str, Any]]:
        words = [word for word in answer.text.replace(" ", " \0").split("\0") if word]
        chunks = [self._chunk({"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None})]
        chunks += [self._chunk({"index": 0, "delta": {"content": word}, "finish_reason": None}) for word in words]
        if answer.usage == "every_chunk":
            for number, chunk in enumerate(chunks):
                chunk["usage"] = {**usage, "completion_tokens": number}
        if answer.finish is not None:
            chunks.append(self._chunk({"index": 0, "delta": {}, "finish_reason": answer.finish}))
            if answer.usage in ("with_finish", "every_chunk"):
                chunks[-1]["usage"] = usage
        if answer.usage == "after":
            chunks.append({**self._chunk(), "usage": usage})
        elif answer.usage == "empty_choice":
            chunks.append({**self._chunk({"index": 0, "delta": {}}), "usage": usage})
        return chunks

    def _chunk(self, *choices: dict[str, Any]) -> dict[str, Any]:
        return {"id": "chat-1", "object": "chat.completion.chunk", "model": self._model, "choices": list(choices)}

    def _completion(self, answer: Answer, usage: dict[str, Any]) -> dict[str, Any]:
        said = {"role": "assistant", "content": answer.text}
        choice = {"index": 0, "message": said, "finish_reason": answer.finish}
        return {**self._chunk(choice), "object": "chat.completion", "usage": usage}

    async def _embeddings(self, request: web.Request) -> web.StreamResponse:
        body = await self._admit(request)
        step = self._next()
        if isinstance(step, Failure):
            return await _refused(step)
        if step is not None:
            return web.Response(text=step.text, content_type="application/json")
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        vectors = await self._embedder.embed(texts)
        rows = [{"object": "embedding", "index": place, "embedding": row.tolist()} for place, row in enumerate(vectors)]
        count = sum(len(text.split()) for text in texts)
        usage = {"prompt_tokens": count, "total_tokens": count}
        return web.json_response({"object": "list", "model": body["model"], "data": rows[::-1], "usage": usage})

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        """Cohere's form: vectors by type. A scripted Answer is sent as it is."""
        body = await self._admit(request)
        step = self._next()
        if isinstance(step, Failure):
            return await _refused(step)
        if step is not None:
            return web.Response(text=step.text, content_type="application/json")
        rows = [row.tolist() for row in await self._embedder.embed(body["texts"])]
        kinds = dict.fromkeys(body["embedding_types"], rows)
        billed = {"input_tokens": sum(len(text.split()) for text in body["texts"])}
        return web.json_response({"id": "embed-1", "embeddings": kinds, "meta": {"billed_units": billed}})

    async def _rerank(self, request: web.Request) -> web.StreamResponse:
        """Passages by the words that they share with the question, each for itself, best first, at most `top_n`. A
        scripted Answer is sent as it is, for answers that are broken."""
        body = await self._admit(request)
        step = self._next()
        if isinstance(step, Failure):
            return await _refused(step)
        if step is not None:
            return web.Response(text=step.text, content_type="application/json")
        scores = [closeness(body["query"], [document])[0] for document in body["documents"]]
        order = sorted(range(len(scores)), key=lambda place: -scores[place])[: body.get("top_n")]
        results = [{"index": place, "relevance_score": scores[place]} for place in order]
        return web.json_response({"id": "rerank-1", "results": results, "meta": {"billed_units": {"search_units": 1}}})

    async def _models(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"object": "list", "data": [{"id": self._model, "object": "model"}]})

    async def _admit(self, request: web.Request) -> dict[str, Any]:
        body: dict[str, Any] = orjson.loads(await request.read())
        self.seen.append(Seen(request.path, dict(request.headers), body))
        if self._key and request.headers.get("Authorization") != f"Bearer {self._key}":
            error = {"message": f"Incorrect API key: {request.headers.get('Authorization')}", "code": "invalid_api_key"}
            raise web.HTTPUnauthorized(text=orjson.dumps({"error": error}).decode(), content_type="application/json")
        return body

    def _next(self) -> Answer | Failure | None:
        return self._script.popleft() if self._script else None


async def _refused(failure: Failure) -> web.StreamResponse:
    await asyncio.sleep(failure.latency)
    error = {"message": failure.message, "type": failure.code or "error", "code": failure.code or None}
    return web.json_response({"error": error}, status=failure.status, headers=failure.headers)


def _counted(body: Mapping[str, Any], text: str) -> dict[str, Any]:
    read = sum(len(str(message["content"]).split()) for message in body["messages"])
    return {"prompt_tokens": read, "completion_tokens": len(text.split())}
