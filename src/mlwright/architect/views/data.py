"""Data flow: how a document becomes a version, a chunk and an answer, and what is kept of each."""

from collections.abc import Iterator

from mlwright.architect.graph import Edge, Graph, Lane, Node
from mlwright.architect.views import View
from mlwright.architect.views._parts import chunks_of, kept_of, path_of, searched_by
from mlwright.blueprint import Blueprint
from mlwright.kernel.units import written_seconds, written_size
from mlwright.rag import PipelineSpec

LANES = (
    Lane("sources", "Sources"),
    Lane("kept", "Kept"),
    Lane("index", "Indexing"),
    Lane("asking", "Asking"),
    Lane("evals", "Evals"),
)
QUARANTINE, ANSWERS = "quarantine", "answers"


def _draw(blueprint: Blueprint) -> Graph:
    return Graph(
        "data",
        f"{blueprint.system.name}: data flow",
        "",
        LANES,
        (*_sources(blueprint), *_pipelines(blueprint), *_evals(blueprint)),
        tuple(_edges(blueprint)),
    )


def _sources(blueprint: Blueprint) -> Iterator[Node]:
    for name, source in blueprint.data.sources.items():
        path = f"data.sources.{name}"
        again = (f"again {source.refresh}",) if source.refresh else ()
        yield Node(path, "sources", name, (source.use, *path_of(source), *again, "and uploads"), path=path)
        yield Node(f"{path}:versions", "kept", f"{name}: versions", ("each content by its hash", "a dataset a change"))
    if blueprint.data.sources:
        yield Node(QUARANTINE, "kept", "quarantine", ("what cannot be read", "with its reason"))


def _pipelines(blueprint: Blueprint) -> Iterator[Node]:
    for name, spec in blueprint.rag.items():
        path = f"rag.{name}"
        limits = f"{written_seconds(spec.parse.timeout)}, {written_size(spec.parse.size)} a file"
        cut = (limits, *chunks_of(spec))
        yield Node(f"{path}.chunk", "index", f"{name}: parse, chunk", cut, path=f"{path}.chunk")
        held = (searched_by(spec), *_versions(spec))
        yield Node(f"{path}.index", "index", f"{name}: index", held, path=f"{path}.index")
        cite = f"citations {spec.generate.cite}"
        yield Node(f"{path}.answer", "asking", f"{name}: answer", (kept_of(spec), cite), path=f"{path}.retrieve")
    if blueprint.rag:
        yield Node(ANSWERS, "kept", "answers", ("with what they cite", "and the request log"))


def _versions(spec: PipelineSpec) -> tuple[str, ...]:
    days = f", {spec.index.keep_days:g} days" if spec.index.keep_days else ""
    return (f"last {spec.index.keep} versions{days}",)


def _evals(blueprint: Blueprint) -> Iterator[Node]:
    for name, one in blueprint.evals.sets.items():
        yield Node(f"evals.sets.{name}", "evals", name, (one.path,), path=f"evals.sets.{name}")
    for name, gate in blueprint.evals.gates.items():
        path = f"evals.gates.{name}"
        yield Node(path, "evals", f"gate: {name}", ("results are kept", "with their examples"), path=path)
        if gate.answers is not None:
            yield Node(f"{path}.answers", "evals", "given answers", (gate.answers,), path=f"{path}.answers")


def _edges(blueprint: Blueprint) -> Iterator[Edge]:
    for name in blueprint.data.sources:
        yield Edge(f"data.sources.{name}", f"data.sources.{name}:versions", "bytes")
    for name, spec in blueprint.rag.items():
        path = f"rag.{name}"
        yield Edge(f"data.sources.{spec.documents}:versions", f"{path}.chunk", "new ones")
        yield Edge(f"{path}.chunk", QUARANTINE, "unreadable", dashed=True)
        yield Edge(f"{path}.chunk", f"{path}.index", "chunks")
        yield Edge(f"{path}.index", f"{path}.answer", "passages")
        yield Edge(f"{path}.answer", ANSWERS)
    for name, gate in blueprint.evals.gates.items():
        yield Edge(f"evals.sets.{gate.set}", f"evals.gates.{name}", "cases")
        if judged := _judged(blueprint, name):
            yield Edge(judged, f"evals.gates.{name}", "outcomes")


def _judged(blueprint: Blueprint, gate: str) -> str:
    """What a gate judges: answers that were given, else those of the pipeline behind the first endpoint that it guards,
    else of the first one of the file."""
    if blueprint.evals.gates[gate].answers is not None:
        return f"evals.gates.{gate}.answers"
    guarded = (one.handler for one in blueprint.serving.endpoints.values() if one.rollout.gate == gate)
    pipeline = next(guarded, next((f"rag.{name}" for name in blueprint.rag), ""))
    return f"{pipeline}.answer" if pipeline else ""


VIEW = View(
    2,
    "data",
    "Data flow",
    "A document on its way from the source to the answers that cite it. What is kept has a reference: `mlwright why` "
    "and `mlwright blast` walk from one to the other.",
    _draw,
)
