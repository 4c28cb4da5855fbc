"""Pages of an index: its versions, what differs between two, tags, and whether it is whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mlwright.faces.errors import leaving
from mlwright.faces.ui.links import with_query
from mlwright.faces.ui.paging import paged
from mlwright.faces.ui.rendering import Renderer
from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import MlwrightError, UserError
from mlwright.kernel.ids import Ref
from mlwright.rag import IndexDiff, IndexInfo, IndexVersions, Rag

if TYPE_CHECKING:
    from mlwright.app import App

STATES = ("added", "changed", "removed")


@dataclass(frozen=True, slots=True)
class Row:
    """A version, and the one before it, where there is one."""

    info: IndexInfo
    before: IndexInfo | None

    @property
    def documents(self) -> int:
        """How many it has more."""
        return self.info.documents - (self.before.documents if self.before else 0)

    @property
    def chunks(self) -> int:
        return self.info.chunks - (self.before.chunks if self.before else 0)


@dataclass(frozen=True, slots=True)
class Difference:
    """A document that differs between two versions: as it was, and as it is; None where it is not there."""

    state: str
    key: str
    was: Ref | None
    now: Ref | None


def routes(app: "App", pages: Renderer) -> list[Route]:
    async def index(request: Request) -> Response:
        return await shown(request, app.pipeline(request.path_params.get("pipeline", "")))

    async def tag(request: Request) -> Response:
        form, rag = await request.form(), _pipeline(request)
        version, name = str(form.get("version", "")), str(form.get("tag", "")).strip()
        try:
            found = await in_thread(rag.index_versions.tag, version, name)
        except UserError as problem:
            return await shown(request, rag, problem=problem)
        return RedirectResponse(with_query(_page(rag), done=f"#{found.number} is now called {name}"), 303)

    async def untag(request: Request) -> Response:
        form, rag = await request.form(), _pipeline(request)
        name = str(form.get("tag", ""))
        try:
            found = await in_thread(rag.index_versions.untag, name)
        except UserError as problem:
            return await shown(request, rag, problem=problem)
        return RedirectResponse(with_query(_page(rag), done=f"#{found.number} is no longer called {name}"), 303)

    async def verify(request: Request) -> Response:
        """Begin a check, or join the one that is under way; the page shows how it stands."""
        rag = _pipeline(request)
        await in_thread(app.verify_soon, rag.name)
        return RedirectResponse(_page(rag), 303)

    async def diff(request: Request) -> Response:
        rag, query = _pipeline(request), request.query_params
        before, after = query.get("before", ""), query.get("after", "") or "current"
        if not before:
            raise UserError("which version is to be compared?", hint="choose two on the page of the index")
        versions = rag.index_versions
        found = await in_thread(versions.diff, before, after)
        rows = await in_thread(_differences, versions, found)
        show = query.get("show", "") if query.get("show") in STATES else ""
        return pages.render(
            request, "index_diff.html", diff=found, pipeline=rag.name, show=show, states=STATES,
            page=paged(request, [row for row in rows if show in ("", row.state)], "document"),
            versions=await in_thread(versions.all),
        )  # fmt: skip

    async def shown(request: Request, rag: Rag, *, problem: MlwrightError | None = None) -> Response:
        built = await in_thread(rag.index_ref) is not None
        rows = _rows(await in_thread(rag.index_versions.all)) if built else []
        return pages.render(
            request, "index.html", status=leaving(problem).status if problem else 200, pipeline=rag.name,
            page=paged(request, rows, "version"), pipelines=list(app.rag), versions=[row.info for row in rows],
            newest=rows[0].info if rows else None, readable=[row.info for row in rows if row.info.readable],
            spec=rag.spec.index, health=await in_thread(app.verification, rag.name), problem=problem,
            done=request.query_params.get("done", ""),
        )  # fmt: skip

    def _pipeline(request: Request) -> Rag:
        return app.pipeline(request.path_params["pipeline"])

    return [
        pages.route("/indexes", index),
        pages.route("/indexes/{pipeline}", index),
        pages.route("/indexes/{pipeline}/diff", diff),
        pages.route("/indexes/{pipeline}/tag", tag, methods=("POST",)),
        pages.route("/indexes/{pipeline}/untag", untag, methods=("POST",)),
        pages.route("/indexes/{pipeline}/verify", verify, methods=("POST",)),
    ]


def _page(rag: Rag) -> str:
    return f"/indexes/{quote(rag.name)}"


def _rows(versions: Sequence[IndexInfo]) -> list[Row]:
    """The newest first, each beside the one before it."""
    return [Row(one, before) for one, before in zip_longest(versions, versions[1:]) if one is not None]


def _differences(versions: IndexVersions, diff: IndexDiff) -> list[Difference]:
    was, now = (versions.contents(str(side.number)) for side in (diff.before, diff.after))
    return [
        Difference(state, key, was.get(key), now.get(key))
        for state, keys in zip(STATES, (diff.added, diff.changed, diff.removed), strict=True)
        for key in keys
    ]
