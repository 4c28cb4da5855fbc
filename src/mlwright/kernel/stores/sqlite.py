"""SQLite in WAL mode: the embedded engine, one file.

Durability: `synchronous = FULL`, so a commit returns after the log was synced to disk, and an acknowledged write
survives a crash of the process, of the system, and a loss of power (on macOS too: `fullfsync`). The store commits the
writes of many threads together, which is what makes that cheap.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlwright.kernel.clock import Clock
from mlwright.kernel.errors import Conflict, MlwrightError, ProviderError, TransientError, UserError
from mlwright.kernel.stores import VALUES, Connection, Name, Row
from mlwright.kernel.stores._sql import split

_WAIT_S = 20.0
"""How long a writer waits for a writer of another process."""
_PRAGMAS = (
    "synchronous = full",
    "fullfsync = on",
    "foreign_keys = on",
    "case_sensitive_like = on",
    "cache_size = -16000",
    "temp_store = memory",
)


class Sqlite:
    """One database file. Its folder is made if need be; ProviderError where that is not possible."""

    name: Name = "sqlite"

    def __init__(self, path: Path, clock: Clock, *, wait_s: float = _WAIT_S) -> None:
        self.path, self.place = path, str(path)
        self._clock, self._wait_s = clock, wait_s
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ProviderError(
                f"the folder of {path} cannot be made: {error.strerror}", hint="choose a folder that you may write to"
            ) from error
        with _clear(self.place):
            first = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
            try:
                (mode,) = first.execute("pragma journal_mode = wal").fetchone()
            finally:
                first.close()
        if mode != "wal":
            raise ProviderError(
                f"{path} lies on a file system without shared memory, which SQLite needs here",
                hint="keep the workspace on a local disk, or use a postgresql:// store",
            )

    def reader(self) -> Connection:
        return self._connect("query_only = on")

    def writer(self) -> Connection:
        return self._connect("wal_autocheckpoint = 2000")

    def statements(self, script: str, *, variant: bool) -> list[str]:
        """Cut at semicolons, but not inside a trigger, which only a variant may hold."""
        found, held = [], ""
        for piece in split(script):
            held = f"{held};\n{piece}" if held else piece
            if sqlite3.complete_statement(held + ";"):
                found.append(held)
                held = ""
        return [*found, held] if held else found

    def back_up(self, label: str) -> Path | None:
        """A consistent copy in `backups` beside the file, whole or not there at all."""
        at = self._clock.now()
        target = self.path.parent / "backups" / f"{self.path.stem}-{at:%Y%m%dT%H%M%S%f}-{label}.db"
        unfinished = target.with_suffix(".part")
        with _clear(str(target)):
            target.parent.mkdir(parents=True, exist_ok=True)
            source, copy = sqlite3.connect(self.path, timeout=self._wait_s), sqlite3.connect(unfinished)
            try:
                source.backup(copy)  # in one step: in small ones it starts again at every write, and may never end
            finally:
                copy.close()
                source.close()
            unfinished.replace(target)
        return target

    def _connect(self, *more: str) -> "SqliteConnection":
        with _clear(self.place):
            raw = sqlite3.connect(
                self.path, timeout=self._wait_s, isolation_level=None, check_same_thread=False, cached_statements=256
            )
            try:
                for pragma in (*_PRAGMAS, *more):
                    raw.execute(f"pragma {pragma}")
            except BaseException:
                raw.close()
                raise
        return SqliteConnection(raw, self.place)


class SqliteConnection:
    """One connection to the file."""

    def __init__(self, raw: sqlite3.Connection, place: str) -> None:
        self._raw, self._place = raw, place

    def rows(self, sql: str, args: Sequence[Any]) -> list[Row]:
        with _clear(self._place):
            cursor = self._raw.execute(sql, args)
            found = cursor.fetchall()
        if not found:
            return []
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in found]

    def write(self, sql: str, args: Sequence[Any]) -> int:
        with _clear(self._place):
            return max(0, self._raw.execute(sql, args).rowcount)

    def write_many(self, sql: str, many: Iterable[Sequence[Any]]) -> None:
        with _clear(self._place):
            self._raw.executemany(sql, many)

    def begin(self, *, alone: bool) -> None:
        self.write("begin immediate", ())

    def commit(self) -> None:
        try:
            self.write("commit", ())
        except MlwrightError:
            self.rollback()
            raise

    def rollback(self) -> None:
        if self._raw.in_transaction:
            self.write("rollback", ())

    @property
    def in_transaction(self) -> bool:
        return self._raw.in_transaction

    @property
    def broken(self) -> bool:
        return False

    def close(self) -> None:
        with _clear(self._place):
            self._raw.close()


@contextmanager
def _clear(place: str) -> Iterator[None]:
    """Errors of SQLite, of the file system and of values that no column can hold, in our words."""
    try:
        yield
    except sqlite3.Error as error:
        raise _error(error, place) from error
    except OSError as error:
        raise ProviderError(
            f"{place}: {error.strerror}", hint="check the path, its permissions and the disk"
        ) from error
    except (OverflowError, TypeError, ValueError) as error:
        raise UserError(f"a value cannot be kept in {place}: {error}", hint=VALUES) from error


def _error(error: sqlite3.Error, place: str) -> MlwrightError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return TransientError(
            f"{place} is being written by another process", hint="wait for it to end, or stop it, and try again"
        )
    if code == sqlite3.SQLITE_FULL:
        return ProviderError(
            f"no space is left for {place}", hint="free some disk space and repeat; what was written before is intact"
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return ProviderError(
            f"{place} cannot be written: {error}",
            hint="give this user the right to write the file and its folder (`rows` and `one` never write)",
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return ProviderError(
            f"{place} is damaged or is not a SQLite file: {error}",
            hint="move it away and restore the newest file of the folder backups beside it",
        )
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR):
        return ProviderError(
            f"{place} cannot be opened or read: {error}", hint="check the path, its permissions and the disk"
        )
    if isinstance(error, sqlite3.ProgrammingError | sqlite3.InterfaceError) and str(error).startswith("Error binding"):
        return UserError(f"a value cannot be kept in {place}: {error}", hint=VALUES)
    if isinstance(error, sqlite3.IntegrityError):
        return Conflict(f"{place}: {error}", hint="the row exists already, or names one that does not")
    return ProviderError(f"{place} refused a statement: {error}", hint="this is a bug of the caller; please report it")
