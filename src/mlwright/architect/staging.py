"""Stages: what `up` has to do, from what the file wants and what the workspace has. Explained and executed alike."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mlwright.blueprint import Blueprint
from mlwright.kernel.ids import Ref
from mlwright.kernel.plan import Stage


@dataclass(frozen=True, slots=True)
class Indexed:
    """An index as it stands: the dataset that it was built from, and whether its settings (chunks, embedder, fields)
    are those of the file. `documents` is how many it holds."""

    dataset: Ref
    current: bool
    documents: int = 0


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a workspace has. Absent names mean: not yet.

    `datasets`: newest dataset by source. `indexes`: by pipeline. `serving`: the stable release by endpoint, `canary`
    the one on its way. `evaluated`: whether the file's release passed, by gate (absent: not judged on this index)."""

    datasets: Mapping[str, Ref] = field(default_factory=dict)
    indexes: Mapping[str, Indexed] = field(default_factory=dict)
    serving: Mapping[str, Ref] = field(default_factory=dict)
    canary: Mapping[str, Ref] = field(default_factory=dict)
    evaluated: Mapping[str, bool] = field(default_factory=dict)


def stages(blueprint: Blueprint, workspace: Workspace) -> list[Stage]:
    """What has to be done, in order: ingest, index, evaluate, deploy. Targets are paths of the blueprint. Call it again
    after the ingests: whether an index is behind its documents is known only then."""
    return [*_ingest(blueprint, workspace), *_index(blueprint, workspace), *_rest(blueprint, workspace)]


def _ingest(blueprint: Blueprint, workspace: Workspace) -> Iterator[Stage]:
    for name in blueprint.data.sources:
        why = "look for new, changed and removed files" if name in workspace.datasets else "read the documents"
        yield Stage("ingest", f"data.sources.{name}", why)


def _index(blueprint: Blueprint, workspace: Workspace) -> Iterator[Stage]:
    for name, spec in blueprint.rag.items():
        target, index = f"rag.{name}", workspace.indexes.get(name)
        newest = workspace.datasets.get(spec.documents)
        if index is None:
            yield Stage("create", target, "there is no index yet")
        elif not index.current:
            why = f"chunks, embedder or fields changed: all {index.documents} documents are indexed again"
            yield Stage("rebuild", target, why, destructive=False, details={"documents": str(index.documents)})
        elif newest is not None and newest != index.dataset:
            yield Stage("ingest", target, "documents changed since the index was built")
        else:
            yield Stage("keep", target, "the index holds the newest documents")


def _rest(blueprint: Blueprint, workspace: Workspace) -> Iterator[Stage]:
    for name in blueprint.evals.gates:
        passed = workspace.evaluated.get(name)
        target = f"evals.gates.{name}"
        if passed is None:
            yield Stage("evaluate", target, "this release was not judged on this index yet")
        else:
            yield Stage("keep", target, "passed" if passed else "failed: a new release gets no traffic")
    for name, endpoint in blueprint.serving.endpoints.items():
        yield _deploy(blueprint, workspace, name, endpoint.rollout.steps[0])


def _deploy(blueprint: Blueprint, workspace: Workspace, endpoint: str, first: float) -> Stage:
    target, release = f"serving.endpoints.{endpoint}", blueprint.ref
    stable, canary = workspace.serving.get(endpoint), workspace.canary.get(endpoint)
    if stable == release:
        return Stage("keep", target, f"{release} answers")
    if canary == release:
        return Stage("keep", target, f"{release} is on its way as a canary; promote it when its gate allows")
    if stable is None:
        return Stage("deploy", target, f"{release} is the first to answer")
    details = {"replaces": str(stable), "share": f"{first:.0%}"}
    return Stage("deploy", target, f"{release} starts as a canary with {first:.0%} of the traffic", details=details)
