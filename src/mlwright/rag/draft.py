"""An answer while it is made, and the prompt that it comes of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mlwright.kernel.ids import Ref
from mlwright.models import Message, Price, Usage, cost_of
from mlwright.rag.context import Shown
from mlwright.rag.conversations import Memory
from mlwright.rag.prompt import ShownPassage
from mlwright.rag.types import Answer, Call, Retrieval


@dataclass(slots=True)
class Draft:
    """What is known of an answer while it is made."""

    question: str
    release: Ref | None
    model: Ref
    price: Price | None
    retrieval: Retrieval
    shown: list[Shown]
    pages: Mapping[str, Sequence[int]]
    seconds: dict[str, float]
    began: float
    memory: Memory
    asked: str
    usage: Usage = field(default_factory=Usage)
    called: bool = False
    stopped: str = "stop"

    def calls(self) -> tuple[Call, ...]:
        """Every call that was paid for so far."""
        if not self.called:
            return self.retrieval.calls
        cost = cost_of(self.usage, self.price)
        return (*self.retrieval.calls, Call(self.model, self.usage.input_tokens, self.usage.output_tokens, cost))

    def cost(self) -> float | None:
        """USD of all calls; None where one has no price."""
        costs = [call.cost for call in self.calls()]
        return None if None in costs else sum(cost or 0.0 for cost in costs)


@dataclass(frozen=True, slots=True)
class Composed:
    """A prompt as it is sent: `shown` are its passages in order, `passages` the same as the template gets them."""

    question: str
    shown: tuple[Shown, ...]
    passages: tuple[ShownPassage, ...]
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """An answer that is not kept, and its prompt."""

    answer: Answer
    prompt: Composed
