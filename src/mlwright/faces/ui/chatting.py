"""Pages of talking: a conversation with its turns, and the list of those that the caller led."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mlwright.faces.ui.paging import whole
from mlwright.faces.ui.rendering import Renderer
from mlwright.faces.who import check_key, key_id
from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import NotFound, UserError
from mlwright.kernel.ids import Ref
from mlwright.rag import NEW, Answer, Conversation, Turn
from mlwright.serving import Request as Question

if TYPE_CHECKING:
    from mlwright.app import App

_LISTED = 200
_TURNS = 30


@dataclass(frozen=True, slots=True)
class Said:
    """A turn as the page shows it: with its whole answer and the last word on it, where the answer is still kept."""

    ref: Ref
    turn: Turn
    answer: Answer | None
    given: int


def routes(app: "App", pages: Renderer) -> list[Route]:
    def owner(request: Request) -> str:
        return app.serving.owner(key_id(request), "")

    async def begin(request: Request) -> Response:
        return await show(request, None, [])

    async def go_on(request: Request) -> Response:
        ref, whose = _ref(request), owner(request)
        talk = await in_thread(app.conversations.get, ref, whose)
        turns = await in_thread(app.conversations.turns, ref, whose, whole(request, "turns", _TURNS) or _TURNS)
        return await show(request, talk, [await in_thread(_said, app, answer, turn) for answer, turn in turns])

    async def show(request: Request, talk: Conversation | None, said: list[Said]) -> Response:
        return pages.render(
            request, "chat.html", talk=talk, said=said, here_talk=talk.ref.id if talk else "",
            talks=await in_thread(app.conversations.all, owner(request), _LISTED), endpoints=_endpoints(app, talk),
        )  # fmt: skip

    async def say(request: Request) -> Response:
        """Without JavaScript: wait for the whole answer, then show the conversation at its end."""
        form = await request.form()
        question, endpoint = str(form.get("q", "")).strip(), str(form.get("endpoint", "")) or app.default_endpoint()
        if not question:
            raise UserError("the question is empty", hint="write one, and ask again")
        whose, named = owner(request), str(form.get("conversation", "")) or NEW
        check_key(request, endpoint, app.serving.spec.endpoints.get(endpoint))
        done: dict[str, object] = {}
        asked = Question(question, conversation=named, owner=whose)
        async for event in app.serving.call(endpoint, asked, key=key_id(request)):
            if event.type == "done":
                done = dict(event.data)
        answer = await in_thread(app.answer, str(done["answer"]))
        talk = answer.conversation.id if answer.conversation else ""
        return RedirectResponse(f"/chat/{talk}#turn-{answer.ref.id}", 303)

    async def listed(request: Request) -> Response:
        """The list alone, which the page asks for after a turn; `here` is the conversation that is open."""
        return pages.render(
            request, "parts/talks.html", talks=await in_thread(app.conversations.all, owner(request), _LISTED),
            here_talk=request.query_params.get("here", ""),
        )  # fmt: skip

    async def turn(request: Request) -> Response:
        """One turn alone, which takes the place of the stream when that is over."""
        answer = await in_thread(app.answer, Ref("answer", request.path_params["answer"]))
        talk = await in_thread(app.conversations.get, _ref(request), owner(request))
        if answer.conversation != talk.ref:
            raise NotFound(f"{answer.ref} is not of {talk.ref}")
        said = await in_thread(_said, app, answer.ref, Turn(answer.question, answer.text))
        return pages.render(request, "parts/turn.html", one=said)

    async def delete(request: Request) -> Response:
        await in_thread(app.conversations.delete, _ref(request), owner(request))
        return RedirectResponse("/chat", 303)

    return [
        pages.route("/chat", begin),
        pages.route("/chat", say, methods=("POST",)),
        pages.route("/chat/list", listed),
        pages.route("/chat/{id}", go_on),
        pages.route("/chat/{id}/delete", delete, methods=("POST",)),
        pages.route("/chat/{id}/{answer}", turn),
    ]


def _said(app: "App", ref: Ref, turn: Turn) -> Said:
    try:
        answer = app.answer(ref)
    except NotFound:
        return Said(ref, turn, None, 0)
    words = app.serving.feedback_on(ref)
    return Said(ref, turn, answer, max(words, key=lambda one: one.at).score if words else 0)


def _endpoints(app: "App", talk: Conversation | None) -> list[str]:
    """Those to choose from: a conversation stays with its pipeline."""
    found = app.serving.spec.endpoints
    return [name for name, one in found.items() if talk is None or one.handler == f"rag.{talk.pipeline}"]


def _ref(request: Request) -> Ref:
    return Ref("conversation", request.path_params["id"])
