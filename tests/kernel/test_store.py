"""The store on both engines, and what is special about each."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mlwright.kernel.clock import ManualClock
from mlwright.kernel.errors import NotFound, ProviderError, TransientError, UserError
from mlwright.kernel.store import Store, open_store
from mlwright.kernel.stores import Connection
from mlwright.kernel.stores.sqlite import Sqlite, SqliteConnection
from mlwright.testing.store import StoreSuite, TightSqlite


class TestSqlite(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        store = open_store(f"sqlite:///{tmp_path / 'deep' / 'mlwright.db'}")
        yield store
        store.close()


class TestPostgresql(StoreSuite):
    @pytest.fixture
    def store(self, postgresql_url: str) -> Iterator[Store]:
        store = open_store(postgresql_url)
        yield store
        store.close()


ADD = "insert into pair (key, value) values (?, ?)"


def _pairs(store: Store) -> Store:
    store.write("create table pair (key bigint primary key, value text not null)")
    return store


def _keys(store: Store) -> list[int]:
    return [row["key"] for row in store.rows("select key from pair order by key")]


def test_a_full_disk_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    store = _pairs(Store(TightSqlite(tmp_path / "x.db", ManualClock(), pages=20)))
    acknowledged = []
    with pytest.raises(ProviderError, match="no space is left") as full:
        for key in range(1000):
            store.write(ADD, (key, "x" * 1000))
            acknowledged.append(key)
    assert "free some disk space" in full.value.hint
    with pytest.raises(ProviderError, match="no space"), store.transaction() as transaction:
        transaction.write_many(ADD, [(key, "x" * 1000) for key in range(2000, 2100)])
    store.write_soon(ADD, [(key, "x" * 1000) for key in range(3000, 3100)])
    with pytest.raises(ProviderError, match="no space"):
        store.flush()
    assert _keys(store) == acknowledged
    store.write("delete from pair where key > ?", (5,))
    store.write(ADD, (6, "room again"))
    assert _keys(store) == [0, 1, 2, 3, 4, 5, 6]
    store.close()


def test_another_process_that_writes_for_too_long(tmp_path: Path) -> None:
    store = _pairs(Store(Sqlite(tmp_path / "x.db", ManualClock(), wait_s=0.05)))
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(TransientError, match="is being written by another process"):
        store.write(ADD, (1, "a"))
    with pytest.raises(TransientError, match="is being written"), store.transaction():
        raise AssertionError("two wrote at once")
    assert _keys(store) == [], "readers do not wait"
    other.execute("rollback")
    other.close()
    store.write(ADD, (1, "a"))
    assert _keys(store) == [1]
    store.close()


@pytest.mark.parametrize("damage", ["header", "page"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "x.db"
    store = _pairs(open_store(path))
    store.write_many(ADD, [(key, "x" * 500) for key in range(200)])
    store.close()
    with path.open("r+b") as file:
        file.seek(0 if damage == "header" else 4096)
        file.write(b"\xff" * 4096 * (1 if damage == "header" else 10))
    with pytest.raises(ProviderError, match=r"x\.db is damaged or is not") as refused, closing_store(path) as store:
        _keys(store)
    assert "backups" in refused.value.hint


@contextmanager
def closing_store(path: Path) -> Iterator[Store]:
    store = open_store(path)
    try:
        yield store
    finally:
        store.close()


def test_places_that_cannot_be_a_store(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database " * 500, "utf-8")
    with pytest.raises(ProviderError, match="is not a SQLite file"):
        open_store(tmp_path / "text")
    with pytest.raises(ProviderError, match="cannot be opened"):
        open_store(tmp_path)
    with pytest.raises(ProviderError, match="cannot be made"):
        open_store(tmp_path / "text" / "x.db")
    with pytest.raises(UserError, match="mysql://"):
        open_store("mysql://host/database")


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="users are of Unix")
def test_a_file_of_somebody_else_is_named() -> None:
    folder = Path(tempfile.mkdtemp())
    _pairs(store := open_store(folder / "x.db"))
    store.close()
    (folder / "x.db").chmod(0o444)
    folder.chmod(0o555)
    root = os.geteuid() == 0
    try:
        if root:
            os.seteuid(65534)
        with pytest.raises(ProviderError, match="cannot be"), closing_store(folder / "x.db") as store:
            store.write(ADD, (1, "a"))
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


class _InterruptedConnection(SqliteConnection):
    def write(self, sql: str, args: Sequence[Any]) -> int:
        if args[1:] == ("ctrl-c",) and threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        return super().write(sql, args)


class _Interrupted(Sqlite):
    def writer(self) -> Connection:
        return _InterruptedConnection(sqlite3.connect(self.path, isolation_level=None, check_same_thread=False), "x")


def test_ctrl_c_in_one_writer_loses_nothing_of_others(tmp_path: Path) -> None:
    store = _pairs(Store(_Interrupted(tmp_path / "x.db", ManualClock())))
    with pytest.raises(KeyboardInterrupt), store.transaction():
        store.write(ADD, (1, "dropped"))
        store.write(ADD, (2, "ctrl-c"))
    for key in range(1000):
        store.write_soon(ADD, [(key, "soon")])
        try:
            store.write(ADD, (-1, "ctrl-c"))
        except KeyboardInterrupt:
            break
        store.write("delete from pair where key = -1")  # the thread in the background was faster
    store.flush()
    assert _keys(store) == [*range(key + 1)]
    store.close()


_KILLED = """
import sys, threading
from mlwright.kernel.store import open_store
store = open_store(sys.argv[1])
said = threading.Lock()
def work(start):
    for key in range(start, start + 1_000_000):
        if key % 3 == 0:
            store.write("insert into pair (key, value) values (?, ?)", (key, "x" * 100))
        elif key % 3 == 1:
            store.write_soon("insert into pair (key, value) values (?, ?)", [(key, "x" * 100)])
            store.flush()
        else:
            with store.transaction() as transaction:
                transaction.write("insert into pair (key, value) values (?, ?)", (-key, "half"))
                transaction.write("insert into pair (key, value) values (?, ?)", (key, "whole"))
        with said:
            print(key, flush=True)
