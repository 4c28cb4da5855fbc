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
from pathlib import Path
from typing import Any, TypeVar

from mlwright.kernel.clock import Clock, SystemClock
from mlwright.kernel.errors import Conflict, TransientError, UserError
from mlwright.kernel.migrate import migrate
from mlwright.kernel.stores import Connection, Engine, Name
from mlwright.kernel.stores import Row as Row
from mlwright.kernel.stores.postgresql import Postgresql
from mlwright.kernel.stores.sqlite import Sqlite
from mlwright.kernel.transaction import Transaction as Transaction
from mlwright.kernel.writes import Write, run_together

_SOON_S = 0.05
_BEHIND = 20_000
_TRIES = 5
_IDLE = 16
_T = TypeVar("_T")
_log = logging.getLogger("mlwright.store")


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
        self._spares: deque[Connection] = deque()
        self._writer: Connection | None = None
        self._turn = threading.Lock()
        self._queue: deque[Write] = deque()
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
        return current.write(sql, args) if current is not None else self._commit(Write(sql, [args], soon=False))

    def write_many(self, sql: str, many: Iterable[Sequence[Any]]) -> None:
        """Run a statement once per sequence of arguments: all of them or none. Durable when it returns."""
        current = self._current()
        if current is not None:
            current.write_many(sql, many)
        elif listed := list(many):
            self._commit(Write(sql, listed, soon=False))

    def write_soon(self, sql: str, many: Iterable[Sequence[Any]]) -> None:
        """Queue a statement, in order with all other writes; durable at the next `flush`, or within some 50 ms.

        Does not wait for the disk, unless 20,000 statements are queued already: then it helps to write them. What
        fails later is logged, and raised by the next `flush`.
        """
        listed = list(many)
        if not listed:
            return
        self._check_open()
        self._queue.append(Write(sql, listed, soon=True))
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
        transaction then runs beside others, for statements that lock their rows (`for update skip locked`). A
        transaction belongs to its thread: do not await inside one.
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
        idle = _last(self._spares)
        try:
            connection = self._begin(idle, alone=False)
        except BaseException:
            if idle is not None:
                idle.close()
            raise
        try:
            with self._inside(connection) as transaction:
                yield transaction
        finally:
            self._give_back(connection, self._spares)

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
                for idle in (self._readers, self._spares):
                    while idle:
                        idle.pop().close()

    def _current(self) -> Transaction | None:
        return getattr(self._mine, "transaction", None)

    def _check_open(self) -> None:
        if self._closed.is_set():
            raise UserError(f"the store {self.place} is closed", hint="open it again")

    def _reading(self, use: Callable[[Connection], _T]) -> _T:
        self._check_open()
        while True:
            idle = _last(self._readers)
            connection = idle or self._engine.reader()
            try:
                return use(connection)
            except TransientError:
                if idle is None or not idle.broken:
                    raise
            finally:
                self._give_back(connection, self._readers)

    def _give_back(self, connection: Connection, to: deque[Connection]) -> None:
        if connection.broken or self._closed.is_set() or len(to) >= _IDLE:
            connection.close()
        else:
            to.append(connection)

    def _begin(self, connection: Connection | None, *, alone: bool) -> Connection:
        """A connection inside a new transaction: this one, or where it was lost meanwhile a new one."""
        if connection is not None:
            try:
                connection.begin(alone=alone)
            except TransientError:
                if not connection.broken:
                    raise
                connection.close()
            else:
                return connection
        fresh = self._engine.writer()
        try:
            fresh.begin(alone=alone)
        except BaseException:
            fresh.close()
            raise
        return fresh

    def _begun(self, *, alone: bool) -> Connection:
        self._check_open()
        self._writer = self._begin(self._writer, alone=alone)
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

    def _commit(self, op: Write) -> int:
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

    def _commit_together(self, ops: Sequence[Write]) -> None:
        for tries_left in range(_TRIES - 1, -1, -1):
            connection = self._begun(alone=False)
            try:
                run_together(ops, connection)
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
        while not self._closed.is_set() and self._wake.wait() and not self._closed.wait(_SOON_S):
            with self._turn:
                self._commit_queued()


def _last(idle: deque[Connection]) -> Connection | None:
    try:
        return idle.pop()
    except IndexError:
        return None


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
