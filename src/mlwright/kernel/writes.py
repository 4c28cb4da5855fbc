"""Queued writes, and how many of them share one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from mlwright.kernel.errors import MlwrightError, TransientError
from mlwright.kernel.stores import Connection
from mlwright.kernel.transaction import part


@dataclass(slots=True, eq=False)
class Write:
    """A queued statement, and what became of it."""

    sql: str
    many: Sequence[Sequence[Any]]
    soon: bool
    done: bool = False
    result: int = 0
    error: Exception | None = None

    def run(self, connection: Connection) -> None:
        if len(self.many) == 1:
            self.result = connection.write(self.sql, self.many[0])
        else:
            connection.write_many(self.sql, self.many)


def run_together(writes: Sequence[Write], connection: Connection) -> None:
    """Run them in the open transaction. One that fails alone keeps its error, and the others go on.

    Raises what ends the transaction: a TransientError, a full disk, and any error of a single write.
    """
    for write in writes:
        write.error = None
    for group in _alike(writes):
        _attempt(group, connection, by_itself=len(writes) == 1)


def _alike(ops: Sequence[Write]) -> Iterator[list[Write]]:
    """Neighbours that say the same and that nobody waits for go together: spans come in hundreds."""
    for (_, soon), group in groupby(ops, key=lambda op: (op.sql, op.soon)):
        alike = list(group)
        yield from [alike] if soon else [[op] for op in alike]


def _attempt(ops: list[Write], connection: Connection, *, by_itself: bool) -> None:
    """Run one of several groups of statements; if it fails alone, the others go on."""
    if by_itself:
        ops[0].run(connection)
        return
    try:
        with part(connection):
            if len(ops) == 1:
                ops[0].run(connection)
            else:
                connection.write_many(ops[0].sql, [args for op in ops for args in op.many])
    except TransientError:
        raise
    except MlwrightError as error:
        if not connection.in_transaction:
            raise
        if len(ops) == 1:
            ops[0].error = error
            return
        for op in ops:
            _attempt([op], connection, by_itself=False)
