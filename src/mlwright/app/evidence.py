"""Evidence: the walk through every system's records to what documents cite."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import PurePosixPath

from mlwright.app.joined import Joined
from mlwright.app.overhead import overhead_of
from mlwright.app.planning import results_of
from mlwright.app.reviewing import records_of
from mlwright.architect import Evidence, RequestRecord, RunRecord, score
from mlwright.data import Dataset
from mlwright.evals import EvalResult
from mlwright.kernel.errors import NotFound
from mlwright.rag import IndexInfo
from mlwright.tracking import Run

_EVER = timedelta(days=36_500)
_COMPARED = 10
"""Releases whose results are kept beside the newest one."""


def evidence_of(app: Joined) -> Evidence:
    """What the workspace has recorded, read now; equal records give equal evidence."""
    endpoints, datasets = app.blueprint.serving.endpoints, _datasets(app)
    tracking, of_gates = app.tracking.report(), results_of(app.evals, app.blueprint)
    return Evidence(
        release=app.release,
        datasets=datasets,
        endings={name: _endings(app, dataset) for name, dataset in datasets.items()},
        quarantined=tuple(app.data.quarantined()),
        indexes={name: found for name in app.rag if (found := _versions(app, name))},
        results=_results(app),
        compared={gate: tuple(found.values())[-_COMPARED:] for gate, found in of_gates.items()},
        overhead=overhead_of(app.home),
        releases=tuple(app.serving.releases()),
        traffic={name: history for name in endpoints if (history := tuple(app.serving.history(name)))},
        exercised={name: app.serving.exercised(name) for name in endpoints},
        requests={name: record for name in endpoints if (record := _requests(app, name))},
        runs=tracking.runs,
        unfinished=tracking.unfinished,
        latest_runs={name: _run(run) for name, run in tracking.latest.items()},
        tests=score(app.blueprint, records_of(app, _EVER)).tests,
    )


def _datasets(app: Joined) -> dict[str, Dataset]:
    found: dict[str, Dataset] = {}
    for name in app.blueprint.data.sources:
        try:
            found[name] = app.data.latest(name)
        except NotFound:
            continue
    return found


def _endings(app: Joined, dataset: Dataset) -> Mapping[str, int]:
    """The files of a dataset by their ending."""
    counted = Counter(PurePosixPath(file.key).suffix.lower() for file in app.data.files(dataset.ref))
    return dict(sorted(counted.items()))


def _versions(app: Joined, pipeline: str) -> tuple[IndexInfo, ...]:
    """Opens no index where none was ever built."""
    rag = app.rag[pipeline]
    return tuple(rag.index_versions.all()) if rag.report().index is not None else ()


def _results(app: Joined) -> dict[str, EvalResult]:
    newest = ((gate, app.evals.results(1, gate=gate)) for gate in app.blueprint.evals.gates)
    return {gate: results[0] for gate, results in newest if results}


def _requests(app: Joined, endpoint: str) -> RequestRecord | None:
    newest = app.serving.requests(1, endpoint)
    return RequestRecord(app.serving.report(endpoint, _EVER), newest[0].at) if newest else None


def _run(run: Run) -> RunRecord:
    packages = sum(name.startswith("package/") for name in run.environment)
    python = run.environment.get("python", "")
    return RunRecord(run.ref, run.name, run.kind, run.started, run.commit, run.dirty, run.params, python, packages)
