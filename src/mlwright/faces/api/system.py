"""Routes of the whole: status, health, readiness, metrics."""

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.responses import Response

from mlwright.app import Status
from mlwright.architect import Finding, score_json
from mlwright.faces.api.metrics import exposition
from mlwright.faces.api.rendering import ready_json, rendered
from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import TransientError

if TYPE_CHECKING:
    from mlwright.app import App


def router(app: "App") -> APIRouter:
    api = APIRouter(tags=["system"])

    @api.get("/v1/status", response_model=Status)
    async def status() -> Response:
        """The system at a glance."""
        return rendered(await in_thread(app.status))

    @api.get("/v1/check", response_model=list[Finding])
    async def check() -> Response:
        """What the rules find in the blueprint and in the records, errors first."""
        return rendered(await in_thread(app.check))

    @api.get("/v1/score", response_model=dict[str, Any])
    async def score() -> Response:
        """The ML Test Score: 28 tests, each with the record that proves it."""
        return ready_json(score_json(await in_thread(app.score)))

    @api.get("/healthz")
    async def healthz() -> Response:
        """This process runs."""
        return ready_json({"status": "ok"})

    @api.get("/readyz")
    async def readyz() -> Response:
        """Every endpoint has a release that answers."""
        missing = [name for name in app.serving.spec.endpoints if await in_thread(app.serving.traffic, name) is None]
        if missing:
            raise TransientError(f"nothing is deployed at {', '.join(missing)} yet", hint="run: mlwright up")
        return ready_json({"status": "ready"})

    @api.get("/metrics")
    async def metrics() -> Response:
        """What this process has served, for Prometheus."""
        return Response(exposition(app.serving.meters), media_type="text/plain; version=0.0.4; charset=utf-8")

    return api
