"""Pages of serving: releases, who answers at which endpoint, promote and rollback, and the diff of two releases."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mlwright.app import as_ref
from mlwright.blueprint import Blueprint, diff, from_release
from mlwright.faces.errors import leaving
from mlwright.faces.ui.links import with_query
from mlwright.faces.ui.rendering import Renderer
from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import Conflict, MlwrightError, NotFound, Refused
from mlwright.kernel.ids import Ref
from mlwright.serving import EndpointReport, Release, Traffic

if TYPE_CHECKING:
    from mlwright.app import App

_CHANGES = 20


@dataclass(frozen=True, slots=True)
class EndpointView:
    """What the page shows of one endpoint. `gate` is the one that a promotion needs, empty where none."""

    name: str
    traffic: Traffic | None
    history: list[Traffic]
    report: EndpointReport
    gate: str
    steps: tuple[float, ...]


def routes(app: "App", pages: Renderer) -> list[Route]:
    async def releases(request: Request) -> Response:
        return await _shown(request, None)

    async def change(request: Request) -> Response:
        form = await request.form()
        endpoint, why = request.path_params["endpoint"], str(form.get("why", "")).strip()
        if endpoint not in app.serving.spec.endpoints:
            raise NotFound(f"there is no endpoint {endpoint!r}")
        verb = {"promote": app.promote, "rollback": app.rollback}.get(request.path_params["verb"])
        if verb is None:
            raise NotFound("an endpoint can be promoted or rolled back, nothing else")
        try:
            await in_thread(verb, endpoint, why)
        except (Refused, Conflict) as problem:
            return await _shown(request, problem)
        return RedirectResponse(
            with_query("/releases", done=request.path_params["verb"]) + f"#endpoint-{endpoint}", 303
        )

    async def compare(request: Request) -> Response:
        old, new = as_ref(request.query_params.get("old", "")), as_ref(request.query_params.get("new", ""))
        differences = await in_thread(lambda: diff(_blueprint(app, old), _blueprint(app, new)))
        listed = await in_thread(app.serving.releases)
        return pages.render(
            request, "diff.html", old=old, new=new, differences=differences, releases=listed, numbers=_numbers(listed)
        )

    async def release(request: Request) -> Response:
        ref = as_ref(request.path_params["ref"])
        found = await in_thread(app.serving.release, ref)
        whole = json.dumps(json.loads(await in_thread(app.serving.blueprint_of, ref)), indent=2, ensure_ascii=False)
        results = [result for result in await in_thread(app.evals.results, 500) if result.target == ref]
        return pages.render(request, "release.html", release=found, whole=whole, results=results)

    async def _shown(request: Request, problem: MlwrightError | None) -> Response:
        views = [await in_thread(_view, app, name) for name in app.serving.spec.endpoints]
        listed = await in_thread(app.serving.releases)
        return pages.render(
            request, "releases.html", status=leaving(problem).status if problem else 200, endpoints=views,
            releases=listed, numbers=_numbers(listed), problem=problem, done=request.query_params.get("done", ""),
            current=app.release,
        )  # fmt: skip

    return [
        pages.route("/releases", releases),
        pages.route("/releases/diff", compare),
        pages.route("/releases/{endpoint}/{verb}", change, methods=("POST",)),
        pages.route("/releases/{ref}", release),
    ]


def _view(app: "App", name: str) -> EndpointView:
    rollout = app.serving.spec.endpoints[name].rollout
    history = app.serving.history(name)
    return EndpointView(
        name, app.serving.traffic(name), history[:_CHANGES], app.serving.report(name), rollout.gate or "", rollout.steps
    )


def _numbers(releases: list[Release]) -> dict[Ref, int]:
    return {release.ref: release.number for release in releases}


def _blueprint(app: "App", ref: Ref) -> Blueprint:
    return from_release(json.loads(app.serving.blueprint_of(ref)), folder=app.blueprint.folder)
