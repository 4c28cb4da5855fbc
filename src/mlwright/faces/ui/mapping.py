"""Pages of the map: what an index holds, by what it means, with clusters, outliers, near duplicates and a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mlwright.app import as_ref
from mlwright.faces.ui.paging import paged, whole
from mlwright.faces.ui.rendering import Renderer
from mlwright.faces.ui.scatter import WAYS, Mark, dots, groups, mark, of_chunks
from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import MlwrightError, NotFound
from mlwright.kernel.ids import Ref
from mlwright.rag import Chunk, EmbeddingMap, Hit, MapPoint, Rag

if TYPE_CHECKING:
    from mlwright.app import App

_NEAREST, _LISTED = 6, 20


@dataclass(frozen=True, slots=True)
class Asked:
    """A question among the points: where it lies, what it finds and where on the map that is; or what was wrong."""

    question: str
    place: Mark | None = None
    hits: Sequence[Hit] = ()
    marks: Sequence[Mark] = ()
    error: MlwrightError | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The chunk that the address names, its place on the map, and those nearest to it with their cosines."""

    chunk: Chunk
    point: MapPoint | None
    place: Mark | None
    neighbours: Sequence[tuple[Chunk, float]]


def routes(app: "App", pages: Renderer) -> list[Route]:
    async def show(request: Request) -> Response:
        query = request.query_params
        rag = app.pipeline(query.get("pipeline", ""))
        by = query.get("by", "") if query.get("by") in WAYS else WAYS[0]
        question = query.get("q", "").strip()
        found = await in_thread(_map, rag, bool(query.get("draw")))
        drawing = {} if found is None else await drawn(request, rag, found, question)
        return pages.render(
            request, "map.html", map=found, by=by, groups=groups(found, by) if found else [], question=question,
            pipeline=rag.name, pipelines=list(app.rag), ways=WAYS, chunks=(await in_thread(rag.report)).chunks,
            here_at={**query}, **drawing,
        )  # fmt: skip

    async def drawn(request: Request, rag: Rag, found: EmbeddingMap, question: str) -> dict[str, Any]:
        """What a page of a map shows beside its points."""
        number = whole(request, "cluster", 0)
        cluster = found.clusters[number - 1] if 1 <= number <= len(found.clusters) else None
        inside = [point for point in found.points if cluster and point.cluster == cluster.number]
        page = paged(request, sorted(inside, key=lambda point: -point.near), "chunk", _LISTED)
        lonely = of_chunks(found, found.outliers)
        pairs = [(pair, of_chunks(found, (pair.first, pair.second))) for pair in found.duplicates]
        named = [*page.rows, *lonely, *(point for _, points in pairs for point in points)]
        return {
            "cluster": cluster,
            "page": page,
            "outliers": lonely,
            "lonely": dots(lonely),
            "pairs": pairs,
            "texts": await in_thread(_texts, rag, named),
            "chosen": await in_thread(_chosen, rag, found, request.query_params.get("chunk", "")),
            "asked": await _asked(rag, found, question),
        }

    async def point(request: Request) -> Response:
        """What the map says of one point, where a pointer or the keyboard is on it."""
        rag = app.pipeline(request.query_params.get("pipeline", ""))
        number, of = whole(request, "n", 0), request.query_params.get("of", "")
        found = await in_thread(rag.maps.map)
        if found.index.id != of or number >= len(found.points):
            raise NotFound("the index has changed since this map was drawn", hint="reload the page")
        one = found.points[number]
        return pages.render(
            request, "parts/point.html", point=one, chunk=await in_thread(rag.chunk, one.chunk),
            cluster=found.clusters[one.cluster],
        )  # fmt: skip

    return [pages.route("/map", show), pages.route("/map/point", point)]


def _map(rag: Rag, draw: bool) -> EmbeddingMap | None:
    """None where nothing is indexed, or where it has to be drawn first and nobody asked for that."""
    if rag.index_ref() is None or not (draw or rag.maps.is_drawn()):
        return None
    return rag.maps.map()


def _chosen(rag: Rag, of: EmbeddingMap, name: str) -> Chosen | None:
    """Raises NotFound for a chunk that is not in the index."""
    if not name:
        return None
    chunk = rag.chunk(as_ref(name))
    point = next(iter(of_chunks(of, [chunk.ref])), None)
    place = mark((point.x, point.y)) if point else None
    return Chosen(chunk, point, place, rag.maps.neighbours(chunk.ref, _NEAREST))


async def _asked(rag: Rag, of: EmbeddingMap, question: str) -> Asked | None:
    if not question:
        return None
    try:
        hits = (await rag.retrieve(question)).hits
        place = await rag.maps.place(question, of)
    except MlwrightError as error:
        return Asked(question, error=error)
    at = {point.chunk: (point.x, point.y) for point in of.points}
    marks = [mark(at[hit.chunk.ref], number) for number, hit in enumerate(hits, 1) if hit.chunk.ref in at]
    return Asked(question, mark(place) if place else None, hits, marks)


def _texts(rag: Rag, points: Sequence[MapPoint]) -> dict[Ref, Chunk]:
    return {point.chunk: rag.chunk(point.chunk) for point in points}
