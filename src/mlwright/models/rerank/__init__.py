"""The port of a reranker: a question and passages that were found become one score for each passage."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Protocol

from pydantic import Field

from mlwright.kernel.ids import Ref
from mlwright.kernel.parts import Part, Slot
from mlwright.models.chat import ChatModel
from mlwright.models.prices import PricedFacts
from mlwright.models.usage import Usage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class RerankFacts(PricedFacts):
    """What engine and architect must know before a reranker is built."""

    vectors: bool = False
    """It compares the vectors of the passages, so they must be handed to it."""
    chat: str = ""
    """The model of `models.chat` that it asks, by name; empty where it asks none."""
    calibrated: bool = False
    """A score says of question and passage alone how well they fit, on one scale for all questions; else it compares
    within one list. Neither is a frequency: how often a score of 0.8 helps is for an eval set to say."""
    per_search: float | None = Field(default=0.0, ge=0)
    """US dollars for one search; None where nobody knows, which is never taken for 0. Tokens of `chat` come on top."""
    seconds: tuple[float, float, float] = (0.001, 0.002, 0.01)
    """For 30 passages of 200 tokens: quick, likely, slow."""


@dataclass(frozen=True, slots=True)
class RerankRequest:
    """`scores` are those of the search, best first, comparable in this list alone; `vectors` has one row a passage,
    of unit length, or is None where the part did not say that it needs them."""

    question: str
    texts: Sequence[str]
    scores: Sequence[float]
    vectors: "NDArray[np.float32] | None" = None
    timeout: float | None = None
    """Seconds for the whole call; None leaves it to the part."""


@dataclass(frozen=True, slots=True)
class Reranked:
    """One score from 0 to 1 a passage, in the order of the request; higher is better. `searches` were billed."""

    scores: tuple[float, ...]
    usage: Usage = field(default_factory=Usage)
    searches: float = 0.0


class Reranker(Protocol):
    """Contract: `rerank` gives as many scores as it was given texts, each from 0 (the worst there can be) to 1 (the
    best); no text gives no score; where the facts say `calibrated`, the score of a passage does not change with what
    else is in the list; texts over the model's limit are cut, never refused. It raises TransientError for what may be
    retried and ProviderError for the rest, and never retries by itself. Safe to call from many tasks at once. `ref`
    names model and revision."""

    ref: Ref

    async def rerank(self, request: RerankRequest) -> Reranked: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class RerankChoice:
    """A reranker as it was chosen: ready for use, with its facts."""

    model: Reranker
    facts: RerankFacts


class RerankPart(Part):
    why: str = ""
    """Why this one, in your words: it is shown where the model is."""

    @abstractmethod
    def facts(self) -> RerankFacts: ...

    @abstractmethod
    def build(self, chat: ChatModel | None = None) -> Reranker:
        """`chat` is the model that `facts().chat` names."""
        ...


AnyRerank = Annotated[RerankPart, Slot("mlwright.models.rerank")]


def scaled(scores: Sequence[float]) -> list[float]:
    """Scores from 0 (the least) to 1 (the greatest); all 1 where they are equal."""
    if not scores:
        return []
    low, high = min(scores), max(scores)
    return [(score - low) / (high - low) if high > low else 1.0 for score in scores]


def logistic(raw: float) -> float:
    """A raw score, which may be any number, as one between 0 and 1; 0.5 for 0."""
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, raw))))
