"""Migrations on both engines: once, in order, whole, by hash, and with a copy before an upgrade."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlwright.kernel.errors import Conflict, NotFound, ProviderError
from mlwright.kernel.ids import new_id
from mlwright.kernel.store import Store, open_store
from mlwright.kernel.stores._sql import percent_s, postgresql_types, split

Room = Callable[..., str]
FIRST = "create table {t} (id text primary key, text text, data blob); -- a; b\ncreate index {t}_i on {t} (text);"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Writes migrations of a package that can be imported; gives its name."""
    monkeypatch.syspath_prepend(tmp_path)
    name = f"room_{new_id()}"
    folder = tmp_path / name / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / name / "__init__.py").write_text("", "utf-8")

    def write(**scripts: str) -> str:
        for file, script in scripts.items():
            (folder / f"{file.lstrip('_').replace('__', '.')}.sql").write_text(script.replace("{t}", "thing"), "utf-8")
        return name

    return write


def test_each_is_applied_once_in_order(any_store: Store, room: Room) -> None:
    package = room(_0001_first=FIRST, _0002_more="alter table {t} add column more blob")
    assert any_store.migrate(package) == 2
    assert any_store.migrate(package) == 0
    any_store.write("insert into thing values (?, ?, ?, ?)", ("a", "b", b"\0c", b"d"))
    assert any_store.rows("select * from thing") == [{"id": "a", "text": "b", "data": b"\0c", "more": b"d"}]
    room(_0003_last="create table last (a bigint)")
    assert any_store.migrate(package) == 1


def test_a_failing_one_leaves_nothing(any_store: Store, room: Room) -> None:
    package = room(_0001_first=FIRST, _0002_bad="create table half (a bigint); insert into nowhere values (1)")
    with pytest.raises(ProviderError, match="nowhere"):
        any_store.migrate(package)
    with pytest.raises(ProviderError, match="half"):
        any_store.rows("select * from half")
    room(_0002_bad="create table half (a bigint)")
    assert any_store.migrate(package) == 1


def test_an_edited_one_is_a_conflict(any_store: Store, room: Room) -> None:
    package = room(_0001_first=FIRST)
    any_store.migrate(package)
    room(_0001_first=FIRST.replace("\n", "\r\n"))
    assert any_store.migrate(package) == 0, "line ends are not an edit"
    room(_0001_first=FIRST + "\ncreate table extra (a bigint);")
    with pytest.raises(Conflict, match="was edited after it was applied") as refused:
        any_store.migrate(package)
    assert "next number" in refused.value.hint


def test_a_newer_database_is_a_conflict(any_store: Store, room: Room, tmp_path: Path) -> None:
    package = room(_0001_first=FIRST, _0002_new="create table newer (a bigint)")
    any_store.migrate(package)
    (tmp_path / package / "migrations" / "0002_new.sql").unlink()
    with pytest.raises(Conflict, match=r"newer mlwright: it holds 0002_new.sql") as refused:
        any_store.migrate(package)
    assert "upgrade mlwright" in refused.value.hint


def test_a_variant_is_taken_for_its_engine(any_store: Store, room: Room) -> None:
    package = room(
        _0001_first="create table which (engine text)",
        _0002_one__sqlite="create trigger t after insert on which begin delete from which where engine = 'x'; "
        "update which set engine = 'sqlite'; end; create table after_trigger (a bigint);",
        _0002_one__postgresql="create function f() returns trigger as $$ begin new.engine := 'postgresql'; return new; "
        "end $$ language plpgsql; create trigger t before insert on which for each row execute function f();",
    )
    assert any_store.migrate(package) == 2
    any_store.write("insert into which values (?)", ("?",))
    assert any_store.one("select * from which") == {"engine": any_store.engine}


def test_two_of_one_number_and_none_at_all(any_store: Store, room: Room) -> None:
    with pytest.raises(NotFound, match="has no migrations"):
        any_store.migrate(room())
    with pytest.raises(Conflict, match="two migrations 0001"):
        any_store.migrate(room(_0001_a="create table a (x bigint)", _0001_b="create table b (x bigint)"))


def test_an_upgrade_keeps_a_copy_of_what_was(tmp_path: Path, room: Room) -> None:
    store = open_store(tmp_path / "home" / "mlwright.db")
    package = room(_0001_first=FIRST)
    store.migrate(package)
    store.migrate("mlwright.kernel")
    assert not (tmp_path / "home" / "backups").exists(), "nothing was upgraded yet"
    store.write("insert into thing (id) values ('before')")
    room(_0002_more="delete from thing")
    store.migrate(package)
    assert store.rows("select * from thing") == []
    store.close()
    (copy,) = (tmp_path / "home" / "backups").iterdir()
    assert copy.name.endswith(f"-before-{package}-0002.db")
    saved = sqlite3.connect(copy)
    assert saved.execute("select id from thing").fetchall() == [("before",)]
    saved.close()


_MIGRATE = """
import sys
from mlwright.kernel.store import open_store
sys.path.insert(0, sys.argv[2])
sys.stdin.readline()
store = open_store(sys.argv[1])
print(store.migrate(sys.argv[3]))
store.close()
"""


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_processes_that_migrate_at_once(
    engine: str, tmp_path: Path, room: Room, request: pytest.FixtureRequest
) -> None:
    url = str(tmp_path / "x.db") if engine == "sqlite" else request.getfixturevalue("postgresql_url")
    package = room(**{f"_{n:04}_step": f"create table step{n} (a bigint)" for n in range(1, 6)})
    command = [sys.executable, "-W", "error", "-c", _MIGRATE, url, str(tmp_path), package]
    processes = [subprocess.Popen(command, stdin=-1, stdout=-1, stderr=-1, text=True) for _ in range(4)]
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate() for process in processes]
    assert [err for _, err in said] == [""] * 4
    assert sum(int(out) for out, _ in said) == 5


def test_sql_is_split_where_statements_end() -> None:
    script = "a 'x;''y' \"q;\" -- c;\n; /* ; */ b;\n\n;; c"
    assert split(script) == ["a 'x;''y' \"q;\"", "b", "c"]


def test_percent_s() -> None:
    sql = "select '?%', \"a?\" /* ? */ from t where x = ? and y % 2 = ? -- ?"
    assert percent_s(sql) == "select '?%%', \"a?\" /* ? */ from t where x = %s and y %% 2 = %s -- ?"


def test_postgresql_types() -> None:
    c = 'text collate "C"'
    assert postgresql_types("create table text (text text, blob blob, primary key (text, blob))") == (
        f"create table text (text {c}, blob bytea, primary key (text, blob))"
    )
    assert postgresql_types("CREATE TABLE IF NOT EXISTS t (\"text\" TEXT check (\"text\" in ('text', 'blob')))") == (
        f"CREATE TABLE IF NOT EXISTS t (\"text\" {c} check (\"text\" in ('text', 'blob')))"
    )
    assert (
        postgresql_types("alter table t add column blob blob not null")
        == "alter table t add column blob bytea not null"
    )
    assert postgresql_types("alter table t add text text") == f"alter table t add text {c}"
    assert postgresql_types("create index text on t (text)") == "create index text on t (text)"
