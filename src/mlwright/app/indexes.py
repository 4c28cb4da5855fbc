"""Care of the indexes: the walk over pipelines, releases and sources that pruning and repair need."""

import json
from collections.abc import Callable

from mlwright.app.joined import Joined
from mlwright.app.joins import Pipelines
from mlwright.app.patience import patiently, unstoppable
from mlwright.kernel.errors import NotFound
from mlwright.kernel.ids import Ref
from mlwright.rag import Damage, PrunedIndex, forget_derived, forget_shelves

FOUND = "damage.json"
"""What a check found, in the files of its run."""


def prune(app: Joined, pipeline: str = "") -> dict[str, PrunedIndex]:
    """Prune the index of one pipeline, or of all, where something was ingested. Over all, the folders of indexes, and
    the pictures and maps of pipelines, go that neither the blueprint nor a release with traffic uses; folders with a
    tagged version stay."""
    names = [app.pipeline(pipeline).name] if pipeline else list(app.rag)
    needed = [*_newest(app), *_kept(app)]
    done = {name: app.rag[name].prune(needed) for name in names if app.rag[name].index_ref() is not None}
    if not pipeline:
        in_use = _in_use(app)
        forget_shelves(app.kernel, {rag.shelf_name for pipelines in in_use for rag in pipelines.rags.values()})
        forget_derived(app.kernel, {name for pipelines in in_use for name in pipelines.rags})
    return done


def verify(
    app: Joined, pipeline: str, *, patience: float = 0.0, check: Callable[[], None] = unstoppable
) -> list[Damage]:
    """What is damaged in an index; that it was looked at, and what was found, is kept as a run. Waits for an
    ingest to end, for `patience` seconds, and asks `check` whether to stop. Raises Conflict where it goes on."""
    rag = app.pipeline(pipeline)
    index = rag.index_ref()
    if index is None:
        return patiently(rag.verify, patience, check)
    with app.tracking.start_run(run_of(rag.name), kind="verify", uses=[index]) as run:
        found = patiently(rag.verify, patience, check)
        run.log({"damage": float(len(found))})
        told = {"index": str(index), "damages": [[one.place, one.problem] for one in found]}
        run.artifact(json.dumps(told, ensure_ascii=False).encode(), FOUND)
    return found


def run_of(pipeline: str) -> str:
    """What the runs are called that check the index of a pipeline."""
    return f"verify {pipeline}"


def tidy(app: Joined) -> None:
    """After an ingest: forget what no kept version needs, where that is more than what is needed."""
    wasteful = [rag for rag in app.rag.values() if rag.index_ref() is not None and rag.index_versions.wasteful()]
    needed = [*_newest(app), *_kept(app)] if wasteful else []
    for rag in wasteful:
        rag.prune(needed)


def _kept(app: Joined) -> set[Ref]:
    """What the kept versions of every index in use were built from."""
    rags = [rag for pipelines in _in_use(app) for rag in pipelines.rags.values()]
    return set[Ref]().union(*(rag.index_versions.datasets() for rag in rags if rag.index_ref() is not None))


def _newest(app: Joined) -> list[Ref]:
    """The newest dataset of each source: somebody may be indexing it now."""
    found = []
    for source in app.blueprint.data.sources:
        try:
            found.append(app.data.latest(source).ref)
        except NotFound:
            continue  # never ingested
    return found


def _in_use(app: Joined) -> list[Pipelines]:
    """The pipelines of the blueprint, and of every release that has traffic, had it last, or may get it back."""
    releases = {app.release}
    for endpoint in app.blueprint.serving.endpoints:
        for traffic in app.serving.history(endpoint)[:_BACK]:
            releases |= {traffic.stable, *([traffic.canary] if traffic.canary else [])}
    return [app.releases.pipelines(release) for release in sorted(releases)]


_BACK = 5
"""Changes of traffic that a rollback may want to take back."""
