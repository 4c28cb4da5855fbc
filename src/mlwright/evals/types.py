"""The nouns of evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mlwright.kernel.ids import Ref


@dataclass(frozen=True, slots=True)
class Expected:
    """A stretch that should be found: the document's key, and where it is known the words that stand there."""

    document: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class EvalExample:
    """One line of an eval set. An `unanswerable` example expects the system to abstain."""

    id: str
    input: str
    expected_output: str = ""
    relevant: tuple[Expected, ...] = ()
    unanswerable: bool = False
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EvalDataset:
    """A versioned set: `ref` (kind `evalset`) hashes its examples in order."""

    ref: Ref
    name: str
    examples: tuple[EvalExample, ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % interval over `n` examples; `n` counts only those to which the metric applies."""

    mean: float
    low: float
    high: float
    n: int


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
    """One evaluation. `run` is the tracked run, `target` what was evaluated (a release or an index)."""

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


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """What the target said to one example, and how each metric scored it (absent where it does not apply)."""

    example: str
    input: str
    output: str
    error: str
    scores: Mapping[str, float]
    answer: Ref | None
