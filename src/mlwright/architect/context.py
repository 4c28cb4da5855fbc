"""What a rule may look at: the blueprint with names resolved to parts, facts, eval files, and the plan."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mlwright.architect.estimates import prompt_tokens
from mlwright.architect.planning import Plan, plan
from mlwright.blueprint import Blueprint, Edit
from mlwright.models import ChatFacts, ChatPart, EmbedFacts, RerankPart
from mlwright.rag import PipelineSpec
from mlwright.serving import EndpointSpec

_LARGEST_SET = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Served:
    """An endpoint with the pipeline behind it."""

    name: str
    endpoint: EndpointSpec
    pipeline: str
    spec: PipelineSpec

    @property
    def path(self) -> str:
        return f"serving.endpoints.{self.name}"


class Context:
    """One look at one blueprint; what is costly is worked out once."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self._cases: dict[str, int | None] = {}

    @cached_property
    def plan(self) -> Plan:
        return plan(self.blueprint)

    def pipelines(self) -> Iterator[tuple[str, str, PipelineSpec]]:
        """Path, name and spec of each pipeline."""
        for name, spec in self.blueprint.rag.items():
            yield f"rag.{name}", name, spec

    def served(self) -> Iterator[Served]:
        """Each endpoint whose handler is a pipeline."""
        for name, endpoint in self.blueprint.serving.endpoints.items():
            room, _, pipeline = endpoint.handler.partition(".")
            if room == "rag":
                yield Served(name, endpoint, pipeline, self.blueprint.rag[pipeline])

    def embedder(self, spec: PipelineSpec) -> EmbedFacts:
        return self.blueprint.models.embed[spec.index.embed].facts()

    def chat(self, name: str) -> ChatFacts:
        return self.blueprint.models.chat[name].facts()

    def chats_in_use(self) -> Iterator[tuple[str, ChatPart]]:
        """Chat models that a pipeline or a fallback names, in the order of the file."""
        used = {model for spec in self.blueprint.rag.values() for model in spec.chats.values()}
        used |= {part.facts().chat for _, part in self.rerankers_in_use()}
        used |= {name for endpoint in self.blueprint.serving.endpoints.values() for name in endpoint.fallback}
        return ((name, part) for name, part in self.blueprint.models.chat.items() if name in used)

    def rerankers_in_use(self) -> Iterator[tuple[str, RerankPart]]:
        """Rerankers that a pipeline names, in the order of the file."""
        used = {spec.rerank.model for spec in self.blueprint.rag.values() if spec.rerank is not None}
        return ((name, part) for name, part in self.blueprint.models.rerank.items() if name in used)

    def prompt_tokens(self, pipeline: str) -> int:
        """The prompt's own tokens, without passages and question (estimated)."""
        return prompt_tokens(self.blueprint, pipeline)

    def cases(self, set_name: str) -> int | None:
        """Cases in an eval set's file; None where it does not exist or cannot be read."""
        if set_name not in self._cases:
            self._cases[set_name] = _lines(self.blueprint.folder / self.blueprint.evals.sets[set_name].path)
        return self._cases[set_name]

    def set_key(self, path: str, key: str, value: str) -> Edit:
        """An edit that gives a part a key, also where the part is written as one word (`openai/gpt-4o-mini`)."""
        word = self.blueprint.written(path)
        if word is None:
            return Edit(f"{path}.{key}", value)
        use, slash, model = word.partition("/")
        return Edit(path, f"{{use: {use}, {f'model: {model}, ' if slash else ''}{key}: {value}}}")


def _lines(file: Path) -> int | None:
    try:
        if file.stat().st_size > _LARGEST_SET:
            return None
        with file.open("rb") as lines:
            return sum(1 for line in lines if line.strip())
    except OSError:
        return None
