"""Routes of conversations: list them, read one, delete one; each caller sees his own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from mlwright.faces.api.rendering import IdPath, Text, rendered
from mlwright.faces.who import key_id
from mlwright.kernel.aio import in_thread
from mlwright.kernel.ids import Ref
from mlwright.rag import Conversation

if TYPE_CHECKING:
    from mlwright.app import App

User = Annotated[Text, Query(description="The `user` that the questions named, where they did.")]


@dataclass(frozen=True, slots=True)
class TurnData:
    """A turn, with the reference of its answer."""

    answer: Ref
    question: str
    text: str


@dataclass(frozen=True, slots=True)
class ConversationData:
    """A conversation with its turns, oldest first."""

    conversation: Conversation
    turns: Sequence[TurnData]


def router(app: "App") -> APIRouter:
    api = APIRouter(prefix="/v1", tags=["conversations"])

    def owner(request: Request, user: str) -> str:
        return app.serving.owner(key_id(request), user)

    @api.get("/conversations", response_model=list[Conversation])
    async def conversations(
        request: Request, user: User = "", limit: Annotated[int, Query(ge=1, le=1000)] = 100
    ) -> Response:
        """The caller's conversations, the latest first."""
        return rendered(await in_thread(app.conversations.all, owner(request, user), limit))

    @api.get("/conversations/{id}", response_model=ConversationData)
    async def conversation(request: Request, id: IdPath, user: User = "") -> Response:
        """One of the caller's conversations, with its turns."""
        ref, whose = Ref("conversation", id), owner(request, user)
        found = await in_thread(app.conversations.get, ref, whose)
        turns = await in_thread(app.conversations.turns, ref, whose)
        data = [TurnData(answer, turn.question, turn.answer) for answer, turn in turns]
        return rendered(ConversationData(found, data))

    @api.delete("/conversations/{id}", status_code=204, response_class=Response)
    async def delete(request: Request, id: IdPath, user: User = "") -> Response:
        """Delete one of the caller's conversations, with its answers."""
        await in_thread(app.conversations.delete, Ref("conversation", id), owner(request, user))
        return Response(status_code=204)

    return api
