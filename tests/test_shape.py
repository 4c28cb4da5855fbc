"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mlwright

ROOT = Path(mlwright.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
SYSTEMS = ("data", "rag", "evals", "serving", "tracking")
SQL = re.compile(
    r"\b(select\s.+\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|create\s+table\s)", re.I | re.S
)
HEAVY = [
    *("numpy", "onnx", "onnxruntime", "tokenizers", "safetensors", "tantivy", "pypdfium2", "trafilatura", "lxml"),
    *("aiohttp", "fastapi", "starlette", "uvicorn", "typer", "rich", "jinja2", "psycopg", "obstore", "ray", "grpc"),
]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def strings(path: Path) -> list[str]:
    """String constants that are not docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


def run_alone(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_is_small_and_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "no docstring"
    assert len(text.splitlines()) <= 400, "too long for one thing"


def test_functions_stay_readable() -> None:
    lengths = sorted(
        (node.end_lineno or 0) - node.body[0].lineno + 1
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert lengths[int(len(lengths) * 0.99)] <= 60


@pytest.mark.parametrize("path", FILES, ids=name)
def test_sql_stands_in_tables_and_the_kernel(path: Path) -> None:
    tables = path.name == "tables.py" or path.parent.name == "tables"
    if not tables and not path.is_relative_to(ROOT / "kernel") and name(path) != "testing/store.py":
        assert not [text for text in strings(path) if SQL.search(text)]


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_touches_its_own_tables(system: str) -> None:
    used = re.compile(
        r"\b(?:from|into|table|references|update|join)\s+(?:if\s+not\s+exists\s+)?((?:data|rag|evals|serving|tracking|kernel)_\w+)",
        re.I,
    )
    room = ROOT / system
    for path in [*room.rglob("tables.py"), *room.rglob("tables/*.py"), *room.glob("migrations/*.sql")]:
        foreign = [
            table for table in used.findall(path.read_text(encoding="utf-8")) if not table.startswith(f"{system}_")
        ]
        assert not foreign, f"{name(path)} touches {foreign}"


@pytest.mark.parametrize("path", [path for path in FILES if path.name == "__init__.py"], ids=name)
def test_front_doors_hold_no_logic(path: Path) -> None:
    """A room's `__init__` re-exports; a slot's holds its port, which is types and at most small pure functions."""
    slot = path.parent.parent.name in (*SYSTEMS, "models", "kernel", "architect")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert slot or not functions, f"logic in a front door: {functions}"


@pytest.mark.parametrize("path", [path for path in FILES if path.name == "__init__.py"], ids=name)
def test_a_front_door_gives_what_it_lists(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    listed = [
        node for node in tree.body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
    ]
    if not listed:
        return
    package = ".".join(("mlwright", *path.parent.relative_to(ROOT).parts))
    code = f"import {package} as door; [getattr(door, name) for name in door.__all__]; print(sorted(set(dir(door)) ^ set(door.__all__)))"
    out = run_alone(code)
    assert out == "[]" or "front_door" not in path.read_text(encoding="utf-8"), out


def test_nothing_is_switched_off_silently() -> None:
    """No bare except, no `except Exception: pass`."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                broad = node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException")
                silent = all(isinstance(line, ast.Pass) for line in node.body)
                assert not (broad and silent), f"{name(path)}:{node.lineno} hides every error"


def test_reading_every_part_imports_nothing_heavy() -> None:
    code = (
        "import sys, importlib, pkgutil, mlwright\n"
        "from mlwright.kernel.parts import names, config_of\n"
        "from mlwright.testing.slots import SLOTS\n"
        "[config_of(slot, name) for slot in SLOTS for name in names(slot)]\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    assert run_alone(code) == "[]"


def test_importing_mlwright_is_light() -> None:
    code = f"import sys, mlwright; print([m for m in {[*HEAVY, 'pydantic', 'ruamel']!r} if m in sys.modules])"
    assert run_alone(code) == "[]"


def test_help_loads_neither_numpy_nor_pydantic() -> None:
    code = (
        "import sys\nfrom mlwright.faces.cli.main import cli\n"
        "try: cli(['--help'], standalone_mode=False)\nexcept SystemExit: pass\n"
        "print([m for m in ('numpy', 'pydantic', 'fastapi', 'rich', 'onnxruntime') if m in sys.modules])"
    )
    assert run_alone(code).splitlines()[-1] == "[]"
