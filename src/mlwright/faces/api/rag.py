"""Routes of RAG: retrieve, documents, chunks, answers."""

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from mlwright.faces.api.rendering import Body, FilterValue, IdPath, Name, RefPath, Text, rendered
from mlwright.kernel.aio import in_thread
from mlwright.kernel.ids import Ref
from mlwright.rag import Answer, Chunk, DocumentInfo, Retrieval, Turn

if TYPE_CHECKING:
    from mlwright.app import App

Pipeline = Annotated[Name, Query(description="A pipeline of the blueprint; the first one where none is named.")]


class TurnBody(Body):
    """A question before this one, and what was answered."""

    question: Text
    answer: Text = ""


class TrialBody(Body):
    """Other settings of `retrieve` than those of the blueprint, for this request alone. `feedback` is true or false;
    `rerank: false` leaves the reranker out."""

    fuse: Literal["convex", "rrf", "vector", "keyword"] | None = None
    dense_weight: float | None = Field(default=None, ge=0, le=1)
    feedback: bool | None = None
    top: int | None = Field(default=None, ge=1, le=1000)
    keep: int | None = Field(default=None, ge=1, le=100)
    min_score: float | None = Field(default=None, ge=-1, le=1)
    duplicates: float | None = Field(default=None, gt=0, le=1)
    rerank: bool | None = None

    def settings(self) -> dict[str, object]:
        """Those that were given, as `retrieve` takes them."""
        given = self.model_dump(exclude_none=True)
        if "feedback" in given:
            given["feedback"] = {} if given["feedback"] else None
        return given


class RetrieveBody(Body):
    """What to look for. `top` is how many passages to give back, `filter` the JSON form of a filter; `history` is the
    talk so far, oldest first; `explain` adds what each stage found; `at` names a version of the index to search;
    `settings` try others than those of the blueprint."""

    question: Text = Field(min_length=1)
    pipeline: Name = ""
    top: int | None = Field(default=None, ge=1, le=1000)
    filter: dict[Text, FilterValue] = Field(default_factory=dict)
    history: list[TurnBody] = Field(default_factory=list, max_length=100)
    explain: bool = False
    at: Text = ""
    settings: TrialBody = TrialBody()


def router(app: "App") -> APIRouter:
    api = APIRouter(prefix="/v1", tags=["rag"])

    @api.post("/retrieve", response_model=Retrieval)
    async def retrieve(body: RetrieveBody) -> Response:
        """The passages that a question finds, with their scores."""
        pipeline = app.pipeline(body.pipeline)
        history = [Turn(turn.question, turn.answer) for turn in body.history]
        return rendered(
            await pipeline.retrieve(
                body.question,
                top=body.top,
                where=body.filter,
                history=history,
                explain=body.explain,
                at=body.at,
                settings=body.settings.settings(),
            )
        )

    @api.get("/documents", response_model=list[DocumentInfo])
    async def documents(pipeline: Pipeline = "") -> Response:
        """The documents that the index holds now."""
        return rendered(await in_thread(app.pipeline(pipeline).documents))

    @api.get("/documents/{ref:path}/chunks", response_model=list[Chunk])
    async def chunks(ref: RefPath, pipeline: Pipeline = "") -> Response:
        """The chunks of a document, or of one version of it."""
        rag = app.pipeline(pipeline)
        document = await in_thread(rag.document, Ref.parse(ref))
        return rendered(await in_thread(rag.chunks, document.version))

    @api.get("/answers", response_model=list[Answer])
    async def answers(limit: Annotated[int, Query(ge=1, le=1000)] = 20) -> Response:
        """The latest answers, newest first."""
        return rendered(await in_thread(app.answers, limit))

    @api.get("/answers/{id}", response_model=Answer)
    async def answer(id: IdPath) -> Response:
        """A recorded answer."""
        return rendered(await in_thread(app.answer, Ref("answer", id)))

    return api
