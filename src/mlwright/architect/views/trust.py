"""Trust: where text of others comes in, what is done to it, and what leaves this machine for whom."""

from collections.abc import Iterator

from mlwright.architect.graph import Edge, Graph, Lane, Node
from mlwright.architect.views import View
from mlwright.architect.views._parts import UsedModel, models_in_use, path_of
from mlwright.blueprint import Blueprint
from mlwright.rag import PipelineSpec


def _draw(blueprint: Blueprint) -> Graph:
    models = [model for model in models_in_use(blueprint) if model.slot == "chat" or model.facts.leaves_machine]
    away = dict.fromkeys(model.facts.provider for model in models if model.facts.leaves_machine)
    lanes = (
        Lane("others", "Not trusted"),
        Lane("here", "This machine"),
        *(Lane(f"away {provider}", provider) for provider in away),
        Lane("readers", "Readers"),
    )
    nodes = (*_entries(blueprint), *_inside(blueprint), *map(_model, models), *_exits(blueprint))
    return Graph(
        "trust", f"{blueprint.system.name}: trust boundaries", "", lanes, nodes, tuple(_edges(blueprint, models))
    )


def _entries(blueprint: Blueprint) -> Iterator[Node]:
    """Where text of others comes in."""
    for name, source in blueprint.data.sources.items():
        said = (*path_of(source), "text of their authors")
        yield Node(f"data.sources.{name}", "others", name, said, path=f"data.sources.{name}")
    for name in blueprint.serving.endpoints:
        path = f"serving.endpoints.{name}"
        yield Node(f"{path}:asked", "others", f"{name}: question", ("and history, and filter",), path=path)


def _inside(blueprint: Blueprint) -> Iterator[Node]:
    for name, endpoint in blueprint.serving.endpoints.items():
        path = f"serving.endpoints.{name}"
        key = "a key, always" if endpoint.auth == "api_key" else "a key, but on loopback"
        yield Node(f"{path}:door", "here", f"{name}: door", (key, "host and origin checked"), path=f"{path}.auth")
    for name, spec in blueprint.rag.items():
        path = f"rag.{name}"
        seen = "filters by acl" if "acl" in spec.index.metadata else "one for all readers"
        parsed = ("own process, with caps", seen)
        yield Node(f"{path}.index", "here", f"{name}: parse, index", parsed, path=f"{path}.index")
        safe = ("system part: none of it", "user part: disarmed")
        yield Node(f"{path}.prompt", "here", f"{name}: prompt", safe, path=f"{path}.generate.prompt")
        quotes = (f"citations {spec.generate.cite}", "quotes compared")
        yield Node(f"{path}.cite", "here", f"{name}: check", quotes, path=f"{path}.generate.cite")


def _model(model: UsedModel) -> Node:
    lane = f"away {model.facts.provider}" if model.facts.leaves_machine else "here"
    gets = ("data leave the machine",) if model.facts.leaves_machine else ("on this machine",)
    return Node(model.path, lane, model.name, (model.facts.model, *gets), path=model.path)


def _exits(blueprint: Blueprint) -> Iterator[Node]:
    for name in blueprint.serving.endpoints:
        path = f"serving.endpoints.{name}"
        yield Node(f"{path}:answer", "readers", f"{name}: answer", ("escaped on pages",), path=path)
    if blueprint.serving.endpoints:
        yield Node("log", "here", "answers and log", ("the user as a hash",))


def _edges(blueprint: Blueprint, models: list[UsedModel]) -> Iterator[Edge]:
    leaving = {model.path for model in models if model.facts.leaves_machine}
    for name, spec in blueprint.rag.items():
        path = f"rag.{name}"
        yield Edge(f"data.sources.{spec.documents}", f"{path}.index", "files")
        yield Edge(f"{path}.index", f"{path}.prompt", "passages")
        for step, used, what in _asked(blueprint, spec):
            if used in leaving:
                yield Edge(f"{path}.{step}", used, what)
        writer = f"models.chat.{spec.generate.model}"
        if writer not in leaving:
            yield Edge(f"{path}.prompt", writer, "prompt")
        yield Edge(writer, f"{path}.cite", "text")
    for name, endpoint in blueprint.serving.endpoints.items():
        path, pipeline = f"serving.endpoints.{name}", endpoint.handler
        yield Edge(f"{path}:asked", f"{path}:door")
        yield Edge(f"{path}:door", f"{pipeline}.prompt", "question")
        for fallback in dict.fromkeys(endpoint.fallback):
            if fallback in blueprint.models.chat:
                label = "as fallback"
                yield Edge(f"{pipeline}.prompt", f"models.chat.{fallback}", label, dashed=True)
                yield Edge(f"models.chat.{fallback}", f"{pipeline}.cite", dashed=True)
        yield Edge(f"{pipeline}.cite", f"{path}:answer", "answer")
        yield Edge(f"{pipeline}.cite", "log")


def _asked(blueprint: Blueprint, spec: PipelineSpec) -> Iterator[tuple[str, str, str]]:
    """Which step of a pipeline sends what to which model."""
    yield "index", f"models.embed.{spec.index.embed}", "chunks, questions"
    yield "prompt", f"models.chat.{spec.generate.model}", "question, passages"
    for stage, model in spec.chats.items():
        if stage != "generate":
            yield "index", f"models.chat.{model}", "documents" if stage == "situate" else "question, history"
    if spec.rerank is not None:
        yield "index", f"models.rerank.{spec.rerank.model}", "question, passages"
        if chat := blueprint.models.rerank[spec.rerank.model].facts().chat:
            yield "index", f"models.chat.{chat}", "question, passages"


VIEW = View(
    4,
    "trust",
    "Trust boundaries",
    "Text of others comes in at the top and is never taken for an instruction. A lane with a provider's name is "
    "another company: arrows into it say what leaves this machine.",
    _draw,
)
