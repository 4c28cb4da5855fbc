"""Draw: a blueprint as the overview of its system, in SVG or as Mermaid text."""

from collections.abc import Iterator, Mapping
from typing import Literal

from mlwright.architect.graph import Edge, Graph, Lane, Node
from mlwright.architect.mermaid import to_mermaid
from mlwright.architect.svg import to_svg
from mlwright.blueprint import Blueprint
from mlwright.kernel.parts import Part
from mlwright.rag import PipelineSpec

LANES = (
    Lane("data", "Data"),
    Lane("models", "Models"),
    Lane("rag", "RAG"),
    Lane("serving", "Serving"),
    Lane("evals", "Evals"),
    Lane("tracking", "Tracking"),
)


def draw(
    blueprint: Blueprint,
    kind: Literal["overview"] = "overview",
    form: Literal["svg", "mermaid"] = "svg",
    *,
    hrefs: Mapping[str, str] | None = None,
    standalone: bool = True,
) -> str:
    """The system in swim lanes. Boxes lead to `hrefs[path]`, where `path` is their place in the blueprint, else to
    `#path`. `standalone=False` leaves the styles out, for pages whose style sheet holds them."""
    graph = {"overview": overview}[kind](blueprint, hrefs or {})
    return to_mermaid(graph) if form == "mermaid" else to_svg(graph, standalone=standalone)


def overview(blueprint: Blueprint, hrefs: Mapping[str, str]) -> Graph:
    """What stands where, and what flows from where to where."""
    nodes = [
        Node(node.id, node.lane, node.title, node.lines, hrefs.get(node.id, f"#{node.id}"))
        for node in _nodes(blueprint)
    ]
    system = blueprint.system
    about = f"{system.purpose}. " if system.purpose else ""
    title = f"{system.name}: overview"
    edges = tuple(_edges(blueprint))
    names = {node.id: node.title for node in nodes}
    flows = "; ".join(f"{names[edge.source]} to {names[edge.target]}" for edge in edges)
    return Graph(title, f"{about}{flows}", LANES, tuple(nodes), edges)


def _nodes(blueprint: Blueprint) -> Iterator[Node]:
    for name, source in blueprint.data.sources.items():
        yield Node(f"data.sources.{name}", "data", name, (source.use, *_path_of(source)))
    models = blueprint.models
    used = _models_in_use(blueprint)
    for name, embed in models.embed.items():
        if name in used:
            known = embed.facts()
            yield Node(f"models.embed.{name}", "models", name, (known.model, f"{known.dims} dims, {known.provider}"))
    for name, chat in models.chat.items():
        if name in used:
            facts = chat.facts()
            yield Node(f"models.chat.{name}", "models", name, (facts.model, facts.provider))
    for name, rerank in models.rerank.items():
        if name in used:
            known_rerank = rerank.facts()
            yield Node(f"models.rerank.{name}", "models", name, (known_rerank.model, known_rerank.provider))
    for name, spec in blueprint.rag.items():
        yield from _pipeline(name, spec)
    for name, endpoint in blueprint.serving.endpoints.items():
        rate = f"{endpoint.traffic.requests * 86400:,.0f} requests/day"
        lines = (", ".join(endpoint.modes), rate)
        yield Node(f"serving.endpoints.{name}", "serving", name, lines)
    for name, one in blueprint.evals.sets.items():
        yield Node(f"evals.sets.{name}", "evals", name, (one.path,))
    for name, gate in blueprint.evals.gates.items():
        bounds = tuple(f"{metric} {bound}" for metric, bound in gate.require.items())
        more = (*bounds[:2], f"and {len(bounds) - 2} more") if len(bounds) > 3 else bounds
        yield Node(f"evals.gates.{name}", "evals", f"gate: {name}", more)
    yield Node("tracking", "tracking", blueprint.tracking.experiment or blueprint.system.name, ("runs: index, eval",))


def _path_of(source: Part) -> tuple[str, ...]:
    path = getattr(source, "path", "")
    return (str(path),) if path else ()


def _pipeline(name: str, spec: PipelineSpec) -> Iterator[Node]:
    path = f"rag.{name}"
    overlap = getattr(spec.chunk, "overlap", None)
    size = f"{spec.chunk.tokens} tokens" + (f", {overlap:.0%} overlap" if overlap is not None else "")
    shown = spec.chunk.facts().shown
    size += f", {shown} shown" if shown > spec.chunk.tokens else ""
    words = "vectors" if spec.index.keyword == "none" else f"vectors, {spec.index.keyword}"
    seen = "" if spec.rerank is None else f"{spec.rerank.candidates} reranked, "
    kept = f"{spec.retrieve.top} found, {seen}{spec.kept} kept"
    cite = f"citations {spec.generate.cite}"
    yield Node(f"{path}.chunk", "rag", f"{name}: chunk", (spec.chunk.use, size))
    yield Node(f"{path}.index", "rag", f"{name}: index", (words, spec.index.engine.use))
    yield Node(f"{path}.retrieve", "rag", f"{name}: retrieve", (spec.retrieve.fuse, kept))
    yield Node(f"{path}.generate", "rag", f"{name}: generate", (cite, f"context {spec.generate.context} tokens"))


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


def _models_in_use(blueprint: Blueprint) -> set[str]:
    used = {spec.index.embed for spec in blueprint.rag.values()}
    used |= {model for spec in blueprint.rag.values() for model in spec.chats.values()}
    for spec in blueprint.rag.values():
        if spec.rerank is not None:
            used |= {spec.rerank.model, blueprint.models.rerank[spec.rerank.model].facts().chat}
    return used | {name for endpoint in blueprint.serving.endpoints.values() for name in endpoint.fallback}
