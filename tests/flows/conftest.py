"""A small system of pumps: documents of each format, a golden set, and its blueprint."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import mlwright as mw

MLWRIGHT = [sys.executable, "-m", "mlwright"]
PUMPS = """# Pumps

## Priming

Fill the pump housing with water before the first start. A dry start destroys the seal within a minute.

## Maintenance

Replace the mechanical seal every 4,000 hours of operation. Check the coupling for play once a month.
"""
VALVES = """<!doctype html><html lang="en"><head><title>Valves</title></head><body>
<nav><a href="/">Home</a> <a href="/pumps">Pumps</a></nav>
<main><h1>Valves</h1><p>The relief valve opens at 6 bar and closes again at 5 bar.</p>
<p>Test the relief valve every six months by raising the pressure slowly until it opens.</p></main>
<footer>Imprint</footer></body></html>
"""
NOTES = "The night shift reported a leak at pump 7. The gasket was replaced on Tuesday.\n"
GOLDEN = """{"id": "seal", "input": "How often is the mechanical seal replaced?", "expected_output": "every 4,000 hours", "relevant": [{"document": "pumps.md", "quote": "every 4,000 hours"}]}
{"id": "valve", "input": "At which pressure does the relief valve open?", "expected_output": "6 bar", "relevant": [{"document": "valves.html", "quote": "opens at 6 bar"}]}
{"id": "leak", "input": "Which pump had a leak?", "expected_output": "pump 7", "relevant": [{"document": "notes.txt"}]}
{"id": "moon", "input": "How far away is the moon?", "unanswerable": true}
"""
BLUEPRINT = """version: 1
system: {name: pumps, owner: plant, purpose: answers questions about pumps, risk: minimal}
data:
  sources:
    docs: {use: files, path: "docs/**/*.{md,html,txt,pdf}"}
rag:
  plant: {documents: docs, generate: {model: writer}}
evals:
  sets: {golden: {path: golden.jsonl}}
  gates:
    quality: {set: golden, require: {"recall@5": ">= 0.6", citation_accuracy: ">= 0.5"}}
serving:
  endpoints:
    answer:
      handler: rag.plant
      cache: {exact: 1h}
      fallback: [rule.top_passages]
      rollout: {steps: [10%, 100%], gate: quality}
"""


def plant_in(folder: Path, blueprint: str = BLUEPRINT) -> Path:
    """Write the system into a folder; gives the folder."""
    docs = folder / "docs"
    docs.mkdir(parents=True)
    (docs / "pumps.md").write_text(PUMPS, encoding="utf-8")
    (docs / "valves.html").write_text(VALVES, encoding="utf-8")
    (docs / "notes.txt").write_text(NOTES, encoding="utf-8")
    (folder / "golden.jsonl").write_text(GOLDEN, encoding="utf-8")
    (folder / "mlwright.yaml").write_text(blueprint, encoding="utf-8")
    return folder


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    """The folder of the system, nothing made of it yet; its blueprint is `mlwright.yaml`."""
    return plant_in(tmp_path / "plant")


@pytest.fixture(scope="session")
def standing_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The system after `up`, made once. Nobody writes here: `standing` is a copy of it."""
    folder = plant_in(tmp_path_factory.mktemp("standing") / "plant")
    with mw.open(folder / "mlwright.yaml") as app:
        app.up()
    return folder


@pytest.fixture
def standing(standing_once: Path, tmp_path: Path) -> Path:
    """The folder of the system after `up`. It was moved here, so every test shows that a workspace may be moved."""
    return Path(shutil.copytree(standing_once, tmp_path / "plant"))


@pytest.fixture
def app(standing: Path) -> Iterator[mw.App]:
    """The system, up and open."""
    with mw.open(standing / "mlwright.yaml") as app:
        yield app


Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def cli() -> Cli:
    """Call the command line in a process of its own: `cli(folder, "ask", "why?", code=0)`. The exit code must be that one, and
    nobody may meet a traceback."""

    def call(folder: Path, *words: str | bytes, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([*MLWRIGHT, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == code, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return call


@dataclass
class Disk:
    """A small disk of one's own under a folder."""

    folder: Path

    def mount(self, options: str) -> None:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.folder], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip("mounting a small disk needs root on Linux")

    def change(self, options: str) -> None:
        """`size=100m` gives it more space, `ro` makes it read-only."""
        subprocess.run(["mount", "-o", f"remount,{options}", self.folder], check=True)


@pytest.fixture
def small_disk() -> Iterator[Callable[[Path, int], Disk]]:
    """Make a disk of so many kilobytes in a folder."""
    made: list[Disk] = []

    def make(folder: Path, kilobytes: int) -> Disk:
        folder.mkdir(parents=True, exist_ok=True)
        disk = Disk(folder)
        disk.mount(f"size={kilobytes}k")
        made.append(disk)
        return disk

    yield make
    for disk in made:
        subprocess.run(["umount", "-l", disk.folder], check=True)
