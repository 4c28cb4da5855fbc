"""The store: tables for everybody, in one SQLite file or one PostgreSQL database, behind the same functions.

Reads take a connection of their own and never wait for writers. Writes of many threads are committed together: a
thread queues its statement, and whoever holds the turn commits all that is queued, so that one sync to disk pays for
all of them. `write` returns after that commit; `write_soon` does not wait for it.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from mlwright.kernel.clock import Clock, SystemClock
from mlwright.kernel.errors import Conflict, MlwrightError, TransientError, UserError
from mlwright.kernel.migrate import migrate
from mlwright.kernel.stores import Connection, Engine, Name
from mlwright.kernel.stores import Row as Row

_SOON_S = 0.05
_BEHIND_ROWS = 200_000
_TRIES = 5
_T = TypeVar("_T")
_log = logging.getLogger("mlwright.store")


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
        self._connection.write_many(sql, many)

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part that is dropped alone when it fails; the error goes on."""
        self._connection.savepoint()
        try:
            yield
        except BaseException:
            self._connection.undo()
            raise
        self._connection.release()


class _Op:
    """A queued statement, and what became of it."""

    __slots__ = ("done", "error", "many", "result", "soon", "sql")

    def __init__(self, sql: str, many: Sequence[Sequence[Any]], *, soon: bool) -> None:
        self.sql, self.many, self.soon = sql, many, soon
        self.done, self.result, self.error = False, 0, None  # type: tuple[bool, int, MlwrightError | None]

    def run(self, connection: Connection) -> None:
        if len(self.many) == 1:
            self.result = connection.write(self.sql, self.many[0])
        else:
            connection.write_many(self.sql, self.many)


