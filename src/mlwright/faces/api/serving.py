"""Routes of serving: promote, rollback, releases, traffic, feedback."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.responses import Response

from mlwright.faces.api.rendering import Body, Name, Text, rendered
from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import NotFound
from mlwright.serving import Feedback, Release, Traffic

if TYPE_CHECKING:
    from mlwright.app import App


class ChangeBody(Body):
    """Which endpoint, the first one where none is named; `why` stands in its history."""

    endpoint: Name = ""
    why: Text = Field(default="", max_length=1000)


class FeedbackBody(Body):
    """What a person thought of an answer: 1 where it helped, -1 where it did not."""

    answer: Annotated[str, Field(pattern=r"^answer:[0-9A-Za-z_-]{1,100}$")]
    score: Literal[1, -1]
    comment: Text = Field(default="", max_length=10_000)


@dataclass(frozen=True, slots=True)
class TrafficHistory:
    """Who answers at an endpoint now (null before the first deployment), and every change, newest first."""

    traffic: Traffic | None
    history: Sequence[Traffic]


def router(app: "App") -> APIRouter:
    api = APIRouter(prefix="/v1", tags=["serving"])

    @api.post("/promote", response_model=Traffic)
    async def promote(body: ChangeBody) -> Response:
        """Give the canary its next share of the traffic, if its gate allows."""
        return rendered(await in_thread(app.promote, body.endpoint, body.why))

    @api.post("/rollback", response_model=Traffic)
    async def rollback(body: ChangeBody) -> Response:
        """Take the canary's traffic away; without a canary, return to the release before."""
        return rendered(await in_thread(app.rollback, body.endpoint, body.why))

    @api.get("/releases", response_model=list[Release])
    async def releases() -> Response:
        """Every release of this workspace, newest first."""
        return rendered(await in_thread(app.serving.releases))

    @api.get("/endpoints/{name}/traffic", response_model=TrafficHistory)
    async def traffic(name: Annotated[Name, Path()]) -> Response:
        """Who answers at an endpoint, and every change, newest first."""
        history = await in_thread(app.serving.history, name)
        if not history and name not in app.serving.spec.endpoints:
            raise NotFound(f"there is no endpoint {name!r}", hint=f"known: {', '.join(app.serving.spec.endpoints)}")
        return rendered(TrafficHistory(history[0] if history else None, history))

    @api.post("/feedback", response_model=Feedback)
    async def feedback(body: FeedbackBody) -> Response:
        """Record what a person thought of an answer."""
        return rendered(await in_thread(app.feedback, body.answer, body.score, body.comment))

    return api
