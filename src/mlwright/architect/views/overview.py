"""Overview: what stands where, one lane for each system, and what flows from where to where."""

from collections.abc import Iterator

from mlwright.architect.graph import Edge, Graph, Lane, Node
from mlwright.architect.views import View
from mlwright.architect.views._parts import chunks_of, kept_of, models_in_use, path_of, searched_by
from mlwright.blueprint import Blueprint
from mlwright.models import EmbedFacts
from mlwright.rag import PipelineSpec

LANES = (
    Lane("data", "Data"),
    Lane("models", "Models"),
    Lane("rag", "RAG"),
    Lane("serving", "Serving"),
    Lane("evals", "Evals"),
    Lane("tracking", "Tracking"),
)


def _draw(blueprint: Blueprint) -> Graph:
    nodes, edges = tuple(_nodes(blueprint)), tuple(_edges(blueprint))
    system = blueprint.system
    about = f"{system.purpose}. " if system.purpose else ""
    names = {node.id: node.title for node in nodes}
    flows = "; ".join(f"{names[edge.source]} to {names[edge.target]}" for edge in edges)
    return Graph("overview", f"{system.name}: overview", f"{about}{flows}", LANES, nodes, edges)


def _nodes(blueprint: Blueprint) -> Iterator[Node]:
    for name, source in blueprint.data.sources.items():
        yield _node(f"data.sources.{name}", "data", name, source.use, *path_of(source))
    for model in models_in_use(blueprint):
        facts = model.facts
        told = f"{facts.dims} dims, {facts.provider}" if isinstance(facts, EmbedFacts) else facts.provider
        yield _node(model.path, "models", model.name, facts.model, told)
    for name, spec in blueprint.rag.items():
        yield from _pipeline(name, spec)
    for name, endpoint in blueprint.serving.endpoints.items():
        rate = f"{endpoint.traffic.requests * 86400:,.0f} requests/day"
        yield _node(f"serving.endpoints.{name}", "serving", name, ", ".join(endpoint.modes), rate)
    for name, one in blueprint.evals.sets.items():
        yield _node(f"evals.sets.{name}", "evals", name, one.path)
    for name, gate in blueprint.evals.gates.items():
        bounds = tuple(f"{metric} {bound}" for metric, bound in gate.require.items())
        more = (*bounds[:2], f"and {len(bounds) - 2} more") if len(bounds) > 3 else bounds
        yield _node(f"evals.gates.{name}", "evals", f"gate: {name}", *more)
    yield _node("tracking", "tracking", blueprint.tracking.experiment or blueprint.system.name, "runs: index, eval")


def _node(path: str, lane: str, title: str, *lines: str) -> Node:
    return Node(path, lane, title, lines, path=path)


def _pipeline(name: str, spec: PipelineSpec) -> Iterator[Node]:
    path = f"rag.{name}"
    cite = f"citations {spec.generate.cite}"
    yield _node(f"{path}.chunk", "rag", f"{name}: chunk", *chunks_of(spec))
    yield _node(f"{path}.index", "rag", f"{name}: index", searched_by(spec), spec.index.engine.use)
    yield _node(f"{path}.retrieve", "rag", f"{name}: retrieve", spec.retrieve.fuse, kept_of(spec))
    yield _node(f"{path}.generate", "rag", f"{name}: generate", cite, f"context {spec.generate.context} tokens")


def _edges(blueprint: Blueprint) -> Iterator[Edge]:
    for name, spec in blueprint.rag.items():
        path = f"rag.{name}"
        yield Edge(f"data.sources.{spec.documents}", f"{path}.chunk")
        yield Edge(f"{path}.chunk", f"{path}.index")
        if spec.situate is not None:
            yield Edge(f"models.chat.{spec.situate.model}", f"{path}.chunk", "situates")
        yield Edge(f"models.embed.{spec.index.embed}", f"{path}.index", "embeds")
        yield Edge(f"{path}.index", f"{path}.retrieve")
        yield Edge(f"{path}.retrieve", f"{path}.generate")
        yield Edge(f"models.chat.{spec.generate.model}", f"{path}.generate", "writes")
        if spec.rerank is not None:
            yield Edge(f"models.rerank.{spec.rerank.model}", f"{path}.retrieve", "reranks")
        if spec.retrieve.rewrite.facts().chat:
            yield Edge(f"models.chat.{spec.retrieve.rewrite.facts().chat}", f"{path}.retrieve", "rewrites")
        yield Edge(f"{path}.index", "tracking", "run", dashed=True)
    for name, endpoint in blueprint.serving.endpoints.items():
        target = f"serving.endpoints.{name}"
        yield Edge(f"{endpoint.handler}.generate", target, "answers")
        for model in dict.fromkeys(endpoint.fallback):
            if model in blueprint.models.chat:
                yield Edge(f"models.chat.{model}", target, "fallback", dashed=True)
        if endpoint.rollout.gate is not None:
            yield Edge(f"evals.gates.{endpoint.rollout.gate}", target, "guards", dashed=True)
    for name, gate in blueprint.evals.gates.items():
        yield Edge(f"evals.sets.{gate.set}", f"evals.gates.{name}")
        yield Edge(f"evals.gates.{name}", "tracking", "run", dashed=True)


VIEW = View(
    1,
    "overview",
    "Overview",
    "One lane for each system. A full arrow carries data or answers; a dashed one is a fallback, a guard or a record.",
    _draw,
)
