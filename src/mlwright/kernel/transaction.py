"""Statements that are kept or dropped together."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mlwright.kernel.stores import Connection, Row


class Transaction:
    """Statements that are kept or dropped together; given by `Store.transaction`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query, or of a statement with `returning`."""
        return self._connection.rows(sql, args)

    def one(self, sql: str, args: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""
        found = self._connection.rows(sql, args)
        return found[0] if found else None

    def write(self, sql: str, args: Sequence[Any] = ()) -> int:
        """Run a statement; how many rows it touched."""
        return self._connection.write(sql, args)

    def write_many(self, sql: str, many: Iterable[Sequence[Any]]) -> None:
        """Run a statement once per sequence of arguments."""
        self._connection.write_many(sql, list(many))

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part that is dropped alone when it fails; the error goes on."""
        with part(self._connection):
            yield


@contextmanager
def part(connection: Connection) -> Iterator[None]:
    connection.write("savepoint part", ())
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # an engine may have dropped everything, as when the disk is full
            connection.write("rollback to part", ())
            connection.write("release part", ())
        raise
    connection.write("release part", ())
