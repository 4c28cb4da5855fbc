"""What this machine has, what it lacks, and how to reset a workspace. Changes nothing."""

import platform
import re
import shutil
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from mlwright.app.opening import FOLDER
from mlwright.app.servers import model_servers
from mlwright.kernel.errors import UserError
from mlwright.kernel.settings import load_settings
from mlwright.models import weights_present

_REQUIREMENT = re.compile(r"""([\w.-]+).*;.*\bextra == ["']([\w-]+)["']""")
"""A line of the installed package's metadata that belongs to an extra: `numpy>=2.2; extra == "local"`."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the diagnosis: `state` is good, missing (optional) or bad (something will not work)."""

    name: str
    state: str
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    facts: Sequence[Fact]

    @property
    def well(self) -> bool:
        return not any(fact.state == "bad" for fact in self.facts)


def diagnose(blueprint: Path, port: int) -> Diagnosis:
    """Look at interpreter, packages, weights, workspace, disk and port."""
    home = blueprint.resolve().parent / FOLDER
    return Diagnosis(
        [
            _python(),
            _mlwright(),
            *(_extra(name, packages) for name, packages in extras().items()),
            _weights(),
            *_programs(),
            *_models(home),
            _blueprint(blueprint),
            _workspace(home),
            _logs(home),
            _disk(home),
            _port(port),
        ]
    )


def _python() -> Fact:
    good = sys.version_info >= (3, 11)
    detail = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Fact("python", "good" if good else "bad", detail, "" if good else "install Python 3.11 or newer")


def _mlwright() -> Fact:
    try:
        return Fact("mlwright", "good", f"{version('mlwright')} in {Path(__file__).parent.parent}")
    except PackageNotFoundError:
        return Fact("mlwright", "bad", "runs from a folder, is not installed", "pip install mlwright")


def extras() -> dict[str, list[str]]:
    """The packages that each extra asks for, as the installed mlwright says; nothing where it runs from a folder."""
    found: dict[str, list[str]] = {}
    try:
        asked = requires("mlwright") or []
    except PackageNotFoundError:
        return found
    for match in filter(None, map(_REQUIREMENT.match, asked)):
        found.setdefault(match[2], []).append(match[1])
    return found


def _installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def _extra(name: str, packages: Sequence[str]) -> Fact:
    missing = [package for package in packages if not _installed(package)]
    if not missing:
        return Fact(f"extra {name}", "good", "installed")
    return Fact(f"extra {name}", "missing", f"lacks {', '.join(missing)}", f'pip install "mlwright[{name}]"')


def _weights() -> Fact:
    folder = weights_present()
    if folder is None:
        return Fact("weights", "missing", "local/minilm is not here yet", "fetched and checked on first use")
    return Fact("weights", "good", f"local/minilm in {folder}")


def _programs() -> list[Fact]:
    """Programs that some formats and commands use where they are there."""
    found = shutil.which("tesseract")
    if found:
        return [Fact("tesseract", "good", f"{found}: scanned pages are read")]
    return [Fact("tesseract", "missing", "scanned pages cannot be read", "install tesseract-ocr")]


def _models(home: Path) -> list[Fact]:
    """Servers of language models on this machine, each with the line that makes it write the answers."""
    try:
        addresses = load_settings(home / "settings.toml").model_servers
    except UserError as error:
        return [Fact("settings", "bad", error.message, error.hint)]
    found = model_servers(addresses.split(","))
    if not found:
        return [Fact("language model", "missing", "no server of one answers on this machine", "docs/models.md")]
    return [
        Fact("language model", "good", f"{one.base_url}: {', '.join(one.models)}", f"to use it: {one.setting}")
        for one in found
    ]


def _blueprint(path: Path) -> Fact:
    if path.is_file():
        return Fact("blueprint", "good", str(path))
    return Fact("blueprint", "missing", f"no {path}", "mlwright up PATH/TO/DOCS writes one")


def _workspace(home: Path) -> Fact:
    if not home.is_dir():
        return Fact("workspace", "missing", f"none at {home}", "mlwright up makes it")
    used = sum(file.stat().st_size for file in home.rglob("*") if file.is_file())
    return Fact("workspace", "good", f"{home}, {used / 1e6:.1f} MB", f"to start afresh: delete {home}")


def _logs(home: Path) -> Fact:
    log = home / "logs" / "mlwright.log"
    return Fact(
        "logs", "good", f"{log}, {log.stat().st_size / 1e3:.1f} kB" if log.is_file() else f"{log}, when it serves"
    )


def _disk(home: Path) -> Fact:
    free = shutil.disk_usage(next(path for path in (home, *home.parents) if path.exists())).free
    return Fact(
        "disk", "good" if free > 1e9 else "bad", f"{free / 1e9:.1f} GB free", "" if free > 1e9 else "free some space"
    )


def _port(port: int) -> Fact:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        taken = probe.connect_ex(("127.0.0.1", port)) == 0
    return Fact(
        "port",
        "missing" if taken else "good",
        f"{port} is {'taken' if taken else 'free'}",
        "mlwright serve --port N" if taken else "",
    )
