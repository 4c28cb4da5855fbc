"""What proves a statement: a line of the blueprint, a file beside it, a record of the workspace, or the plan. What
nothing proves says so, and what would prove it."""

from dataclasses import dataclass

from mlwright.kernel.ids import Ref


@dataclass(frozen=True, slots=True)
class Stated:
    """The blueprint says so: a choice or a promise, at a path of it."""

    path: str


@dataclass(frozen=True, slots=True)
class Filed:
    """A file beside the blueprint says so; `path` starts at the blueprint's folder."""

    path: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """It was measured or done: the record is named."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan has worked it out, from facts and from the assumptions that it lists; `part` is a heading of the cost
    analysis."""

    part: str = ""


@dataclass(frozen=True, slots=True)
class Unproved:
    """Nothing proves it yet; `remedy` says what is missing, and what to do."""

    remedy: str


Proof = Stated | Filed | Recorded | Planned | Unproved
