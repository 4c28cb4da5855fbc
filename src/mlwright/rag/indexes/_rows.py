"""The rows of the embedded index: ids, when each was born and died, and which rows have a value of a field."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mlwright.rag.conditions import ACL, All, Allowed, Any, Filter, Is, Not, meets, values_of
from mlwright.rag.indexes._journal import Batch

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEVER = np.iinfo(np.int64).max
_FIRST = 1024


def _growing() -> "NDArray[np.int64]":
    return np.full(_FIRST, NEVER, dtype=np.int64)


@dataclass(slots=True)
class Rows:
    """What the journal says, up to one change. Times are sequence numbers of changes. Everything only grows, apart
    from `died`, which is set once; so a view of the past needs no more than the number of its change."""

    ids: list[str] = field(default_factory=list)
    row_of: dict[str, int] = field(default_factory=dict)
    values: dict[str, dict[str, "array[int]"]] = field(default_factory=dict)
    """Field, then value, to rows."""
    sequence_of: dict[int, int] = field(default_factory=dict)
    """Generation to the last change that carried it."""
    _born: "NDArray[np.int64]" = field(default_factory=_growing)
    _died: "NDArray[np.int64]" = field(default_factory=_growing)

    def apply(self, batch: Batch) -> list[int]:
        """Take in a change and return the rows that it ended."""
        ended = [self.row_of.pop(id_) for id_ in batch.remove if id_ in self.row_of]
        first = len(self.ids)
        self._reserve(first + len(batch.entries))
        for row, entry in enumerate(batch.entries, start=first):
            if (before := self.row_of.get(entry.id)) is not None:
                ended.append(before)
            self.row_of[entry.id] = row
            for name, value in entry.meta.items():
                having = self.values.setdefault(name, {})
                for one in values_of(value):
                    having.setdefault(one, array("I")).append(row)
        self.ids.extend(entry.id for entry in batch.entries)
        self._born[first : len(self.ids)] = batch.sequence
        self._died[ended] = batch.sequence
        self.sequence_of[batch.generation] = batch.sequence
        return ended

    def _reserve(self, count: int) -> None:
        if count > len(self._born):
            more = max(count, 2 * len(self._born)) - len(self._born)
            rest = np.full(more, NEVER, dtype=np.int64)
            self._born, self._died = np.concatenate([self._born, rest]), np.concatenate([self._died, rest])

    @property
    def born(self) -> "NDArray[np.int64]":
        return self._born[: len(self.ids)]

    @property
    def died(self) -> "NDArray[np.int64]":
        return self._died[: len(self.ids)]

    def seen_by(self, moments: Sequence[int]) -> "NDArray[np.bool_]":
        """The rows that live at one of these changes at least; `moments` ascend."""
        return self._seen(self.born, self.died, moments)

    def seen(self, rows: Sequence[int], moments: Sequence[int]) -> "NDArray[np.bool_]":
        """The same for some rows."""
        return self._seen(self._born[list(rows)], self._died[list(rows)], moments)

    @staticmethod
    def _seen(born: "NDArray[np.int64]", died: "NDArray[np.int64]", moments: Sequence[int]) -> "NDArray[np.bool_]":
        ends = np.array([*moments, NEVER], dtype=np.int64)
        following: NDArray[np.int64] = ends[np.searchsorted(ends, born, side="left")]
        found: NDArray[np.bool_] = (following < died) & (following != NEVER)
        return found

    def living(self, count: int, moment: int) -> "NDArray[np.bool_]":
        """Which of the first `count` rows live at a change."""
        found: NDArray[np.bool_] = (self._born[:count] <= moment) & (self._died[:count] > moment)
        return found

    def matching(self, where: Filter, count: int) -> "NDArray[np.bool_]":
        """Which of the first `count` rows pass a filter."""
        match where:
            case All(parts):
                keep = np.ones(count, dtype=np.bool_)
                for part in parts:
                    keep &= self.matching(part, count)
                return keep
            case Any(parts):
                keep = np.zeros(count, dtype=np.bool_)
                for part in parts:
                    keep |= self.matching(part, count)
                return keep
            case Not(part):
                return ~self.matching(part, count)
            case Allowed(labels):
                return ~self._having(ACL, list(self.values.get(ACL, ())), count) | self._having(ACL, labels, count)
            case Is(name, values):
                return self._having(name, values, count)
            case _:
                meeting = meets(where)
                known = list(self.values.get(where.field, ()))
                return self._having(where.field, [value for value in known if meeting(value)], count)

    def _having(self, name: str, values: Sequence[str], count: int) -> "NDArray[np.bool_]":
        having = np.zeros(count, dtype=np.bool_)
        held = self.values.get(name, {})
        for value in values:
            if (rows := held.get(value)) is None:
                continue
            some = np.frombuffer(rows.tobytes(), dtype=np.uint32)  # a copy: the array may be growing
            having[some[: np.searchsorted(some, count)]] = True
        return having
