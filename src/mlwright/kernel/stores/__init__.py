"""The port of a store engine: connections, transactions and the dialect of one database.

An engine is one file of this folder with a class that satisfies `Engine`. Statements reach it in the common subset of
SQLite 3.40 and PostgreSQL 15, with `?` as placeholder. What comes back is the same on every engine: whole numbers are
int (truth values and sums too), other numbers float, `blob` is bytes, NULL is None, text compares byte by byte, and
`like` minds the case. Text holds no NUL character (PostgreSQL refuses it). Every error that leaves an engine is one of
`mlwright.kernel.errors`; after a TransientError whose `retry_after` is 0 the transaction may be run again at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

Row = Mapping[str, Any]
"""One row of a result, by column name."""
Name = Literal["sqlite", "postgresql"]
VALUES = "values are text without NUL characters, whole numbers of 64 bits, float, bytes or None"
"""What may be an argument of a statement."""


class Connection(Protocol):
    """One connection, used by one thread at a time. Outside `begin` … `commit` each statement stands alone."""

    def rows(self, sql: str, args: Sequence[Any]) -> list[Row]:
        """Run a statement that returns rows."""

    def write(self, sql: str, args: Sequence[Any]) -> int:
        """Run a statement that changes rows; how many it touched."""

    def write_many(self, sql: str, many: Iterable[Sequence[Any]]) -> None:
        """Run a statement once per sequence of arguments."""

    def begin(self, *, alone: bool) -> None:
        """Start a transaction. `alone`: no other writer of this database, in any process, runs until it ends."""

    def commit(self) -> None:
        """Make the transaction durable; on an error nothing of it is kept."""

    def rollback(self) -> None:
        """Undo the transaction; harmless outside one."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open (an engine may end one by itself, as when the disk is full)."""

    @property
    def broken(self) -> bool:
        """Whether the connection is of no more use."""

    def close(self) -> None: ...


class Engine(Protocol):
    """One database."""

    name: Name
    place: str
    """How the database is named to people, without a password."""

    def reader(self) -> Connection:
        """A connection that refuses to write."""

    def writer(self) -> Connection: ...

    def statements(self, script: str, *, variant: bool) -> list[str]:
        """A migration, cut into statements of this dialect. `variant`: the script is written for this engine."""

    def back_up(self, label: str) -> Path | None:
        """Copy the whole database before an upgrade; None where the engine leaves that to its operators."""
