"""The protocol of OpenAI: `/v1/chat/completions` and `/v1/models`, where a model is an endpoint of the blueprint.

The question is the last message of the user, and the messages before it are its history; the endpoint brings its own
prompt and passages, so system messages and sampling parameters are accepted and have no effect. Citations come as
annotations of the text. Beside the fields of the protocol an answer has `mlwright`: its reference, citations and cost.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from time import time
from typing import TYPE_CHECKING, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mlwright.faces.api.asking import collected
from mlwright.faces.api.keys import caller
from mlwright.faces.api.problems import as_openai, describe
from mlwright.faces.api.rendering import Text, read, ready_json
from mlwright.faces.api.streaming import EventStream, while_connected
from mlwright.kernel.errors import NotFound, UserError
from mlwright.kernel.ids import new_id
from mlwright.serving import Event
from mlwright.serving import Request as Question

if TYPE_CHECKING:
    from mlwright.app import App


class _Lenient(BaseModel):
    """Clients send many fields that mean nothing here."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ContentPart(_Lenient):
    type: Text
    text: Text = ""


class ChatMessage(_Lenient):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[ContentPart] | None = None

    def words(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type in ("text", "input_text"))
        return self.content or ""


class StreamOptions(_Lenient):
    include_usage: bool = False


class ChatBody(_Lenient):
    """`model` is the name of an endpoint; `user` decides which release answers, and is kept as a hash only."""

    model: Text
    messages: list[ChatMessage] = Field(min_length=1)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    user: Text | None = None

    def asked(self) -> tuple[str, list[tuple[str, str]]]:
        """The last words of the user, and the turns before them. Raises UserError where there are none."""
        asked = [place for place, one in enumerate(self.messages) if one.role == "user" and one.words().strip()]
        turns: list[tuple[str, str]] = []
        question = ""
        for message in self.messages[: asked[-1]] if asked else ():
            if message.role == "user":
                question = message.words()
            elif message.role == "assistant" and question:
                turns.append((question, message.words()))
                question = ""
        if asked:
            return self.messages[asked[-1]].words(), turns
        raise UserError("there is no message of the user with text", hint='send {"role": "user", "content": "…"}')


def routes(app: "App") -> list[Route]:
    """`POST /v1/chat/completions`, `GET /v1/models` and `GET /v1/models/{name}`."""

    async def complete(request: Request) -> Response:
        body = await read(request, ChatBody)
        who = caller(request, app.serving.spec.endpoints.get(body.model))
        question, history = body.asked()
        events = app.serving.call(body.model, Question(question, body.user or "", history=history), key=who)
        if not body.stream:
            done = await while_connected(request.receive, collected(events))
            return ready_json(_completion(body.model, done))
        usage = body.stream_options is not None and body.stream_options.include_usage
        trace = str(request.scope["state"].get("trace", ""))
        return EventStream(
            _chunks(events, body.model, usage=usage), lambda error: _data(as_openai(describe(error, trace)))
        )

    async def models(request: Request) -> Response:
        return ready_json({"object": "list", "data": [_model(name) for name in app.serving.spec.endpoints]})

    async def model(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in app.serving.spec.endpoints:
            raise NotFound(f"there is no endpoint {name!r}", hint=f"known: {', '.join(app.serving.spec.endpoints)}")
        return ready_json(_model(name))

    return [
        Route("/v1/chat/completions", complete, methods=["POST"]),
        Route("/v1/models", models, methods=["GET"]),
        Route("/v1/models/{name}", model, methods=["GET"]),
    ]


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "mlwright"}


def _completion(model: str, done: Mapping[str, object]) -> dict[str, object]:
    text = str(done.get("text", ""))
    cited = done.get("citations")
    notes = [_annotation(one, text) for one in cited] if isinstance(cited, Sequence) else []
    message = {"role": "assistant", "content": text, "refusal": None, "annotations": notes}
    return {
        **_frame(model, "chat.completion"),
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": _usage(done),
        "mlwright": _extra(done),
    }


async def _chunks(events: AsyncIterator[Event], model: str, *, usage: bool) -> AsyncGenerator[bytes, None]:
    frame = _frame(model, "chat.completion.chunk")

    def chunk(delta: Mapping[str, object], finish: str | None = None) -> dict[str, object]:
        return {**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}]}

    begun, said = False, ""
    waiting: list[Mapping[str, Any]] = []
    async with aclosing(events) as open_events:  # type: ignore[type-var]  # serving's iterators can be closed
        async for event in open_events:
            if not begun:
                begun = True
                yield _data(chunk({"role": "assistant", "content": ""}))
            if event.type == "citation":
                waiting.append(event.data)
                continue
            if event.type == "token":
                text = str(event.data["text"])
                said += text
                delta: dict[str, object] = {"content": text}
                if waiting:
                    delta["annotations"] = [_annotation(one, said) for one in waiting]
                    waiting.clear()
                yield _data(chunk(delta))
                continue
            yield _data({**chunk({}, "stop"), "mlwright": _extra(event.data)})
            if usage:
                yield _data({**frame, "choices": [], "usage": _usage(event.data)})
    yield b"data: [DONE]\n\n"


def _annotation(citation: Mapping[str, Any], said: str) -> dict[str, object]:
    """A citation in the shape of OpenAI's: where its mark stands in the text, and what it leads to."""
    mark = f"[{citation['number']}]"
    at = said.rfind(mark)
    place = f"page={citation['page']}" if citation["page"] else f"L{citation['lines'][0]}-L{citation['lines'][1]}"
    return {
        "type": "url_citation",
        "url_citation": {
            "start_index": max(0, at),
            "end_index": at + len(mark) if at >= 0 else 0,
            "url": f"mlwright:{citation['document']}#{place}",
            "title": citation["title"] or citation["key"],
        },
    }


def _frame(model: str, kind: str) -> dict[str, object]:
    return {"id": f"chatcmpl-{new_id()}", "object": kind, "created": int(time()), "model": model}


def _usage(done: Mapping[str, object]) -> dict[str, int]:
    counted = done.get("usage")
    usage: Mapping[str, Any] = counted if isinstance(counted, Mapping) else {}
    prompt, completion = int(usage.get("input_tokens", 0)), int(usage.get("output_tokens", 0))
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _extra(done: Mapping[str, object]) -> dict[str, object]:
    kept = ("answer", "citations", "abstained", "cost", "cached", "fallback", "release")
    return {key: done[key] for key in kept if key in done}


def _data(chunk: Mapping[str, object]) -> bytes:
    return b"data: %b\n\n" % orjson.dumps(chunk)
