"""Connections of the index `pgvector`: kept open between questions, and opened again where a server has restarted."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg.adapt import Buffer, Dumper, Loader
from psycopg.pq import Format
from psycopg.rows import dict_row
from psycopg.types import TypeInfo

from mlwright.kernel.errors import ProviderError, TransientError, UserError
from mlwright.kernel.stores.postgresql import in_our_words

if TYPE_CHECKING:
    Connection = psycopg.Connection[dict[str, Any]]

T = TypeVar("T")

_IDLE = 8
_HINT = "install it on the server (https://github.com/pgvector/pgvector#installation), version 0.8 or later"


class Packed(bytes):
    """A vector in the server's own form."""


class Ints(bytes):
    """An array of 4-byte integers in the server's own form."""


class Shorts(bytes):
    """An array of 2-byte integers in the server's own form."""


class _Bytes(Dumper):
    """Sends bytes that are in the server's form already."""

    format = Format.BINARY

    def dump(self, obj: bytes) -> Buffer:
        return bytes(obj)


class _IntsDumper(_Bytes):
    oid = 1007


class _ShortsDumper(_Bytes):
    oid = 1005


class _Raw(Loader):
    """Gives a value in the server's form."""

    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class Connections:
    """Connections to one database. Safe to use from several threads; each takes one of its own."""

    def __init__(self, url: str, settings: Mapping[str, str]) -> None:
        """`settings` are set on each. Nothing is opened before the first use. Raises UserError if `url` is none."""
        try:
            parts = psycopg.conninfo.conninfo_to_dict(url)
        except psycopg.ProgrammingError as error:
            raise UserError(
                f"the address of the index is not understood: {str(error).strip()}",
                hint="write postgresql://user:password@host:5432/database",
            ) from error
        self.place = f"the index in postgresql://{parts.get('host', 'localhost')}/{parts.get('dbname', '')}"
        self._url, self._settings = url, settings
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    def read(self, ask: "Callable[[Connection], T]") -> T:
        """Ask something that changes nothing. A connection that the server has meanwhile closed is replaced once."""
        with self._lock:
            waiting = bool(self._idle)
        try:
            with self.use() as connection:
                return ask(connection)
        except TransientError:
            if not waiting:
                raise
        self.close()
        with self.use() as connection:
            return ask(connection)

    @contextmanager
    def use(self) -> "Iterator[Connection]":
        """A connection of one's own, outside a transaction. Errors of the server in our words."""
        with in_our_words(psycopg, self.place):
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            connection = connection or self._open()
            try:
                yield connection
            except BaseException:
                connection.close()  # in what state it is, is not worth knowing
                raise
            with self._lock:
                if len(self._idle) < _IDLE:
                    self._idle.append(connection)
                    return
            connection.close()

    def close(self) -> None:
        """Close those that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _open(self) -> "Connection":
        connection = psycopg.connect(
            self._url, autocommit=True, connect_timeout=10, application_name="mlwright", row_factory=dict_row
        )
        try:
            vector = TypeInfo.fetch(connection, "vector") or self._extend(connection)
            self._teach(connection, vector)
            for name, value in self._settings.items():
                connection.execute("select set_config(%s, %s, false)", (name, value))
        except BaseException:
            connection.close()
            raise
        return connection

    def _extend(self, connection: "Connection") -> TypeInfo:
        """Make the extension where the server has it. Raises ProviderError where it has not, or an old one."""
        try:
            connection.execute("create extension if not exists vector")
        except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile) as error:
            raise ProviderError(f"{self.place}: the server has no extension `vector`", hint=_HINT) from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise ProviderError(
                f"{self.place}: the extension `vector` is not made yet, and this user may not make it",
                hint="let an administrator run `create extension vector` in this database",
            ) from error
        except psycopg.errors.UniqueViolation:
            pass  # somebody else has made it at the same moment
        found = TypeInfo.fetch(connection, "vector")
        if found is None:
            raise ProviderError(
                f"{self.place}: the extension `vector` is in a schema outside the search path",
                hint="put its schema on the search_path of the address: …?options=-csearch_path%3Dmine,public",
            )
        return found

    @staticmethod
    def _teach(connection: "Connection", vector: TypeInfo) -> None:
        class VectorDumper(_Bytes):
            oid = vector.oid

        vector.register(connection)
        connection.adapters.register_dumper(Packed, VectorDumper)
        connection.adapters.register_dumper(Ints, _IntsDumper)
        connection.adapters.register_dumper(Shorts, _ShortsDumper)
        for oid in (vector.oid, _IntsDumper.oid, _ShortsDumper.oid):
            connection.adapters.register_loader(oid, _Raw)
