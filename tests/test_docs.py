"""The documentation is true: what it shows runs, what there is is documented, and its links lead somewhere."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ruamel.yaml import YAML

import mlwright as mw
from mlwright.blueprint import from_text
from mlwright.kernel.parts import names
from mlwright.testing.slots import SLOTS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.S | re.M)
BASE = """version: 1
system: {name: support, risk: minimal}
data: {sources: {docs: {use: files, path: "docs/**/*.{md,html,txt}"}}}
rag: {support: {documents: docs, index: {metadata: [product, folder]}}}
evals:
  sets: {golden: {path: golden.jsonl}}
  gates: {quality: {set: golden, require: {"recall@5": ">= 0.5"}}}
serving:
  endpoints:
    answer: {handler: rag.support, fallback: [rule.top_passages], rollout: {gate: quality}}
"""
PUMPS = """---
product: pumps
---
# Pumps

Fill the housing with water before the first start.

## Maintenance

Replace the mechanical seal every 4,000 hours of operation.
"""
VALVES = """<!doctype html><html><head><title>Valves</title></head><body><h1>Valves</h1>
<p>The relief valve opens at a pressure of 6 bar.</p><p>The relief valve is tested every six months.</p></body></html>
"""
GOLDEN = """{"id": "seal", "input": "How often is the mechanical seal replaced?", "relevant": [{"document": "pumps.md"}]}
{"id": "valve", "input": "At which pressure does the relief valve open?", "relevant": [{"document": "valves.html"}]}
"""
ELSEWHERE = ("pip install", "make ", "mlwright serve", "mlwright ingest --watch", "mlwright up PATH/TO/DOCS")
"""Lines that other tests run: the wheel's script, CI, the flows over HTTP."""


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def blocks(*languages: str) -> list[Any]:
    return [
        pytest.param(text, id=f"{page.name}-{number}")
        for page in (ROOT / "README.md", *PAGES)
        for number, (language, text) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")))
        if language in languages
    ]


