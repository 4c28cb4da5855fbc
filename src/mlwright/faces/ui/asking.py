"""Pages of asking: the question box with its streaming answer, and every answer with what it was made from."""

from functools import partial
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mlwright.faces.ui import charts
from mlwright.faces.ui.graphs import trace_picture, walk_svg
from mlwright.faces.ui.paging import paged
from mlwright.faces.ui.rendering import Renderer
from mlwright.faces.ui.served import served
from mlwright.faces.who import check_key
from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref
from mlwright.rag import Answer

if TYPE_CHECKING:
    from mlwright.app import App

_HISTORY = 12
_SEARCHED = 50
_LISTED = 500


def routes(app: "App", pages: Renderer) -> list[Route]:
    async def ask(request: Request) -> Response:
        question, endpoint = request.query_params.get("q", "").strip(), request.query_params.get("endpoint", "")
        latest = await in_thread(served, app, _SEARCHED)
        same = next((answer for answer in latest if question and answer.question == question), None)
        if same is not None and not await in_thread(_holds, app, same):
            same = None
        return pages.render(
            request, "ask.html", question=question, endpoint=endpoint, endpoints=list(app.serving.spec.endpoints),
            answer=same, given=await _given(same), latest=latest[:_HISTORY],
        )  # fmt: skip

    async def ask_plainly(request: Request) -> Response:
        """Without JavaScript: wait for the whole answer, then go to its page."""
        form = await request.form()
        question, endpoint = str(form.get("q", "")).strip(), str(form.get("endpoint", ""))
        if not question:
            raise UserError("the question is empty", hint="write one, and ask again")
        name = endpoint or app.default_endpoint()
        check_key(request, name, app.serving.spec.endpoints.get(name))
        answer = await in_thread(app.ask, question, endpoint=name)
        return RedirectResponse(f"/answers/{answer.ref.id}", 303)

    async def card(request: Request) -> Response:
        """The fragment that the ask page shows when a stream is over."""
        answer = await in_thread(app.answer, _ref(request))
        return pages.render(request, "parts/answer.html", answer=answer, given=await _given(answer))

    async def answers(request: Request) -> Response:
        wanted, show = request.query_params.get("q", "").strip(), request.query_params.get("show", "asked")
        found = await in_thread(app.answers if show == "all" else partial(served, app), _LISTED)
        kept = [answer for answer in found if wanted.lower() in f"{answer.question} {answer.text}".lower()]
        return pages.render(request, "answers.html", page=paged(request, kept, "answer"), wanted=wanted, show=show)

    async def answer(request: Request) -> Response:
        found = await in_thread(app.answer, _ref(request))
        walk = await in_thread(app.why, found.ref)
        return pages.render(
            request, "answer.html", answer=found, given=await _given(found), walk=walk, picture=walk_svg(walk),
            stages=charts.stages(dict(found.seconds)), trace=trace_picture(await in_thread(app.traced, found.ref)),
        )  # fmt: skip

    async def feedback(request: Request) -> Response:
        form = await request.form()
        score = str(form.get("score", ""))
        if score not in ("1", "-1"):
            raise UserError("feedback is 1 or -1", hint="press one of the two buttons")
        given = await in_thread(app.feedback, _ref(request), int(score))
        return RedirectResponse(f"/answers/{given.answer.id}", 303)

    async def _given(answer: Answer | None) -> int:
        """The last word on an answer; 0 where nobody gave one."""
        found = await in_thread(app.serving.feedback_on, answer.ref) if answer else []
        return max(found, key=lambda one: one.at).score if found else 0

    return [
        pages.route("/ask", ask),
        pages.route("/ask", ask_plainly, methods=("POST",)),
        pages.route("/answers", answers),
        pages.route("/answers/{id}", answer),
        pages.route("/answers/{id}/card", card),
        pages.route("/answers/{id}/feedback", feedback, methods=("POST",)),
    ]


def _holds(app: "App", answer: Answer) -> bool:
    """Was it made from the index as it is now? If documents came or went since, the question is asked again."""
    rag = app.rag.get(answer.pipeline)
    return rag is not None and rag.index_ref() == answer.index


def _ref(request: Request) -> Ref:
    return Ref("answer", request.path_params["id"])
