"""Front doors: names are known at once, modules load on first use."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    folder = tmp_path / "doorway"
    folder.mkdir()
    door = (
        'from mlwright.kernel.lazy import front_door\n__getattr__, __dir__ = front_door(__name__, heavy="Thing make")\n'
    )
    (folder / "__init__.py").write_text(door, encoding="utf-8")
    (folder / "heavy.py").write_text("class Thing: ...\ndef make(): return Thing()\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield "doorway"
    for name in [name for name in sys.modules if name.partition(".")[0] == "doorway"]:
        del sys.modules[name]


def test_a_module_loads_when_its_name_is_asked_for(package: str) -> None:
    door = importlib.import_module(package)
    assert "doorway.heavy" not in sys.modules
    assert dir(door) == ["Thing", "make"]
    assert type(door.make()) is door.Thing
    assert "Thing" in vars(door), "kept, so that the next use costs nothing"


def test_other_names_are_attribute_errors(package: str) -> None:
    with pytest.raises(AttributeError, match="module 'doorway' has no attribute 'window'"):
        _ = importlib.import_module(package).window


def test_importing_the_kernel_loads_nothing_heavy() -> None:
    code = (
        "import sys, mlwright.kernel.open, mlwright.kernel.fetch, mlwright.kernel.settings, mlwright.tracking;"
        "heavy = {'aiohttp', 'psycopg', 'obstore', 'numpy', 'yaml', 'ruamel', 'opentelemetry'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
