"""What `_versioned` asks of an engine without transactions: rows and postings that are born and die in changes.

A change is written in several steps and stands from the moment in which the state is replaced, which must be atomic.
What was written for a later change than the state's newest is invisible until then.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mlwright.rag.conditions import ACL, All, Allowed, Any, Between, Filter, Is, Not, Prefix, meets, values_of
from mlwright.rag.types import Meta

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LIVE = 1 << 52
"""The change in which what lives has died; a number that engines keep exactly, also as a float."""
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Row:
    """One entry: `words` is its number of terms, `meta` its pairs (see `pairs`), `check` a checksum."""

    number: int
    id: str
    words: int
    born: int
    meta: Sequence[str]
    check: int
    vector: "NDArray[np.float32]"


@dataclass(frozen=True, slots=True)
class Block:
    """The postings of a term in one segment, a run of consecutive numbers that begins with `segment`."""

    term: str
    segment: int
    born: int
    numbers: Sequence[int]
    counts: Sequence[int]
    lengths: Sequence[int]


@dataclass(frozen=True, slots=True)
class Seen:
    """The rows that live at a change and pass a filter, which asks for pairs alone (see `simplified`)."""

    moment: int
    where: Filter | None = None


class Records(Protocol):
    """Safe to call from several threads. Raises TransientError where a read has to be tried again."""

    place: str

    @property
    def search(self) -> str:
        """How vectors are searched now."""
        ...

    def state(self) -> str | None: ...

    def put_state(self, text: str) -> None:
        """Atomic and durable, as everything before it."""
        ...

    def undo(self, after: int) -> None:
        """Take back what was written for changes after this one."""
        ...

    def add(self, rows: Sequence[Row]) -> None: ...

    def end(self, ids: Collection[str], moment: int) -> list[tuple[int, int]]:
        """The living rows of these ids die; (number, words) of each."""
        ...

    def add_blocks(self, blocks: Sequence[Block]) -> None: ...

    def end_blocks(self, segments: Sequence[int], moment: int) -> None: ...

    def blocks(
        self, moment: int, *, terms: Collection[str] | None = None, segments: Collection[int] | None = None
    ) -> list[Block]:
        """Those that live at a change, of these terms or of these segments; all where neither is given."""
        ...

    def nearest(self, vector: "NDArray[np.float32]", top: int, seen: Seen) -> list[tuple[str, float]]: ...

    def numbers(self, seen: Seen, most: int | None = None) -> list[int]:
        """At most so many."""
        ...

    def names(self, numbers: Collection[int], seen: Seen) -> dict[int, str]:
        """The ids of those that are seen."""
        ...

    def ids(self, moment: int) -> set[str]: ...

    def vectors(self, ids: Collection[str]) -> dict[str, "NDArray[np.float32]"]: ...

    def pairs(self, after: int) -> Iterable[Sequence[str]]:
        """The pairs of each row that was born after a change."""
        ...

    def rows(self) -> Iterable[tuple[Row, int]]:
        """Every row, and the change in which it died."""
        ...

    def count(self, moments: Sequence[int] | None = None) -> int:
        """Rows that live at one of the changes at least; all where None."""
        ...

    def unseen(self, moments: Sequence[int]) -> list[int]:
        """The numbers of the others."""
        ...

    def forget(self, moments: Sequence[int], numbers: Collection[int] = ()) -> None:
        """Delete rows and blocks that live at none of the changes, and these rows."""
        ...

    def settle(self, entries: int, *, wholly: bool = False) -> None:
        """After a change: put small files together, draw a graph where there are enough entries."""
        ...

    def bytes(self) -> int: ...

    def close(self) -> None: ...


def pairs(meta: Meta) -> list[str]:
    """What conditions look at: a text for each value of each field, and one that says that there are labels."""
    found = [pair(name, one) for name, value in meta.items() for one in values_of(value)]
    return [*found, ACL] if values_of(meta.get(ACL, ())) else found


def meta_of(pairs: Iterable[str]) -> Meta:
    """The other way round."""
    found: dict[str, set[str]] = {}
    learn(found, [list(pairs)])
    return {name: tuple(sorted(values)) for name, values in found.items()}


def pair(name: str, value: str) -> str:
    return f"{name}{_SEPARATOR}{value}"


def learn(known: dict[str, set[str]], rows: Iterable[Sequence[str]]) -> None:
    """Note the values of each field that occur."""
    for row in rows:
        for one in row:
            name, found, value = one.partition(_SEPARATOR)
            if found:
                known.setdefault(name, set()).add(value)


def simplified(where: Filter, known: Mapping[str, Collection[str]]) -> Filter:
    """The same with `Is` for ranges and prefixes: the values of the field that meet them. Engines then need to know
    nothing but whether a row has one of some texts."""
    match where:
        case All(parts):
            return All(tuple(simplified(part, known) for part in parts))
        case Any(parts):
            return Any(tuple(simplified(part, known) for part in parts))
        case Not(part):
            return Not(simplified(part, known))
        case Between() | Prefix():
            meeting = meets(where)
            return Is(where.field, tuple(sorted(value for value in known.get(where.field, ()) if meeting(value))))
        case Is() | Allowed():
            return where


def needs_values(where: Filter) -> bool:
    """Does it ask for a range or a prefix?"""
    match where:
        case All(parts) | Any(parts):
            return any(map(needs_values, parts))
        case Not(part):
            return needs_values(part)
        case _:
            return isinstance(where, Between | Prefix)
