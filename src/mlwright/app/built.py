"""The models of a blueprint, built: each once, however many pipelines, releases and candidates share it."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar, runtime_checkable

from mlwright.models import (
    ChatModel,
    ChatPart,
    Embedder,
    EmbedPart,
    ModelsSpec,
    RerankChoice,
    Reranker,
)
from mlwright.rag import PipelineSpec

T = TypeVar("T")


@runtime_checkable
class _Closes(Protocol):
    """A model that may hold connections; an embedder of this process holds none."""

    async def close(self) -> None: ...


class BuiltModels:
    """Equal settings give the same object, whatever the name and whichever blueprint they stand in."""

    def __init__(self) -> None:
        self._embedders: dict[str, Embedder] = {}
        self._chats: dict[str, ChatModel] = {}
        self._rerankers: dict[str, Reranker] = {}

    def embedder(self, part: EmbedPart) -> Embedder:
        return _once(self._embedders, part.model_dump_json(), part.build)

    def chats(self, parts: Mapping[str, ChatPart]) -> dict[str, ChatModel]:
        """By name in `models.chat`."""
        return {name: _once(self._chats, part.model_dump_json(), part.build) for name, part in parts.items()}

    def reranker(self, models: ModelsSpec, spec: PipelineSpec) -> RerankChoice | None:
        """The one that the pipeline names; None where it names none."""
        if spec.rerank is None:
            return None
        part = models.rerank[spec.rerank.model]
        facts = part.facts()
        asked = self.chats(models.chat).get(facts.chat)
        model = _once(self._rerankers, f"{part.model_dump_json()} {id(asked)}", lambda: part.build(asked))
        return RerankChoice(model, facts)

    async def close(self) -> None:
        """Let go of the connections of all; a model that is asked again opens a fresh one."""
        for model in (*self._embedders.values(), *self._chats.values(), *self._rerankers.values()):
            if isinstance(model, _Closes):
                await model.close()


def _once(made: dict[str, T], key: str, build: Callable[[], T]) -> T:
    if key not in made:
        made[key] = build()
    return made[key]