@pytest.fixture(scope="module")
def support(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The system that the documentation speaks of, up, with a second release on its way."""
    folder = tmp_path_factory.mktemp("support")
    (folder / "docs").mkdir()
    (folder / "docs" / "pumps.md").write_text(PUMPS, encoding="utf-8")
    (folder / "docs" / "valves.html").write_text(VALVES, encoding="utf-8")
    (folder / "docs" / "notes.txt").write_text("The night shift reported a leak at pump 7.\n", encoding="utf-8")
    (folder / "golden.jsonl").write_text(GOLDEN, encoding="utf-8")
    (folder / "mlwright.yaml").write_text(BASE, encoding="utf-8")
    for sets in ({}, {"rag.support.retrieve.keep": "4"}):
        with mw.open(folder / "mlwright.yaml", sets=sets) as app:
            app.up()
            app.ask("Which pump had a leak?")
    return folder


@pytest.fixture(scope="module")
def words(support: Path) -> Mapping[str, str]:
    """The variables that stand for references in the examples."""
    with mw.open(support / "mlwright.yaml") as app:
        answer, run = app.answers(1)[0].ref, app.runs(1)[0].ref
    own = Path(sys.executable).parent
    return {
        **os.environ,
        "PATH": f"{own}{os.pathsep}{os.environ['PATH']}",
        "ANSWER": str(answer),
        "ANSWER_ID": answer.id,
        "RUN": str(run),
        "RUN_ID": run.id,
    }


@pytest.fixture(scope="module")
def server(support: Path) -> Iterator[str]:
    """A running server; gives its port."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "mlwright", "serve", "--port", "0"], cwd=support, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    said = ""
    while not (found := re.search(r"http://[\d.]+:(\d+)", said)):
        said = process.stdout.readline()
        assert said, "the server ended"
    yield found[1]
    process.terminate()
    process.communicate(timeout=30)


@pytest.mark.parametrize("text", blocks("sh"))
def test_commands_run(text: str, support: Path, words: Mapping[str, str], request: pytest.FixtureRequest) -> None:
    lines = [line for line in text.splitlines() if not line.startswith(ELSEWHERE)]
    commands = "\n".join(lines)
    if "v1/promote" in commands:  # there has to be a canary, whichever example ran before
        commands = f"mlwright up --json --set rag.support.retrieve.keep=3 > up.json\n{commands}"
    if "curl" in commands:
        if shutil.which("curl") is None:
            pytest.skip("there is no curl on this machine")
        port = request.getfixturevalue("server")
        commands = commands.replace("127.0.0.1:8700", f"127.0.0.1:{port}").replace(
            "curl -s", "curl --fail-with-body -s"
        )
    (support / "mlwright.yaml").write_text(BASE, encoding="utf-8")  # some examples change it
    done = subprocess.run(
        ["bash", "-e", "-c", commands], cwd=support, env=words, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    if "-F file=" in commands:  # what it added would stand beside the documents that the next examples count on
        with mw.open(support / "mlwright.yaml") as app:
            for one in app.added():
                app.remove(one.document)


@pytest.mark.parametrize("page", [page for page in PAGES if "```python" in page.read_text(encoding="utf-8")], ids=str)
def test_python_runs(page: Path, support: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The blocks of a page are one program."""
    found = [text for language, text in BLOCK.findall(page.read_text(encoding="utf-8")) if language == "python"]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(found)], cwd=support, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text", blocks("yaml"))
def test_blueprints_load(text: str) -> None:
    """Each is laid over the system of the examples, as far as it is not whole itself."""
    reader = YAML(typ="safe")
    shown, whole = reader.load(text), reader.load(BASE)
    if "version" in shown:
        whole = shown
    else:
        merge(whole, shown)
    assert from_text(json.dumps(whole, default=str)).system.name


def merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def test_generated_pages_are_up_to_date() -> None:
    assert script("docs").stale() == []


def test_every_setting_says_what_it_means() -> None:
    assert [setting.path for setting in script("docs").all_settings() if not setting.meaning] == []


def test_every_command_has_a_place_in_the_guides() -> None:
    listed = re.findall(r"<h2 id=\"(\w+)\">", (DOCS / "commands.html").read_text(encoding="utf-8"))
    guides = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert len(listed) > 15
    assert [name for name in listed if f"mlwright {name}" not in guides] == []


def test_every_part_is_listed() -> None:
    page = (DOCS / "parts.html").read_text(encoding="utf-8")
    assert [name for slot in SLOTS for name in names(slot) if name not in page] == []


def test_every_route_is_documented(support: Path) -> None:
    from mlwright.faces.api import make_api

    guide = (DOCS / "api.md").read_text(encoding="utf-8")
    with mw.open(support / "mlwright.yaml") as app:
        paths = make_api(app).openapi()["paths"]
    assert [path for path in paths if path not in guide] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("name", ["where.md", "architecture.md"])
def test_files_that_are_named_exist(name: str) -> None:
    found = re.findall(
        r"`((?:src|tests|scripts|benchmarks|examples|design|docs)/[\w./-]+)`", (DOCS / name).read_text(encoding="utf-8")
    )
    assert found
    assert [path for path in found if not (ROOT / path).exists()] == []


def test_the_golden_set_quotes_the_documentation() -> None:
    lines = (ROOT / "examples" / "handbook" / "evals" / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    for example in map(json.loads, lines):
        for place in example.get("relevant", ()):
            file = DOCS / place["document"]
            assert file.exists(), example["id"]
            if file.suffix == ".md" and place.get("quote"):
                text = " ".join(file.read_text(encoding="utf-8").split())
                assert " ".join(place["quote"].split()) in text, example["id"]


def test_the_tour_is_true() -> None:
    """Every command of the tour prints what the page shows, but for times and references."""
    command = [sys.executable, "scripts/tour.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_a_tour_that_is_not_true_is_told() -> None:
    tour = script("tour")
    printed = ["data   docs: 5 files, 3.0 kB", "", "index  16 chunks in 1.2 s  index:" + "a" * 32, "answer: stable"]
    assert tour.renewed(
        ["data docs: 5 files, 2.9 kB", "…", "index 16 chunks in 840 ms index:" + "b" * 32, "…"], printed
    )
    assert tour.renewed(["…", "answer: stable"], printed) == ["…", "answer: stable"]
    for untrue in (
        ["data   docs: 6 files, 3.0 kB", "…"],
        printed[:3],
        [*printed, "more"],
        printed[1:],
        ["…", "17 chunks", "…"],
    ):
        assert tour.renewed(untrue, printed) is None


def test_the_transcript_is_true(tmp_path: Path) -> None:
    """Question, answer and citations of the README are what the demo says now."""
    shown = (ROOT / "README.md").read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    [question] = re.findall(r"^\? (.+)$", shown, re.M)
    shutil.copytree(DOCS, tmp_path / "docs")
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns(".mlwright"))
    with mw.open(tmp_path / "examples" / "handbook" / "mlwright.yaml") as app:
        app.up()
        answer = app.ask(question)
    flat = " ".join(shown.split())
    assert all(" ".join(line.split()) in flat for line in answer.text.splitlines() if line.strip())
    assert answer.citations
    assert all(citation.key in shown for citation in answer.citations)
