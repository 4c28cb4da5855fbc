"""The hot routes: ask an endpoint and get the answer, whole or as a stream; plain Starlette."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mlwright.faces.api.keys import caller
from mlwright.faces.api.problems import describe
from mlwright.faces.api.rendering import Body, FilterValue, Name, Text, read, ready_json
from mlwright.faces.api.streaming import EventStream, chunks_of, sse, while_connected
from mlwright.faces.who import key_id
from mlwright.kernel.errors import ProviderError, UserError
from mlwright.rag import plain_filter
from mlwright.serving import Event
from mlwright.serving import Request as Question

if TYPE_CHECKING:
    from mlwright.app import App


class TurnBody(Body):
    """A question that was asked before, and what was answered."""

    question: Text = Field(min_length=1)
    answer: Text


class EndpointBody(Body):
    """A question. `user` is any stable text for a person (kept as a hash only); `filter` narrows the documents. It may
    lean on `history`, which you keep (oldest first), or on a `conversation`, which is kept here for the key and the
    user: `new` begins one, and the answer names it. `at` names a version of the index that is kept."""

    question: Text = Field(min_length=1)
    user: Text = ""
    filter: dict[Text, FilterValue] = Field(default_factory=dict)
    stream: bool = False
    history: list[TurnBody] = Field(default_factory=list, max_length=200)
    conversation: Annotated[str, Field(pattern=r"^(new|conversation:[0-9A-Za-z_-]{1,100})?$")] = ""
    at: Name = ""


class AskBody(EndpointBody):
    """A question to an endpoint by name; the first one where none is named."""

    endpoint: Name = ""


def routes(app: "App") -> list[Route]:
    """`POST /v1/ask` and `POST /v1/endpoints/{name}`."""

    async def ask(request: Request) -> Response:
        body = await read(request, AskBody)
        return await _answer(app, request, body.endpoint or app.default_endpoint(), body)

    async def endpoint(request: Request) -> Response:
        return await _answer(app, request, request.path_params["name"], await read(request, EndpointBody))

    return [Route("/v1/ask", ask, methods=["POST"]), Route("/v1/endpoints/{name}", endpoint, methods=["POST"])]


async def _answer(app: "App", request: Request, endpoint: str, body: EndpointBody) -> Response:
    if not body.question.strip():
        raise UserError("the question is empty", hint='send {"question": "…"}')
    spec = app.serving.spec.endpoints.get(endpoint)
    who = caller(request, spec)
    stream = body.stream or "text/event-stream" in request.headers.get("accept", "")
    mode: Literal["sse", "json"] = "sse" if stream else "json"
    if spec is not None and mode not in spec.modes:
        raise UserError(f"endpoint {endpoint!r} has no mode {mode}", hint=f"it has: {', '.join(spec.modes)}")
    if body.history and body.conversation:
        raise UserError(
            "both history and conversation are given", hint="send what was said before, or where it is kept"
        )
    question = Question(
        body.question,
        body.user,
        plain_filter(body.filter),
        history=[(turn.question, turn.answer) for turn in body.history],
        conversation=body.conversation,
        owner=app.serving.owner(key_id(request), body.user),
        at=body.at,
    )
    events = app.serving.call(endpoint, question, key=who)
    if not stream:
        return ready_json(await while_connected(request.receive, collected(events)))
    trace = str(request.scope["state"].get("trace", ""))
    return EventStream(chunks_of(events, _event), lambda error: sse("error", describe(error, trace)))


def _event(event: Event) -> bytes:
    return sse(event.type, event.data)


async def collected(events: AsyncIterator[Event]) -> dict[str, object]:
    """The data of `done`. Raises ProviderError where there is none."""
    done: dict[str, object] | None = None
    async for event in events:
        if event.type == "done":
            done = dict(event.data)
    if done is None:
        raise ProviderError("the endpoint ended without an answer")
    return done
