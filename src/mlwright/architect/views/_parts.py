"""What several views say of a part: which models are in use, where they run, and how a place is called."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from mlwright.blueprint import Blueprint
from mlwright.kernel.parts import Part
from mlwright.models import PricedFacts
from mlwright.rag import PipelineSpec


@dataclass(frozen=True, slots=True)
class UsedModel:
    """A model that something names. `path` is its place in the blueprint."""

    path: str
    slot: str
    name: str
    facts: PricedFacts


def models_in_use(blueprint: Blueprint) -> Iterator[UsedModel]:
    """Every model that a pipeline or a fallback names, in the order of the file."""
    used = {name for endpoint in blueprint.serving.endpoints.values() for name in endpoint.fallback}
    for spec in blueprint.rag.values():
        used |= {spec.index.embed, *spec.chats.values()}
        if spec.rerank is not None:
            used |= {spec.rerank.model, blueprint.models.rerank[spec.rerank.model].facts().chat}
    for slot in ("embed", "chat", "rerank"):
        for name, part in getattr(blueprint.models, slot).items():
            if name in used:
                yield UsedModel(f"models.{slot}.{name}", slot, name, part.facts())


def path_of(source: Part) -> tuple[str, ...]:
    """What a source reads, where it says so."""
    path = getattr(source, "path", "")
    return (str(path),) if path else ()


def chunks_of(spec: PipelineSpec) -> tuple[str, str]:
    """How documents are cut, and how long the pieces are."""
    overlap = getattr(spec.chunk, "overlap", None)
    size = f"{spec.chunk.tokens} tokens" + (f", {overlap:.0%} overlap" if overlap is not None else "")
    shown = spec.chunk.facts().shown
    return spec.chunk.use, size + (f", {shown} shown" if shown > spec.chunk.tokens else "")


def kept_of(spec: PipelineSpec) -> str:
    """How many passages are found and kept."""
    seen = "" if spec.rerank is None else f"{spec.rerank.candidates} reranked, "
    return f"{spec.retrieve.top} found, {seen}{spec.kept} kept"


def searched_by(spec: PipelineSpec) -> str:
    return "vectors" if spec.index.keyword == "none" else f"vectors, {spec.index.keyword}"


def address(blueprint: Blueprint, path: str, value: str | None) -> str:
    """Where something is, without what is secret in it: the variable's name, or host and path without user, password
    and query."""
    variable = next((name for loc, name in blueprint.secrets.items() if ".".join(map(str, loc)) == path), None)
    if variable is not None:
        return f"${{{variable}}}"
    parts = urlsplit(value or "")
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}" if parts.scheme else str(value or "")
