"""The store: tables for everybody, in one SQLite file or one PostgreSQL database, behind the same functions.

Reads take a connection of their own and never wait for writers. Writes of many threads are committed together: a
thread queues its statement, and whoever holds the turn commits all that is queued, so that one sync to disk pays for
all of them. `write` returns after that commit; `write_soon` does not wait for it.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from mlwright.kernel.clock import Clock, SystemClock
from mlwright.kernel.errors import Conflict, MlwrightError, TransientError, UserError
from mlwright.kernel.migrate import migrate
from mlwright.kernel.stores import Connection, Engine, Name
from mlwright.kernel.stores import Row as Row
from mlwright.kernel.stores.postgresql import Postgresql
from mlwright.kernel.stores.sqlite import Sqlite

_SOON_S = 0.05
_BEHIND = 20_000
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
        with _part(self._connection):
            yield


@contextmanager
def _part(connection: Connection) -> Iterator[None]:
    connection.write("savepoint part", ())
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # an engine may have dropped everything, as when the disk is full
            connection.write("rollback to part", ())
            connection.write("release part", ())
        raise
    connection.write("release part", ())


@dataclass(slots=True, eq=False)
class _Op:
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
        self._lost: list[Exception] = []
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

        Does not wait for the disk, unless 20,000 statements are queued already: then it helps to write them. What
        fails later is logged, and raised by the next `flush`.
        """
        listed = list(many)
        if not listed:
            return
        self._check_open()
        self._queue.append(_Op(sql, listed, soon=True))
        if len(self._queue) > _BEHIND and self._current() is None:
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
        if alone or self.engine == "sqlite":
            with self._turn:
                self._commit_queued()
                with self._inside(self._begun(alone=True)) as transaction:
                    yield transaction
            return
        self._check_open()
        connection = self._engine.writer()
        try:
            connection.begin(alone=False)
            with self._inside(connection) as transaction:
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
        while True:
            try:
                connection, pooled = self._readers.pop(), True
            except IndexError:
                connection, pooled = self._engine.reader(), False
            try:
                return use(connection)
            except TransientError:
                if not (pooled and connection.broken):
                    raise
            finally:
                if connection.broken or self._closed.is_set():
                    connection.close()
                else:
                    self._readers.append(connection)

    def _begun(self, *, alone: bool) -> Connection:
        """The writer inside a new transaction; a connection that was lost meanwhile is opened again."""
        self._check_open()
        if self._writer is not None and not self._writer.broken:
            try:
                self._writer.begin(alone=alone)
            except TransientError:
                if not self._writer.broken:
                    raise
            else:
                return self._writer
        if self._writer is not None:
            self._writer.close()
        self._writer = self._engine.writer()
        self._writer.begin(alone=alone)
        return self._writer

    @contextmanager
    def _inside(self, connection: Connection) -> Iterator[Transaction]:
        self._mine.transaction = Transaction(connection)
        try:
            yield self._mine.transaction
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        finally:
            self._mine.transaction = None

    def _commit(self, op: _Op) -> int:
        self._check_open()
        self._queue.append(op)
        try:
            while not op.done:
                with self._turn:
                    if not op.done:
                        self._commit_queued()
        except BaseException:  # Ctrl-C here: nobody waits for this statement any more
            with suppress(ValueError):  # not queued: another thread has taken it up
                self._queue.remove(op)
            raise
        if op.error is not None:
            raise op.error
        return op.result

    def _commit_queued(self) -> None:
        """Called in turn: everything queued becomes durable, or knows its error."""
        self._wake.clear()
        ops = [self._queue.popleft() for _ in range(len(self._queue))]
        if not ops:
            return
        try:
            self._commit_together(ops)
        except Exception as error:
            for op in ops:
                op.error = op.error or error
        for op in ops:
            op.done = True
            if op.soon and op.error is not None:
                self._lost.append(op.error)
                _log.error("%d rows were not written: %s (%s)", len(op.many), op.error, op.sql)

    def _commit_together(self, ops: Sequence[_Op]) -> None:
        for tries_left in range(_TRIES - 1, -1, -1):
            connection = self._begun(alone=False)
            try:
                for op in ops:
                    op.error = None
                for group in _alike(ops):
                    _attempt(group, connection, by_itself=len(ops) == 1)
                connection.commit()
                return
            except TransientError as error:
                connection.rollback()
                if error.retry_after != 0 or not tries_left:
                    raise
            except Exception:
                connection.rollback()
                raise
            except BaseException:  # Ctrl-C in this thread: the statements of others stay queued, in order
                if connection.in_transaction:
                    connection.rollback()
                    self._queue.extendleft(reversed(ops))
                raise

    def _start_flusher(self) -> None:
        if self._flusher is None:
            self._flusher = threading.Thread(target=self._flush_forever, name="mlwright-store", daemon=True)
            self._flusher.start()

    def _flush_forever(self) -> None:
        while self._wake.wait() and not self._closed.wait(_SOON_S):
            with self._turn:
                self._commit_queued()


def _alike(ops: Sequence[_Op]) -> Iterator[list[_Op]]:
    """Neighbours that say the same and that nobody waits for go together: spans come in hundreds."""
    for (_, soon), group in groupby(ops, key=lambda op: (op.sql, op.soon)):
        alike = list(group)
        yield from [alike] if soon else [[op] for op in alike]


def _attempt(ops: list[_Op], connection: Connection, *, by_itself: bool) -> None:
    """Run one of several groups of statements; if it fails alone, the others go on."""
    if by_itself:
        ops[0].run(connection)
        return
    try:
        with _part(connection):
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


def open_store(url: str | Path, clock: Clock | None = None) -> Store:
    """Open `path`, `sqlite:///path` or `postgresql://user@host/database`. Raises UserError for other addresses."""
    clock = clock or SystemClock()
    text = str(url)
    if text.startswith(("postgresql://", "postgres://")):
        return Store(Postgresql(text))
    if text.startswith("sqlite:///"):
        text = text.removeprefix("sqlite:///")
    elif "://" in text:
        raise UserError(
            f"{text.partition('://')[0]}:// is not a store that mlwright knows",
            hint="write a path, sqlite:///path or postgresql://user@host/database",
        )
    return Store(Sqlite(Path(text), clock))
