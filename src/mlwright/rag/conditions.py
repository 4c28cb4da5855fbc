"""The conditions of filters on metadata, and when a passage meets them.

A condition holds for a passage when one of the values of its field meets it; `Not` turns round what it encloses. Two
values are compared as numbers when both are numbers, else as texts, which sorts ISO dates.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mlwright.rag.types import Meta, MetaValue

ACL = "acl"
"""The field of labels that say who may see a document; conditions on it are `Allowed`."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; true where there is none."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Any:
    """One of the parts holds; false where there is none."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class Is:
    """The field has one of these values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """The field has a value from `low` to `high`. None is no limit; a limit that is `open` is itself left out."""

    field: str
    low: str | None = None
    low_open: bool = False
    high: str | None = None
    high_open: bool = False

    def __post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise ValueError(f"{self.field} is compared with nothing")


@dataclass(frozen=True, slots=True)
class Prefix:
    """The field has a value that begins so."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """Somebody with these labels may see the document: it has none under `acl`, or one of these."""

    labels: tuple[str, ...]


Filter = All | Any | Not | Is | Between | Prefix | Allowed


def is_in(field: str, values: Sequence[str]) -> Filter:
    """The condition that a field has one of these values; on `acl`, that somebody with these labels may see it."""
    return Allowed(tuple(values)) if field == ACL else Is(field, tuple(values))


def both(one: Filter | None, other: Filter | None) -> Filter | None:
    """What meets both; None lets everything pass."""
    if one is None or other is None:
        return one if other is None else other
    return All((one, other))


def fields_of(where: Filter) -> Iterator[str]:
    """The fields that a filter asks for, in order, perhaps several times."""
    match where:
        case All(parts) | Any(parts):
            for part in parts:
                yield from fields_of(part)
        case Not(part):
            yield from fields_of(part)
        case Allowed():
            yield ACL
        case _:
            yield where.field


def matches(where: Filter, meta: Meta) -> bool:
    """Does a passage with this metadata pass?"""
    match where:
        case All(parts):
            return all(matches(part, meta) for part in parts)
        case Any(parts):
            return any(matches(part, meta) for part in parts)
        case Not(part):
            return not matches(part, meta)
        case Allowed(labels):
            held = values_of(meta.get(ACL, ()))
            return not held or any(label in labels for label in held)
        case _:
            return any(map(meets(where), values_of(meta.get(where.field, ()))))


def values_of(value: MetaValue) -> tuple[str, ...]:
    """The values of one field."""
    return (value,) if isinstance(value, str) else value


def meets(condition: Is | Between | Prefix) -> Callable[[str], bool]:
    """The test of one value of the field."""
    match condition:
        case Is(_, values):
            wanted = frozenset(values)
            return lambda value: value in wanted
        case Prefix(_, start):
            return lambda value: value.startswith(start)
        case Between(_, low, low_open, high, high_open):
            return lambda value: _above(value, low, low_open) and _above(high, value, high_open)


def _above(value: str | None, low: str | None, is_open: bool) -> bool:
    if value is None or low is None:
        return True
    order = compared(value, low)
    return order > 0 if is_open else order >= 0


def compared(one: str, other: str) -> int:
    """-1, 0 or 1: as numbers where both are, else as texts."""
    if is_number(one) and is_number(other):
        a, b = float(one), float(other)
        return (a > b) - (a < b)
    return (one > other) - (one < other)


def is_number(value: str) -> bool:
    """Is the value compared as a number?"""
    return _NUMBER.fullmatch(value) is not None
