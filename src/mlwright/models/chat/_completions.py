"""A streamed `/chat/completions` call: chunks to Deltas, and one Finish with usage and reason."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp
import orjson

from mlwright.kernel.errors import TransientError
from mlwright.kernel.ids import Ref
from mlwright.models.chat import ChatRequest, Delta, Finish
from mlwright.models.chat._sse import SseParser
from mlwright.models.openai_api import Api
from mlwright.models.usage import Usage

PATH = "chat/completions"
Reason = Literal["stop", "length", "filter"]
_REASONS: Mapping[str, Reason] = {"length": "length", "content_filter": "filter"}


class Completions:
    """A ChatModel."""

    def __init__(
        self,
        ref: Ref,
        api: Api,
        fields: Mapping[str, object],
        *,
        limit_field: str,
        max_tokens: int | None,
        timeout: float,
    ) -> None:
        self.ref = ref
        self._api, self._fields, self._limit_field = api, dict(fields), limit_field
        self._max_tokens, self._timeout = max_tokens, timeout

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta | Finish]:
        state = _State(self._api, str(self._fields["model"]))
        timeout = self._timeout if request.timeout is None else request.timeout
        async with self._api.post(PATH, self._body(request), timeout=timeout) as response:
            if response.content_type == "application/json":  # a server that does not stream
                for text in state.take((await response.read()).decode("utf-8", errors="replace"), "message"):
                    yield Delta(text)
                state.ended = True
            else:
                async for data in _events(self._api, response):
                    for text in state.take(data):
                        yield Delta(text)
        yield state.finish(request)

    async def close(self) -> None:
        await self._api.close()

    def _body(self, request: ChatRequest) -> dict[str, object]:
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        if not messages:
            messages = [{"role": "user", "content": request.question}]
        body = {**self._fields, "messages": messages}
        limits = [limit for limit in (self._max_tokens, request.max_tokens) if limit is not None]
        if limits:
            body[self._limit_field] = min(limits)
        if request.form is not None:
            schema = {"name": "answer", "schema": dict(request.form)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body


async def _events(api: Api, response: aiohttp.ClientResponse) -> AsyncIterator[str]:
    parser = SseParser()
    try:
        async for chunk in response.content.iter_any():
            for data in parser.feed(chunk):
                yield data
        for data in parser.end():
            yield data
    except ValueError as error:
        raise api.broken(PATH, str(error)) from error


@dataclass(slots=True)
class _State:
    """What has been seen of the answer so far."""

    api: Api
    model: str
    reason: Reason = "stop"
    usage: Usage | None = None
    ended: bool = False
    """A finish reason or `[DONE]` has come: the answer is whole."""
    written: int = 0

    def take(self, data: str, key: str = "delta") -> list[str]:
        """The pieces of text in one event. Usage may come with the finish, after it with no choices, or after it with
        an empty choice, and some servers repeat it: the last one counts, so the stream is read to its end."""
        if data.strip() == "[DONE]":
            self.ended = True
            return []
        try:
            return self._read(orjson.loads(data), key)
        except orjson.JSONDecodeError as error:
            raise self.api.broken(PATH, f"this is not JSON: {data[:80]!r}") from error

    def _read(self, chunk: Any, key: str) -> list[str]:
        if not isinstance(chunk, dict):
            raise self.api.broken(PATH, "a JSON value that is not an object")
        if error := chunk.get("error"):
            raise self._failed(error)
        self.model = chunk.get("model") or self.model
        if isinstance(counted := chunk.get("usage"), dict):
            self.usage = _usage(counted)
        texts: list[str] = []
        for choice in chunk.get("choices") or ():
            texts += self._choice(choice, choice.get(key) or {})
        self.written += sum(map(len, texts))
        return texts

    def _choice(self, choice: Mapping[str, Any], said: Mapping[str, Any]) -> list[str]:
        if choice.get("finish_reason"):
            self.ended = True
            self.reason = _REASONS.get(choice["finish_reason"], self.reason)
        if refusal := said.get("refusal"):
            self.reason = "filter"
            return [str(refusal)]
        return [text] if (text := said.get("content")) else []

    def finish(self, request: ChatRequest) -> Finish:
        """Raises TransientError where the stream stopped before the answer was whole."""
        if not self.ended:
            raise TransientError(
                f"{self.model} stopped in the middle of its answer", hint="the same call may succeed later"
            )
        return Finish(self.usage or _estimate(request, self.written), self.model, self.reason)

    def _failed(self, error: Any) -> Exception:
        """An error inside a stream has no status of its own, unless its code is one."""
        fields = error if isinstance(error, dict) else {"message": str(error)}
        code = str(fields.get("code") or fields.get("type") or "")
        status = int(code) if code.isdigit() else 429 if "rate_limit" in code else 400 if "invalid" in code else 500
        return self.api.refusal(PATH, status, f"{fields.get('message', '')} ({code})" if code else str(error))


def _usage(counted: Mapping[str, Any]) -> Usage:
    """OpenAI's names, and the two that others use for cached tokens."""
    read = counted.get("prompt_tokens_details") or {}
    wrote = counted.get("completion_tokens_details") or {}
    return Usage(
        input_tokens=int(counted.get("prompt_tokens") or 0),
        output_tokens=int(counted.get("completion_tokens") or 0),
        cached_input_tokens=int(read.get("cached_tokens") or counted.get("prompt_cache_hit_tokens") or 0),
        reasoning_tokens=int(wrote.get("reasoning_tokens") or 0),
    )


def _estimate(request: ChatRequest, written: int) -> Usage:
    """Four characters to a token, where the server counted nothing."""
    read = sum(len(message.content) for message in request.messages) or len(request.question)
    return Usage(-(-read // 4), -(-written // 4), estimated=True)
