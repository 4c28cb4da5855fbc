"""Numbered SQL files of a room, applied once, in order, each in one transaction, and remembered by their hash."""

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Protocol

from mlwright.kernel.errors import Conflict, NotFound
from mlwright.kernel.ids import digest
from mlwright.kernel.stores import Engine, Row

_FILE = re.compile(r"(\d{4})_[a-z0-9_]+?(?:\.(sqlite|postgresql))?\.sql")
_TABLE = """create table if not exists kernel_migration (
  room text not null, number bigint not null, name text not null, sha256 text not null, primary key (room, number)
)"""


class _Writes(Protocol):
    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[Row]: ...
    def write(self, sql: str, args: Sequence[Any] = ()) -> int: ...


class _Database(Protocol):
    def transaction(self) -> AbstractContextManager[_Writes]: ...


@dataclass(frozen=True, slots=True)
class _Step:
    number: int
    name: str
    script: str
    variant: bool

    @property
    def sha256(self) -> str:
        return digest(self.script.encode())


def migrate(database: _Database, engine: Engine, package: str) -> int:
    """Bring the tables of `package` up to date; how many files were applied.

    Safe when several processes do it at once: each step looks again, alone, before it acts. A SQLite file that holds
    an older version of the room is copied to `backups` first. Raises Conflict where an applied file was edited or the
    database knows a later one, and NotFound where the package has none.
    """
    steps = _steps(package, engine.name)
    with database.transaction() as alone:
        for statement in engine.statements(_TABLE, variant=False):
            alone.write(statement)
        pending = _pending(alone, package, steps, engine.place)
    if pending and len(pending) < len(steps):
        engine.back_up(f"before-{package.rpartition('.')[2]}-{pending[0].number:04}")
    applied = 0
    for step in pending:
        with database.transaction() as alone:
            if step in _pending(alone, package, steps, engine.place):
                _apply(alone, engine, package, step)
                applied += 1
    return applied


def _steps(package: str, engine: str) -> list[_Step]:
    found: dict[int, _Step] = {}
    for step in _files(package, engine):
        other = found.get(step.number)
        if other and other.variant == step.variant:
            raise Conflict(f"{package} has two migrations {step.number:04}", hint=f"renumber {step.name}")
        if other is None or step.variant:
            found[step.number] = step
    if not found:
        raise NotFound(f"{package} has no migrations for {engine}", hint="add migrations/0001_words.sql")
    return [found[number] for number in sorted(found)]


def _files(package: str, engine: str) -> Iterator[_Step]:
    folder = files(package) / "migrations"
    for file in folder.iterdir() if folder.is_dir() else ():
        match = _FILE.fullmatch(file.name)
        if match and match[2] in (None, engine):
            script = file.read_text("utf-8").replace("\r\n", "\n")
            yield _Step(int(match[1]), file.name, script, variant=match[2] is not None)


def _pending(alone: _Writes, package: str, steps: Sequence[_Step], place: str) -> list[_Step]:
    applied = {row["number"]: row for row in alone.rows("select * from kernel_migration where room = ?", [package])}
    known = {step.number for step in steps}
    for number, row in sorted(applied.items()):
        if number not in known:
            raise Conflict(
                f"{place} was made by a newer mlwright: it holds {row['name']} of {package}",
                hint="upgrade mlwright, or restore the copy in the folder backups that was made before the upgrade",
            )
    for step in steps:
        if step.number in applied and applied[step.number]["sha256"] != step.sha256:
            raise Conflict(
                f"{package}/migrations/{step.name} was edited after it was applied to {place}",
                hint="restore the file and put the change into a new one with the next number",
            )
    return [step for step in steps if step.number not in applied]


def _apply(alone: _Writes, engine: Engine, package: str, step: _Step) -> None:
    for statement in engine.statements(step.script, variant=step.variant):
        alone.write(statement)
    alone.write("insert into kernel_migration values (?, ?, ?, ?)", [package, step.number, step.name, step.sha256])
