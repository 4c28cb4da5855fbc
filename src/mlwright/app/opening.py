"""From a blueprint file to an open workspace: builds the systems and joins them."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from mlwright.app import adding, verifying
from mlwright.app.built import BuiltModels
from mlwright.app.joins import Documents, Pipelines
from mlwright.app.releases import Releases
from mlwright.app.tracing import trace_days
from mlwright.app.workspace import App
from mlwright.blueprint import Blueprint, from_release, load, prompt_key
from mlwright.data import Data, build_data
from mlwright.evals import build_evals
from mlwright.kernel import aio
from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import Clock
from mlwright.kernel.ids import Ref
from mlwright.kernel.open import open_kernel
from mlwright.kernel.otlp import OtlpExport
from mlwright.kernel.settings import Settings, load_settings
from mlwright.models import price_of
from mlwright.rag import Rag, build_rag
from mlwright.serving import Serving, build_serving
from mlwright.tracking import Tracking, build_tracking

FOLDER = ".mlwright"
"""Where a workspace lies, beside its blueprint."""


def open(
    path: str | Path = "mlwright.yaml",
    *,
    target: str | None = None,
    sets: Mapping[str, str] | None = None,
    clock: Clock | None = None,
) -> App:
    """Open the workspace of a blueprint; makes it where it is absent. Loads no model until one is needed.

    `target` picks an overlay of `targets`, `sets` overrides single settings by path. Raises UserError with file,
    line and column for a wrong blueprint, Conflict for a workspace that a newer mlwright made."""
    blueprint = load(Path(path), target=target, sets=sets or {})
    home = blueprint.folder / FOLDER
    settings = load_settings(home / "settings.toml")
    store = blueprint.target.store or settings.store
    kernel = open_kernel(
        home,
        store=store or None,
        blobs=blueprint.target.blobs or settings.blobs or None,
        clock=clock,
    )
    _watch(kernel, settings, blueprint)
    tracking = build_tracking(blueprint.tracking, kernel, system=blueprint.system.name, base=blueprint.folder)
    data = build_data(blueprint.data, kernel, base=blueprint.folder)
    evals = build_evals(blueprint.evals, kernel, base=blueprint.folder, record=tracking.record)
    builder = _Builder(kernel, data, tracking, store)
    releases = Releases(
        builder.pipelines(blueprint), lambda ref: builder.pipelines(_recorded(serving, ref, blueprint)), builder.close
    )
    serving = build_serving(blueprint.serving, kernel, handlers=releases, gate=evals.require_pass)
    app = App(blueprint.path, home, blueprint, kernel, data, evals, serving, tracking, releases)
    adding.handle(app)
    verifying.handle(app)
    return app


def _watch(kernel: Kernel, settings: Settings, blueprint: Blueprint) -> None:
    """Forget old spans, and send new ones to the collector where one is set."""
    kernel.spans.prune(kernel.clock.now() - timedelta(days=trace_days(blueprint, settings)))
    if settings.otlp_endpoint:
        export = OtlpExport(settings.otlp_endpoint, settings.otlp_header_values, service=blueprint.system.name)
        kernel.spans.send_to(export, export.close)


def _recorded(serving: Serving, release: Ref, current: Blueprint) -> Blueprint:
    return from_release(json.loads(serving.blueprint_of(release)), folder=current.folder)


class _Builder:
    """Builds pipelines; models that several pipelines or releases share are built once. `store` is the address of the
    database, where there is one."""

    def __init__(self, kernel: Kernel, data: Data, tracking: Tracking, store: str) -> None:
        self._kernel, self._data, self._tracking, self._store = kernel, data, tracking, store
        self._models = BuiltModels()

    def pipelines(self, blueprint: Blueprint) -> Pipelines:
        handlers = {name: spec.handler for name, spec in blueprint.serving.endpoints.items()}
        return Pipelines(blueprint.ref, {name: self._rag(blueprint, name) for name in blueprint.rag}, handlers)

    def close(self) -> None:
        aio.run(self._models.close())

    def _rag(self, blueprint: Blueprint, name: str) -> Rag:
        spec = blueprint.rag[name]
        embed = blueprint.models.embed[spec.index.embed]
        return build_rag(
            name,
            spec,
            self._kernel,
            embedder=self._models.embedder(embed),
            chat=self._models.chats(blueprint.models.chat),
            prices={title: price_of(part) for title, part in blueprint.models.chat.items()},
            source=Documents(self._data, spec.documents),
            record=self._tracking.record,
            prompt=blueprint.prompts.get(name),
            situate_prompt=blueprint.prompts.get(prompt_key(name, "situate")),
            compute=blueprint.target.compute,
            embed=embed,
            rerank=self._models.reranker(blueprint.models, spec),
            store=self._store,
        )
