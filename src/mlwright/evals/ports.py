"""What evaluation asks of the rest of the world; `app` says who answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mlwright.evals.types import EvalExample
from mlwright.kernel.ids import Ref


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A stretch that the target found, best first: the document's key, the text of the stretch, and where it is known
    its place, characters [start, end) of the document's parsed text."""

    document: str
    text: str
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation of the answer: where it points, what it quotes, and whether the quote stands there verbatim."""

    document: str
    quote: str
    resolves: bool
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the target made of one example. `cost` in USD, None where unpriced; `seconds` per stage and `total`."""

    output: str
    retrieved: tuple[Retrieved, ...] = ()
    cited: tuple[Cited, ...] = ()
    abstained: bool = False
    cost: float | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    answer: Ref | None = None


class Target(Protocol):
    """The thing under test. May raise: the example then counts as an error, never as a score."""

    async def __call__(self, example: EvalExample) -> Outcome: ...


class Recorder(Protocol):
    """Keeps the numbers of an evaluation as a run; the same port as RAG's, owned here."""

    def __call__(
        self, name: str, params: dict[str, str], metrics: dict[str, float], uses: Sequence[Ref], made: Ref
    ) -> Ref: ...
