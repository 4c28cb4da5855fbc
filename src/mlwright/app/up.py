"""`up`: brings a workspace to its blueprint, in the stages that the architect planned. It decides nothing itself."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from mlwright.app import evaluate, indexes
from mlwright.app.joined import Joined
from mlwright.architect import Indexed, Workspace, stages
from mlwright.data import Dataset
from mlwright.evals import EvalResult
from mlwright.kernel import aio
from mlwright.kernel.errors import NotFound, Refused
from mlwright.kernel.ids import Ref
from mlwright.kernel.plan import Stage
from mlwright.kernel.progress import Progress
from mlwright.rag import IndexReport
from mlwright.serving import Traffic
from mlwright.tracking import commit_of

Confirm = Callable[[Stage], bool]
ROUNDS = ("data.sources.", "rag.", "evals.gates.", "serving.endpoints.")
"""What is planned again after the round before, since that round changes what the workspace has."""


@dataclass(slots=True)
class UpReport:
    """What was done, stage by stage, and what the workspace has now."""

    release: Ref
    stages: list[Stage] = field(default_factory=list)
    datasets: list[Dataset] = field(default_factory=list)
    indexes: list[IndexReport] = field(default_factory=list)
    evaluations: list[EvalResult] = field(default_factory=list)
    traffic: list[Traffic] = field(default_factory=list)


def up(app: Joined, progress: Progress, confirm: Confirm) -> UpReport:
    """Plan and execute round by round. Raises Refused where a destructive stage is not confirmed; what was done before
    stays done, and calling it again goes on from there."""
    report = UpReport(app.release)
    keep_release(app)
    for prefix in ROUNDS:
        for stage in stages(app.blueprint, workspace_of(app)):
            if stage.target.startswith(prefix):
                if stage.destructive and not confirm(stage):
                    raise Refused(f"{stage.target}: {stage.why}", hint="confirm it, or pass --yes")
                report.stages.append(stage)
                _EXECUTE[prefix](app, stage, stage.target.removeprefix(prefix), report, progress)
    return report


def keep_release(app: Joined) -> None:
    """Record the release that the blueprint is now, with its lineage. Doing so again changes nothing."""
    blueprint, lineage = app.blueprint, app.kernel.lineage
    commit = commit_of(blueprint.folder, without=[app.home])
    app.serving.add_release(
        app.release, blueprint_json=json.dumps(blueprint.as_release()), note=blueprint.path.name, commit=commit.id
    )
    lineage.link(app.release, [blueprint.blueprint_ref], "resolved from")
    for rag in app.rag.values():
        lineage.link(app.release, [rag.prompt_ref, rag.embedder_ref, rag.model_ref()], "uses")


def workspace_of(app: Joined) -> Workspace:
    """What the workspace has, in the words of the architect."""
    traffic = {name: now for name in app.blueprint.serving.endpoints if (now := app.serving.traffic(name))}
    return Workspace(
        datasets={name: dataset.ref for name in app.blueprint.data.sources if (dataset := _latest(app, name))},
        indexes={name: found for name in app.rag if (found := _indexed(app, name))},
        serving={name: now.stable for name, now in traffic.items()},
        canary={name: now.canary for name, now in traffic.items() if now.canary},
        evaluated={name: done.passed for name in app.blueprint.evals.gates if (done := evaluate.latest(app, name))},
    )


def _latest(app: Joined, source: str) -> Dataset | None:
    try:
        return app.data.latest(source)
    except NotFound:
        return None


def _indexed(app: Joined, pipeline: str) -> Indexed | None:
    report = app.rag[pipeline].report()
    if report.index is None or report.dataset is None:
        return None
    return Indexed(report.dataset, current=True, documents=report.documents)


def _ingest(app: Joined, stage: Stage, source: str, report: UpReport, progress: Progress) -> None:
    report.datasets.append(app.data.ingest(source, progress))


def _index(app: Joined, stage: Stage, pipeline: str, report: UpReport, progress: Progress) -> None:
    """Also where the stage says `keep`: it then only makes sure that rows and index agree."""
    report.indexes.append(aio.run(app.rag[pipeline].ingest(progress)))
    indexes.tidy(app)


def _evaluate(app: Joined, stage: Stage, gate: str, report: UpReport, progress: Progress) -> None:
    kept = evaluate.latest(app, gate) if stage.verb == "keep" else None
    report.evaluations.append(kept or aio.run(evaluate.one(app, gate, progress)))


def _deploy(app: Joined, stage: Stage, endpoint: str, report: UpReport, progress: Progress) -> None:
    if stage.verb == "deploy":
        app.serving.deploy(endpoint, app.release, stage.why)
    if now := app.serving.traffic(endpoint):
        report.traffic.append(now)


_EXECUTE: dict[str, Callable[[Joined, Stage, str, UpReport, Progress], None]] = dict(
    zip(ROUNDS, (_ingest, _index, _evaluate, _deploy), strict=True)
)
