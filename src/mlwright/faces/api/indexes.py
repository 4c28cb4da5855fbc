"""Routes of indexes: their versions, what differs between two, tags, checks, the map and pruning."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from mlwright.faces.api.rendering import Body, Name, Text, rendered
from mlwright.kernel.aio import in_thread
from mlwright.rag import Damage, EmbeddingMap, IndexDiff, IndexInfo, PrunedIndex

if TYPE_CHECKING:
    from mlwright.app import App

Pipeline = Annotated[Name, Query(description="A pipeline of the blueprint; the first one where none is named.")]
Version = Annotated[Text, Query(description="A version: its number, reference or tag, a time (UTC), or `current`.")]


class TagBody(Body):
    """The version that shall have a name, and the name: letters, digits, dots, dashes and underscores."""

    version: Text = Field(min_length=1)
    tag: Text = Field(min_length=1)
    pipeline: Name = ""


def router(app: "App") -> APIRouter:
    api = APIRouter(prefix="/v1/index", tags=["index"])

    @api.get("/versions", response_model=list[IndexInfo])
    async def versions(pipeline: Pipeline = "") -> Response:
        """The versions of an index, newest first; those that are `readable` can be searched."""
        return rendered(await in_thread(app.index_versions(pipeline).all))

    @api.get("/diff", response_model=IndexDiff)
    async def diff(before: Version, after: Version = "current", pipeline: Pipeline = "") -> Response:
        """What changed from one version to another."""
        return rendered(await in_thread(app.index_versions(pipeline).diff, before, after))

    @api.post("/tags", response_model=IndexInfo)
    async def tag(body: TagBody) -> Response:
        """Give a version a name, and keep it searchable until the name is taken off."""
        return rendered(await in_thread(app.index_versions(body.pipeline).tag, body.version, body.tag))

    @api.delete("/tags/{tag}", response_model=IndexInfo)
    async def untag(tag: Text, pipeline: Pipeline = "") -> Response:
        """Take a name off a version."""
        return rendered(await in_thread(app.index_versions(pipeline).untag, tag))

    @api.get("/damage", response_model=list[Damage])
    async def damage(pipeline: Pipeline = "") -> Response:
        """What is damaged, or disagrees between index, store and lineage. Reads all of them."""
        return rendered(await in_thread(app.verify_index, pipeline))

    @api.get("/map", response_model=EmbeddingMap)
    async def map(pipeline: Pipeline = "") -> Response:
        """The chunks by what they mean: places on a plane, clusters, outliers and near duplicates. The first request
        after a change of the index takes some seconds."""
        return rendered(await in_thread(app.map_index, pipeline))

    @api.post("/prune", response_model=dict[str, PrunedIndex])
    async def prune(pipeline: Pipeline = "") -> Response:
        """Forget what no kept version needs, of one pipeline or of all, and give its space back."""
        return rendered(await in_thread(app.prune_index, pipeline))

    return api
