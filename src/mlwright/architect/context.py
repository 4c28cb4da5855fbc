"""What a rule may look at: the blueprint with names resolved to parts, facts, eval sets, the plan, and the records."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mlwright.architect.estimates import prompt_tokens
from mlwright.architect.planning import Plan, plan
from mlwright.architect.records import Records
from mlwright.blueprint import Blueprint, Edit, prompt_place
from mlwright.evals import GateSpec, read_given, read_set
from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref
from mlwright.models import ChatFacts, ChatPart, EmbedFacts, EmbedPart, PricedFacts, RerankPart
from mlwright.rag import Outline, PipelineSpec, outline_of
from mlwright.serving import EndpointSpec

if TYPE_CHECKING:
    from mlwright.evals import EvalDataset

_LARGEST_SET = 16 * 1024 * 1024
"""Bytes of an eval set that is read; of a larger one the lines are counted."""


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
    """One look at one system; what is costly is worked out once."""

    def __init__(self, blueprint: Blueprint, records: Records | None = None, today: date | None = None) -> None:
        self.blueprint = blueprint
        self._records, self._today = records, today
        self._sets: dict[str, EvalDataset | None] = {}
        self._outlines: dict[str, Outline] = {}

    @property
    def recorded(self) -> bool:
        """Whether there are records to read."""
        return self._records is not None

    @property
    def records(self) -> Records:
        """What the workspace recorded; for rules that read records, which are asked only where there are some."""
        if self._records is None:
            raise ValueError("there are no records: ask `recorded` first, or let the rule read records")
        return self._records

    @cached_property
    def plan(self) -> Plan:
        return plan(self.blueprint, today=self._today)

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

    def gates_of(self, pipeline: str) -> dict[str, GateSpec]:
        """The gates that a release of a pipeline has to pass, by name."""
        names = [served.endpoint.rollout.gate for served in self.served() if served.pipeline == pipeline]
        return {name: self.blueprint.evals.gates[name] for name in names if name is not None}

    def embedder(self, spec: PipelineSpec) -> EmbedFacts:
        return self.blueprint.models.embed[spec.index.embed].facts()

    def chat(self, name: str) -> ChatFacts:
        return self.blueprint.models.chat[name].facts()

    def embedders_in_use(self) -> Iterator[tuple[str, EmbedPart]]:
        """Embedding models that a pipeline names, in the order of the file."""
        used = {spec.index.embed for spec in self.blueprint.rag.values()}
        return ((name, part) for name, part in self.blueprint.models.embed.items() if name in used)

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

    def models_in_use(self) -> Iterator[tuple[str, PricedFacts]]:
        """Path and facts of every model in use, of any slot."""
        for name, embedder in self.embedders_in_use():
            yield f"models.embed.{name}", embedder.facts()
        for name, chat in self.chats_in_use():
            yield f"models.chat.{name}", chat.facts()
        for name, reranker in self.rerankers_in_use():
            yield f"models.rerank.{name}", reranker.facts()

    def prompt_tokens(self, pipeline: str) -> int:
        """The prompt's own tokens, without passages and question (estimated)."""
        return prompt_tokens(self.blueprint, pipeline)

    def outline(self, key: str) -> Outline:
        """What a prompt shows where: of a pipeline's answers by its name, of another stage by `pipeline.stage`."""
        if key not in self._outlines:
            self._outlines[key] = outline_of(self.blueprint.prompts.get(key))
        return self._outlines[key]

    def prompts(self) -> Iterator[tuple[str, str, str]]:
        """Key, path and text of each prompt that stands in a file."""
        for key, text in self.blueprint.prompts.items():
            yield key, ".".join(("rag", *prompt_place(key), "prompt")), text

    def cases(self, set_name: str) -> int | None:
        """Cases in an eval set's file; None where it does not exist or cannot be read."""
        known = self.eval_set(set_name)
        return len(known.examples) if known else _lines(self._file(set_name))

    def eval_set(self, set_name: str) -> "EvalDataset | None":
        """An eval set as its file is now; None where it does not exist, is too large or cannot be read."""
        if set_name not in self._sets:
            self._sets[set_name] = _read(self._file(set_name), set_name)
        return self._sets[set_name]

    def given(self, answers: str) -> Ref | None:
        """What the answers of a file are called; None where it does not exist or cannot be read."""
        try:
            return read_given(self.blueprint.folder / answers).ref
        except UserError:
            return None

    def _file(self, set_name: str) -> Path:
        return self.blueprint.folder / self.blueprint.evals.sets[set_name].path

    def set_key(self, path: str, key: str, value: str) -> Edit:
        """An edit that gives a part a key, also where the part is written as one word (`openai/gpt-4o-mini`)."""
        word = self.blueprint.written(path)
        if word is None:
            return Edit(f"{path}.{key}", value)
        use, slash, model = word.partition("/")
        return Edit(path, f"{{use: {use}, {f'model: {model}, ' if slash else ''}{key}: {value}}}")


def _read(file: Path, name: str) -> "EvalDataset | None":
    try:
        return read_set(file, name) if file.stat().st_size <= _LARGEST_SET else None
    except (UserError, OSError):
        return None


def _lines(file: Path) -> int | None:
    try:
        with file.open("rb") as lines:
            return sum(1 for line in lines if line.strip())
    except OSError:
        return None