for number in range(6):
    threading.Thread(target=work, args=(number * 1_000_000,)).start()
"""


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of Unix")
@pytest.mark.parametrize("lines", [1, 77, 500, 1999])
def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "x.db"
    with closing_store(path) as store:
        _pairs(store)
    with subprocess.Popen([sys.executable, "-c", _KILLED, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        acknowledged = {int(process.stdout.readline()) for _ in range(lines)}
        process.send_signal(signal.SIGKILL)
        acknowledged |= {int(line) for line in process.stdout if line.endswith("\n")}
    with closing_store(path) as store:
        keys = set(_keys(store))
        assert acknowledged <= keys
        assert {-key for key in keys if key < 0} == {key for key in keys if key > 0 and key % 3 == 2}
        assert store.rows("pragma integrity_check") == [{"integrity_check": "ok"}]


def test_lost_connections_are_opened_again(postgresql_url: str, postgresql_server: str) -> None:
    import psycopg

    store = _pairs(open_store(postgresql_url))

    def cut() -> None:
        with psycopg.connect(postgresql_server, autocommit=True) as admin:
            ends = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'mlwright'"
            admin.execute(ends)

    assert _keys(store) == []
    cut()
    assert _keys(store) == []
    store.write(ADD, (1, "a"))
    cut()
    store.write(ADD, (2, "b"))
    cut()
    with store.transaction() as transaction:
        transaction.write(ADD, (3, "c"))
    for key in (-1, -2):
        with store.transaction(alone=False) as transaction:
            transaction.write(ADD, (key, "beside others"))
        cut()
    with pytest.raises(TransientError, match="cannot be reached"), store.transaction() as transaction:
        transaction.write(ADD, (4, "d"))
        cut()
        transaction.write(ADD, (5, "e"))
    assert _keys(store) == [-2, -1, 1, 2, 3]
    store.close()


def test_servers_that_cannot_be_used_are_named(postgresql_server: str) -> None:
    with pytest.raises(NotFound, match="no_such"):
        open_store(postgresql_server.replace("/postgres?", "/no_such?")).rows("select 1")
    with pytest.raises(TransientError, match=r"postgresql://127.0.0.1:1/x cannot be reached") as refused:
        open_store("postgresql://me:secret@127.0.0.1:1/x").rows("select 1")
    assert "secret" not in str(refused.value)
    with pytest.raises(UserError, match="not understood"):
        open_store("postgresql://%zz")


def test_deadlocks_are_written_again(postgresql_url: str) -> None:
    one, two = _pairs(open_store(postgresql_url)), open_store(postgresql_url)
    one.write_many(ADD, [(key, "0") for key in range(6)])
    errors: list[BaseException] = []

    def work(store: Store, keys: list[int]) -> None:
        try:
            for _ in range(25):
                store.write_many("update pair set value = 'x' where key = ?", [(key,) for key in keys])
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=job) for job in ((one, [*range(6)]), (two, [*range(5, -1, -1)]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    one.close()
    two.close()
