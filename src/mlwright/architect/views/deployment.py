"""Deployment: what runs where, one lane for each target of the file."""

from collections.abc import Iterator

from mlwright.architect.graph import Edge, Graph, Lane, Node
from mlwright.architect.views import View
from mlwright.architect.views._parts import address, models_in_use
from mlwright.blueprint import Blueprint, aimed
from mlwright.rag import ComputePart

_SHOWN = 2


def _draw(blueprint: Blueprint) -> Graph:
    """All targets, or the one that the file was loaded for."""
    loaded = blueprint.target.name
    names = list(dict.fromkeys(("local", *blueprint.targets))) if loaded == "local" else [loaded]
    files = {name: blueprint if name == loaded else aimed(blueprint, name) for name in names}
    nodes = [node for name, file in files.items() for node in _nodes(file, name)]
    lanes = (*(Lane(name, name) for name in names), Lane("outside", "Other companies"))
    edges = [edge for name, file in files.items() for edge in _edges(file, name)]
    unique = tuple({node.id: node for node in nodes}.values())
    return Graph("deployment", f"{blueprint.system.name}: deployment", "", lanes, unique, tuple(edges))


def _nodes(blueprint: Blueprint, target: str) -> Iterator[Node]:
    path = f"targets.{target}" if target in blueprint.targets else "targets"
    spec = blueprint.targets.get(target)
    sets = [f"{_end(key)}: {value}" for key, value in (spec.set if spec else {}).items()]
    more = (*sets[:_SHOWN], f"and {len(sets) - _SHOWN} more") if len(sets) > _SHOWN else tuple(sets)
    yield Node(f"{target}:server", target, "mlwright serve", ("API, pages, jobs", *more), path=path)
    store, blobs = blueprint.target.store, blueprint.target.blobs
    kept = address(blueprint, f"{path}.store", store) if store else "SQLite in .mlwright"
    yield Node(f"{target}:store", target, "store", ("rows, lineage, spans", kept), path=path)
    files = address(blueprint, f"{path}.blobs", blobs) if blobs else "files in .mlwright"
    yield Node(f"{target}:blobs", target, "blobs", ("contents by hash", files), path=path)
    for name, pipeline in blueprint.rag.items():
        engine = pipeline.index.engine
        url = getattr(engine, "url", None)
        where = address(blueprint, f"rag.{name}.index.engine.url", str(url)) if url else ""
        held = where or ("in .mlwright" if engine.facts().embedded else "in the store")
        at = f"rag.{name}.index"
        yield Node(f"{target}:index {name}", target, f"{name}: index", (engine.use, held), path=at)
    if compute := _compute(blueprint):
        told = address(blueprint, f"{path}.compute.address", str(getattr(compute, "address", "")))
        yield Node(f"{target}:compute", target, compute.use, ("reads and embeds", told), path=path)
    for provider in _providers(blueprint):
        names = [model.name for model in models_in_use(blueprint) if model.facts.provider == provider]
        lane = "outside" if provider in _away(blueprint) else target
        yield Node(_provider_id(blueprint, target, provider), lane, provider, tuple(names[:3]))


def _end(path: str) -> str:
    """The last two steps: what is set, without where."""
    return ".".join(path.split(".")[-2:])


def _edges(blueprint: Blueprint, target: str) -> Iterator[Edge]:
    server = f"{target}:server"
    yield Edge(server, f"{target}:store")
    yield Edge(server, f"{target}:blobs")
    for name in blueprint.rag:
        yield Edge(server, f"{target}:index {name}")
    if _compute(blueprint):
        yield Edge(server, f"{target}:compute", "batches")
    for provider in _providers(blueprint):
        yield Edge(server, _provider_id(blueprint, target, provider), "calls")


def _compute(blueprint: Blueprint) -> ComputePart | None:
    """Other machines that read and embed documents, if there are any."""
    part = blueprint.target.compute
    return None if part is None or part.facts().embedded else part


def _providers(blueprint: Blueprint) -> list[str]:
    """Who runs models that are not in this process."""
    return list(dict.fromkeys(one.facts.provider for one in models_in_use(blueprint) if not one.facts.embedded))


def _away(blueprint: Blueprint) -> set[str]:
    return {model.facts.provider for model in models_in_use(blueprint) if model.facts.leaves_machine}


def _provider_id(blueprint: Blueprint, target: str, provider: str) -> str:
    return f"outside:{provider}" if provider in _away(blueprint) else f"{target}:{provider}"


VIEW = View(
    5,
    "deployment",
    "Deployment",
    "One lane for each target: the same file, other engines. Models that run inside the process are not shown.",
    _draw,
)
