"""The retrieval explorer: what a question finds, stage by stage, under two settings side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mlwright.faces.ui import links
from mlwright.faces.ui.rendering import Renderer
from mlwright.kernel.errors import MlwrightError, UserError
from mlwright.kernel.ids import Ref
from mlwright.rag import Hit, Rag, Retrieval

if TYPE_CHECKING:
    from mlwright.app import App

FUSIONS = ("convex", "rrf", "vector", "keyword")
NUMBERS = {"dense_weight": float, "keep": int, "top": int, "min_score": float}
SIDES = ("a", "b")
_SHOWN = 600
"""Characters of a passage around its first matched word."""


@dataclass(frozen=True, slots=True)
class Row:
    """A passage: its rank in every stage (None where the stage lacks it), and how it moved from the other side: places
    up, or None where the other side does not have it."""

    hit: Hit
    rank: int
    text: Markup
    href: str
    ranks: tuple[int | None, ...]
    moved: int | None


@dataclass(frozen=True, slots=True)
class Side:
    """One setting and what it found, or what was wrong with it. `stages` are those that left candidates."""

    name: str
    chosen: Mapping[str, str]
    found: Retrieval | None = None
    stages: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    error: MlwrightError | None = None


def routes(app: "App", pages: Renderer) -> list[Route]:
    async def explorer(request: Request) -> Response:
        query = request.query_params
        pipeline = app.pipeline(query.get("pipeline", ""))
        question, where, at = (query.get(name, "").strip() for name in ("q", "where", "at"))
        chosen = [_chosen(query, side) for side in SIDES[: 2 if query.get("compare") else 1]]
        sides = [
            await _side(pipeline, name, question, where, at, one) for name, one in zip(SIDES, chosen, strict=False)
        ]
        return pages.render(
            request, "retrieve.html", question=question, where=where, at=at, compare=len(chosen) == 2,
            sides=_compared(sides), pipeline=pipeline.name, pipelines=list(app.rag), now=pipeline.spec.retrieve,
            reranks=pipeline.spec.rerank is not None, fusions=FUSIONS,
            fields=pipeline.spec.retrieve.filter or pipeline.spec.index.metadata,
        )  # fmt: skip

    return [pages.route("/retrieve", explorer)]


def _chosen(query: Mapping[str, str], side: str) -> dict[str, str]:
    """The settings in the address, as they were typed: `a.fuse=rrf`; empty where they stay as they are set."""
    names = ("fuse", "feedback", "rerank", *NUMBERS)
    return {name: query.get(f"{side}.{name}", "").strip() for name in names}


def _settings(chosen: Mapping[str, str]) -> dict[str, object]:
    """Raises UserError for what is no number."""
    found: dict[str, object] = {}
    for name, text in chosen.items():
        if not text:
            continue
        if name in NUMBERS:
            try:
                found[name] = NUMBERS[name](text)
            except ValueError:
                raise UserError(f"{name.replace('_', ' ')}: {text!r} is no number") from None
        elif name == "feedback":
            found[name] = {} if text == "on" else None
        else:
            found[name] = text if name == "fuse" else text == "on"
    return found


async def _side(pipeline: Rag, name: str, question: str, where: str, at: str, chosen: Mapping[str, str]) -> Side:
    if not question:
        return Side(name, chosen)
    try:
        found = await pipeline.retrieve(question, where=where or None, at=at, explain=True, settings=_settings(chosen))
    except MlwrightError as error:
        return Side(name, chosen, error=error)
    stages = [stage for stage in found.stages if stage.candidates]
    places = [{one.chunk: rank for rank, one in enumerate(stage.candidates, 1)} for stage in stages]
    rows = tuple(_row(pipeline, question, hit, rank, places) for rank, hit in enumerate(found.hits, 1))
    return Side(name, chosen, found, tuple(stage.name for stage in stages), rows)


def _row(pipeline: Rag, question: str, hit: Hit, rank: int, places: Sequence[Mapping[Ref, int]]) -> Row:
    text = _marked(hit.chunk.text, pipeline.matched(question, hit.chunk.text))
    ranks = tuple(place.get(hit.chunk.ref) for place in places)
    return Row(hit, rank, text, links.source_of_hit(hit), ranks, 0)


def _compared(sides: Sequence[Side]) -> list[Side]:
    """Each row says how it moved from the first side to the second."""
    if len(sides) < 2:
        return list(sides)
    first, second = ({row.hit.chunk.ref: row.rank for row in side.rows} for side in sides)
    return [_moved(sides[0], second), _moved(sides[1], first)]


def _moved(side: Side, other: Mapping[Ref, int]) -> Side:
    rows = tuple(
        Row(
            row.hit, row.rank, row.text, row.href, row.ranks,
            other[row.hit.chunk.ref] - row.rank if row.hit.chunk.ref in other else None,
        )
        for row in side.rows
    )  # fmt: skip
    return Side(side.name, side.chosen, side.found, side.stages, rows, side.error)


def _marked(text: str, words: Sequence[tuple[int, int]]) -> Markup:
    """The part of a passage that holds its first matched word, with every matched word marked."""
    begin = max(0, min(words[0][0] - _SHOWN // 4, len(text) - _SHOWN)) if words else 0
    end, at, out = min(len(text), begin + _SHOWN), begin, [escape("… " if begin else "")]
    for start, stop in words:
        if start >= begin and stop <= end:
            out += [escape(text[at:start]), Markup("<mark>{}</mark>").format(text[start:stop])]
            at = stop
    return Markup("").join([*out, escape(text[at:end]), escape(" …" if end < len(text) else "")])