class Store:
    """One database. Safe to use from any thread; sync, since a local read costs microseconds.

    Inside a `transaction` of the same thread, `rows`, `one`, `write`, `write_many` and `transaction` of the store join
    it, so that what a room does through others (a lineage edge, a job) is kept or dropped with its own rows.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine: Name = engine.name
        self.place = engine.place
        self._engine = engine
        self._readers: deque[Connection] = deque()
        self._writer: Connection | None = None
        self._turn = threading.Lock()
        self._queue: deque[_Op] = deque()
        self._behind = 0
        self._lost: list[MlwrightError] = []
        self._mine = threading.local()
        self._closed = threading.Event()
        self._wake = threading.Event()
        self._flusher: threading.Thread | None = None

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query. A statement that writes is refused here."""
        current = self._current()
        if current is not None:
            return current.rows(sql, args)
        return self._reading(lambda connection: connection.rows(sql, args))

    def one(self, sql: str, args: Sequence[Any] = ()) -> Row | None:
        """The first row of a query, or None."""
        found = self.rows(sql, args)
        return found[0] if found else None

    def write(self, sql: str, args: Sequence[Any] = ()) -> int:
        """Run one statement; how many rows it touched. Durable when it returns."""
        current = self._current()
        return current.write(sql, args) if current is not None else self._commit(_Op(sql, [args], soon=False))

    def write_many(self, sql: str, many: Iterable[Sequence[Any]]) -> None:
        """Run a statement once per sequence of arguments: all of them or none. Durable when it returns."""
        current = self._current()
        if current is not None:
            current.write_many(sql, many)
        elif listed := list(many):
            self._commit(_Op(sql, listed, soon=False))

    def write_soon(self, sql: str, many: Iterable[Sequence[Any]]) -> None:
        """Queue a statement, in order with all other writes; durable at the next `flush`, or within some 50 ms.

        Does not wait for the disk (only where 200,000 rows are queued already does it help to write them). What fails
        later is logged, and raised by the next `flush`.
        """
        listed = list(many)
        if not listed:
            return
        self._check_open()
        self._queue.append(_Op(sql, listed, soon=True))
        self._behind += len(listed)
        if self._behind > _BEHIND_ROWS and self._current() is None:
            with self._turn:
                self._commit_queued()
        elif not self._wake.is_set():
            self._wake.set()
            self._start_flusher()

    def flush(self) -> None:
        """Wait until everything queued is durable. Raises the first error of a `write_soon` since the last flush."""
        if self._current() is not None:
            raise Conflict("flush() was called inside a transaction", hint="call it after the transaction has ended")
        with self._turn:
            self._commit_queued()
            lost, self._lost = self._lost, []
        if lost:
            raise lost[0]

    @contextmanager
    def transaction(self, *, alone: bool = True) -> Iterator[Transaction]:
        """Statements that are kept together, durable when the block ends, or dropped when it raises.

        `alone` keeps every other writer of the database out meanwhile, in this process and in others, so a row that
        was read cannot change before it is written. With `alone=False` that is not promised: on PostgreSQL the
        transaction then runs beside others, for statements that lock their rows (`for update skip locked`).
        """
        current = self._current()
        if current is not None:
            with current.part():
                yield current
            return
        self._check_open()
        if alone or self.engine == "sqlite":
            with self._turn:
                self._commit_queued()
                with self._inside(self._writing(), alone=True) as transaction:
                    yield transaction
            return
        connection = self._engine.writer()
        try:
            with self._inside(connection, alone=False) as transaction:
                yield transaction
        finally:
            connection.close()

    def migrate(self, package: str) -> int:
        """Apply `<package>/migrations/NNNN_words.sql` that this database has not seen; how many.

        Raises Conflict where an applied file was edited, or the database was made by a newer version.
        """
        return migrate(self, self._engine, package)

    def close(self) -> None:
        """Write what is queued and close all connections. Raises like `flush`; harmless the second time."""
        if self._closed.is_set():
            return
        try:
            self.flush()
        finally:
            self._closed.set()
            self._wake.set()
            if self._flusher is not None:
                self._flusher.join()
            with self._turn:
                if self._writer is not None:
                    self._writer.close()
                while self._readers:
                    self._readers.pop().close()

    def _current(self) -> Transaction | None:
        return getattr(self._mine, "transaction", None)

    def _check_open(self) -> None:
        if self._closed.is_set():
            raise UserError(f"the store {self.place} is closed", hint="open it again")

    def _reading(self, use: Callable[[Connection], _T]) -> _T:
        self._check_open()
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = self._engine.reader()
        try:
            return use(connection)
        finally:
            if connection.broken or self._closed.is_set():
                connection.close()
            else:
                self._readers.append(connection)

    def _writing(self) -> Connection:
        self._check_open()
        if self._writer is not None and self._writer.broken:
            self._writer.close()
            self._writer = None
        if self._writer is None:
            self._writer = self._engine.writer()
        return self._writer

    @contextmanager
    def _inside(self, connection: Connection, *, alone: bool) -> Iterator[Transaction]:
        connection.begin(alone=alone)
        self._mine.transaction = Transaction(connection)
        try:
            yield self._mine.transaction
        except BaseException:
            connection.rollback()
            raise
        else:
            connection.commit()
        finally:
            self._mine.transaction = None

    def _commit(self, op: _Op) -> int:
        self._check_open()
        self._queue.append(op)
        self._behind += len(op.many)
        while not op.done:
            with self._turn:
                if not op.done:
                    self._commit_queued()
        if op.error is not None:
            raise op.error
        return op.result

    def _commit_queued(self) -> None:
        """Called in turn: everything queued becomes durable, or knows its error."""
        self._wake.clear()
        ops = [self._queue.popleft() for _ in range(len(self._queue))]
        if not ops:
            return
        self._behind -= sum(len(op.many) for op in ops)
        try:
            self._commit_together(ops)
        except MlwrightError as error:
            for op in ops:
                op.error = op.error or error
        finally:
            for op in ops:
                op.done = True
                if op.soon and op.error is not None:
                    self._lost.append(op.error)
                    _log.error("%d rows were not written: %s (%s)", len(op.many), op.error, op.sql)

    def _commit_together(self, ops: Sequence[_Op]) -> None:
        for last in (*[False] * (_TRIES - 1), True):
            connection = self._writing()
            try:
                connection.begin(alone=False)
                for op in ops:
                    _attempt(op, connection, by_itself=len(ops) == 1)
                connection.commit()
            except TransientError:
                connection.rollback()
                if last or not connection.broken:
                    raise
            except BaseException:
                connection.rollback()
                raise
            else:
                return

    def _start_flusher(self) -> None:
        if self._flusher is None:
            self._flusher = threading.Thread(target=self._flush_forever, name="mlwright-store", daemon=True)
            self._flusher.start()

    def _flush_forever(self) -> None:
        while self._wake.wait() and not self._closed.wait(_SOON_S):
            with self._turn:
                self._commit_queued()


def _attempt(op: _Op, connection: Connection, *, by_itself: bool) -> None:
    """Run one of several statements; if it fails alone, the others go on."""
    if by_itself:
        op.run(connection)
        return
    connection.savepoint()
    try:
        op.run(connection)
    except TransientError:
        raise
    except MlwrightError as error:
        if not connection.in_transaction:  # the engine dropped everything, as when the disk is full
            raise
        connection.undo()
        op.error = error
    else:
        connection.release()


def open_store(url: str | Path, clock: Clock | None = None) -> Store:
    """Open `path`, `sqlite:///path` or `postgresql://user@host/database`. Raises UserError for other addresses."""
    clock = clock or SystemClock()
    text = str(url)
    if text.startswith(("postgresql://", "postgres://")):
        from mlwright.kernel.stores.postgresql import Postgresql

        return Store(Postgresql(text))
    if text.startswith("sqlite:///"):
        text = text.removeprefix("sqlite:///")
    elif "://" in text:
        raise UserError(
            f"{text.partition('://')[0]}:// is not a store that mlwright knows",
            hint="write a path, sqlite:///path or postgresql://user@host/database",
        )
    from mlwright.kernel.stores.sqlite import Sqlite

    return Store(Sqlite(Path(text), clock))
