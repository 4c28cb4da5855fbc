"""The port of a chat model: messages in, text out as it comes, usage at the end."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from mlwright.kernel.ids import Ref
from mlwright.kernel.parts import Part, Slot
from mlwright.kernel.units import Seconds
from mlwright.models.prices import PricedFacts
from mlwright.models.usage import Usage

Role = Literal["system", "user", "assistant"]


class ChatFacts(PricedFacts):
    """`context` is the model's window in tokens, `max_tokens` the longest answer asked for; None where unknown. A model
    that only quotes the passages of a request does not write."""

    context: int | None = None
    max_tokens: int | None = None
    writes: bool = True


@dataclass(frozen=True, slots=True)
class Message:
    """`stable` says how many characters of the content, from its start, are likely to come again in a later request:
    what a provider may cache."""

    role: Role
    content: str
    stable: int = 0


@dataclass(frozen=True, slots=True)
class Passage:
    """What the prompt already shows as text, once more as data: for models that quote instead of writing.
    `number` is the one that citations use, `score` the retrieval score (higher is better, comparable in one list)."""

    number: int
    text: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class ChatRequest:
    messages: tuple[Message, ...]
    question: str = ""
    passages: tuple[Passage, ...] = ()
    max_tokens: int | None = None
    timeout: float | None = None
    """Seconds for the whole call; None leaves it to the part."""
    form: Mapping[str, Any] | None = None
    """A JSON Schema that the answer should follow, where the model can be held to one; others do as they can."""


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of an answer, once. `model` is the version that the provider says has answered."""

    usage: Usage
    model: str
    reason: Literal["stop", "length", "abstain", "filter"] = "stop"
    details: dict[str, str] = field(default_factory=dict)


class ChatModel(Protocol):
    """Contract: `stream` yields Deltas, then exactly one Finish. It raises TransientError for what may be retried (no
    connection, timeout, 408, 409, 429, 5xx) and ProviderError for the rest, before or in the middle of the stream;
    it never retries by itself. Closing the iterator early closes the connection."""

    ref: Ref

    def stream(self, request: ChatRequest) -> AsyncIterator[Delta | Finish]: ...

    async def close(self) -> None: ...


class Speed(BaseModel):
    """How fast a model answers, as you have measured it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    first_token: Seconds = Field(description="Until its answer begins, in the middle of cases.")
    per_token: Seconds = Field(description="For each token of its answer.")
    per_prompt_token: Seconds = Field(default=0.0, description="For each token of the prompt.")


class ChatPart(Part):
    speed: Speed | None = None
    """How fast it answers, as in {first_token: 400ms, per_token: 12ms}; the plan takes usual ones where absent."""
    why: str = ""
    """Why this one, in your words: it is shown where the model is."""

    @abstractmethod
    def facts(self) -> ChatFacts: ...

    @abstractmethod
    def build(self) -> ChatModel: ...


AnyChat = Annotated[ChatPart, Slot("mlwright.models.chat")]
