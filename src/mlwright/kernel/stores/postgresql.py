"""PostgreSQL 15 or later, for many machines, through psycopg 3 (extra `postgresql`).

A workspace is one schema of one database. Writers take a shared advisory lock of that schema, and a transaction that
asked to be alone an exclusive one, so that "alone" means the same as on SQLite: nobody else writes until it ends.
Values that come back are made equal to SQLite's: numeric becomes int or float, and truth values become 0 or 1.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlwright.kernel.errors import Conflict, MlwrightError, NotFound, ProviderError, TransientError, UserError
from mlwright.kernel.parts import need
from mlwright.kernel.stores import VALUES, Connection, Name, Row
from mlwright.kernel.stores._sql import percent_s, postgresql_types, split

if TYPE_CHECKING:
    import psycopg
    from psycopg.adapt import AdaptersMap

_WAIT = "20s"
_LOCK = "begin; select pg_advisory_xact_lock{shared}(1835825522, hashtext(current_schema()))"


class Postgresql:
    """One database. Raises MissingExtra without psycopg; it connects on first use."""

    name: Name = "postgresql"

    def __init__(self, url: str) -> None:
        self._psycopg = need("psycopg", "postgresql")
        self._url = url
        try:
            parts = self._psycopg.conninfo.conninfo_to_dict(url)
        except self._psycopg.ProgrammingError as error:
            raise UserError(
                f"the address of the store is not understood: {str(error).strip()}",
                hint="write postgresql://user:password@host:5432/database",
            ) from error
        port = f":{parts['port']}" if "port" in parts else ""
        self.place = f"postgresql://{parts.get('host', 'localhost')}{port}/{parts.get('dbname', '')}"

    def reader(self) -> Connection:
        return self._connect("set default_transaction_read_only = on")

    def writer(self) -> Connection:
        return self._connect(f"set lock_timeout = '{_WAIT}'")

    def statements(self, script: str, *, variant: bool) -> list[str]:
        """A variant goes to the server as it is, in one piece; the common subset is translated."""
        return [script] if variant else [postgresql_types(statement) for statement in split(script)]

    def back_up(self, label: str) -> Path | None:
        """Nothing: a server has operators and `pg_dump`, and each migration is one transaction."""
        return None

    def _connect(self, setting: str) -> "PostgresqlConnection":
        with in_our_words(self._psycopg, self.place):
            raw = self._psycopg.connect(
                self._url, autocommit=True, connect_timeout=10, application_name="mlwright", context=_adapters()
            )
            try:
                raw.execute(setting)
                if raw.info.server_version < 150000:
                    raise ProviderError(
                        f"{self.place} is PostgreSQL {raw.info.server_version // 10000}", hint="use version 15 or later"
                    )
            except BaseException:
                raw.close()
                raise
        return PostgresqlConnection(raw, self._psycopg, self.place)


class PostgresqlConnection:
    """One connection to the server."""

    def __init__(self, raw: "psycopg.Connection[tuple[Any, ...]]", psycopg: Any, place: str) -> None:
        self._raw, self._psycopg, self._place = raw, psycopg, place

    def rows(self, sql: str, args: Sequence[Any]) -> list[Row]:
        with in_our_words(self._psycopg, self._place):
            cursor = self._execute(sql, args)
            found = cursor.fetchall()
        if not found:
            return []
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found]

    def write(self, sql: str, args: Sequence[Any]) -> int:
        with in_our_words(self._psycopg, self._place):
            return max(0, self._execute(sql, args).rowcount)

    def write_many(self, sql: str, many: Iterable[Sequence[Any]]) -> None:
        with in_our_words(self._psycopg, self._place), self._raw.cursor() as cursor:
            cursor.executemany(percent_s(sql).encode(), many)

    def begin(self, *, alone: bool) -> None:
        self.write(_LOCK.format(shared="" if alone else "_shared"), ())

    def commit(self) -> None:
        try:
            self.write("commit", ())
        except TransientError as error:
            if self.broken:
                error.retry_after = None  # it may have been done: nobody can tell, so it is not run again
                error.hint = "look whether the last change is there before you repeat it"
            raise

    def rollback(self) -> None:
        if not self.broken and self.in_transaction:
            self.write("rollback", ())

    @property
    def in_transaction(self) -> bool:
        return not self.broken and self._raw.info.transaction_status != self._psycopg.pq.TransactionStatus.IDLE

    @property
    def broken(self) -> bool:
        return self._raw.closed

    def close(self) -> None:
        self._raw.close()

    def _execute(self, sql: str, args: Sequence[Any]) -> "psycopg.Cursor[tuple[Any, ...]]":
        # without arguments the text goes as it is: no `%` is special, and a variant may hold many statements
        return self._raw.execute(percent_s(sql).encode(), args) if args else self._raw.execute(sql.encode())


@cache
def _adapters() -> "AdaptersMap":
    """What psycopg knows, and besides: numeric as int or float, truth values as 0 or 1, both ways."""
    from psycopg import adapters
    from psycopg.adapt import AdaptersMap, Buffer, Dumper, Loader

    class Number(Loader):
        def load(self, data: Buffer) -> int | float:
            text = bytes(data)
            return float(text) if b"." in text or not text.lstrip(b"-").isdigit() else int(text)

    class TruthOut(Loader):
        def load(self, data: Buffer) -> int:
            return int(bytes(data) == b"t")

    class TruthIn(Dumper):
        oid = 20  # bigint

        def dump(self, obj: bool) -> bytes:
            return b"1" if obj else b"0"

    own = AdaptersMap(adapters)
    own.register_loader("numeric", Number)
    own.register_loader("bool", TruthOut)
    own.register_dumper(bool, TruthIn)
    return own


@contextmanager
def in_our_words(psycopg: Any, place: str) -> Iterator[None]:
    """Errors of psycopg and of values that no column can hold, in our words."""
    try:
        yield
    except psycopg.Error as error:
        raise _error(error, place) from error
    except (OverflowError, TypeError, ValueError) as error:
        raise UserError(f"a value cannot be kept in {place}: {error}", hint=VALUES) from error


def _error(error: "psycopg.Error", place: str) -> MlwrightError:
    state, kind, text = error.sqlstate or "", type(error).__name__, str(error).strip()
    if state[:2] == "23":
        return Conflict(f"{place}: {text}", hint="the row exists already, or names one that does not")
    if state in ("40001", "40P01"):
        return TransientError(f"{place}: {text}", hint="try again", retry_after=0)
    if state == "55P03":
        return TransientError(
            f"{place} is being written by another process", hint="wait for it to end, or stop it, and try again"
        )
    if state[:2] == "28":
        return ProviderError(
            f"{place} refused the login: {text}", hint="check user and password of the store's address"
        )
    if state == "3D000" or (not state and "does not exist" in text and "database" in text):
        return NotFound(f"{place}: {text}", hint="create it with createdb, or correct the store's address")
    if state[:2] == "53":
        return ProviderError(
            f"{place} is out of space, memory or connections: {text}",
            hint="give the server more of it and repeat; what was written before is intact",
        )
    if state in ("25006", "42501"):
        return ProviderError(
            f"{place} cannot be written: {text}",
            hint="give this user the right to write the schema (`rows` and `one` never write)",
        )
    if state[:2] in ("08", "57") or (not state and kind == "OperationalError"):
        return TransientError(
            f"{place} cannot be reached: {text}", hint="start the server, or correct the store's address", retry_after=0
        )
    if state[:2] == "22" or (not state and kind in ("DataError", "ProgrammingError") and "placeholders" not in text):
        return UserError(f"a value cannot be kept in {place}: {text}", hint=VALUES)
    return ProviderError(f"{place} refused a statement: {text}", hint="this is a bug of the caller; please report it")
