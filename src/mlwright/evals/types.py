"""The nouns of evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mlwright.kernel.ids import Ref

EDGE = "edge"
"""The tag of an example that is unlike what people mostly ask."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A stretch that should be found: the document's key, and where they are known the words that stand there and
    their place, characters [start, end) of the document's parsed text."""

    document: str
    quote: str = ""
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class EvalExample:
    """One line of an eval set. An `unanswerable` example expects the system to abstain; `synthetic` names what made
    the example, and is empty where a person wrote it."""

    id: str
    input: str
    expected_output: str = ""
    relevant: tuple[Expected, ...] = ()
    unanswerable: bool = False
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    synthetic: str = ""


@dataclass(frozen=True, slots=True)
class EvalDataset:
    """A versioned set: `ref` (kind `evalset`) hashes its examples in order."""

    ref: Ref
    name: str
    examples: tuple[EvalExample, ...]

    @property
    def synthetic(self) -> int:
        """How many examples no person wrote."""
        return sum(bool(example.synthetic) for example in self.examples)

    @property
    def edge(self) -> int:
        """How many examples are edge cases: those to abstain from, and those with the tag `edge`."""
        return sum(example.unanswerable or EDGE in example.tags for example in self.examples)

    @property
    def slices(self) -> Mapping[str, tuple[str, ...]]:
        """The ids of the examples of each slice: those that share a tag, other than `edge`."""
        found: dict[str, tuple[str, ...]] = {}
        for example in self.examples:
            for tag in dict.fromkeys(example.tags):
                if tag != EDGE:
                    found[tag] = (*found.get(tag, ()), example.id)
        return found


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % interval over `n` examples; `n` counts only those to which the metric applies."""

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of `n` durations in seconds with its 95 % interval from order statistics. A bound is None where so few
    values bound it on that side by nothing."""

    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class StageTime:
    """What a stage of an answer took: its median and its 95th percentile."""

    p50: Quantile
    p95: Quantile


@dataclass(frozen=True, slots=True)
class Spent:
    """What the examples cost in USD: all that have a price together, and their mean with its 95 % interval.
    `unpriced` counts those without a price, which are not in the sum."""

    total: float
    mean: float
    low: float
    high: float
    n: int
    unpriced: int


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of a gate with its verdict: `metric op bound` was held against `value`."""

    metric: str
    op: str
    bound: float
    value: Interval | None
    passed: bool
    why: str


@dataclass(frozen=True, slots=True)
class EvalResult:
    """One evaluation. `run` is the tracked run, `target` what was evaluated (a release, an index, given answers).
    `seconds` are per stage and `total`; `cost` is None where no example has a price; `synthetic` counts examples that
    no person wrote. `took` is what the whole evaluation took, in seconds; None where that was not recorded yet."""

    ref: Ref
    gate: str
    target: Ref
    dataset: Ref
    run: Ref | None
    metrics: Mapping[str, Interval]
    requirements: tuple[Requirement, ...]
    passed: bool
    errors: int
    at: datetime
    seconds: Mapping[str, StageTime] = field(default_factory=dict)
    cost: Spent | None = None
    synthetic: int = 0
    took: float | None = None


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """What the target said to one example, and how each metric scored it (absent where it does not apply)."""

    example: str
    input: str
    output: str
    error: str
    scores: Mapping[str, float]
    answer: Ref | None
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Per stage and `total`; empty where it failed."""
    cost: float | None = None
    """In USD; None where it failed or has no price."""
