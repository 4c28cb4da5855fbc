"""A run that is stopped, killed or loses its helpers: one more run ends where an undisturbed one would have ended."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import mlwright as mw
from mlwright.testing.killing import kill_parsers

MLWRIGHT = [sys.executable, "-m", "mlwright"]
SEAL = "How often is the mechanical seal replaced?"
DOCUMENTS = 150


@pytest.fixture
def long_work(plant: Path) -> Path:
    """The system with so many documents that indexing takes seconds."""
    for number in range(DOCUMENTS):
        text = f"# Pump {number}\n\nPump {number} stands in hall {number % 7} and delivers {number * 3} litres.\n"
        (plant / "docs" / f"pump-{number:03}.md").write_text(text * 4, encoding="utf-8")
    return plant


def started(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*MLWRIGHT, "up"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(seen: Callable[[], object], run: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + 60
    while not seen() and run.poll() is None and time.monotonic() < end:
        time.sleep(0.005)


def check_end(folder: Path) -> None:
    """One more run, and everything is there once."""
    done = subprocess.run([*MLWRIGHT, "up", "--json"], cwd=folder, capture_output=True, text=True, check=True)
    index = json.loads(done.stdout)["up"]["indexes"][0]
    with mw.open(folder / "mlwright.yaml") as app:
        answer = app.ask(SEAL)
        assert "4,000 hours" in answer.text
        assert str(answer.index) == index["ref"]
        assert app.pipeline().resolves(answer.citations[0])
        assert app.data.quarantined() == []
        documents = app.pipeline().documents()
    assert len(documents) == index["documents"] == sum(1 for file in (folder / "docs").iterdir())


@pytest.mark.parametrize("after", [0.3, 0.9, 1.6, 2.4])
def test_a_killed_run_goes_on_to_the_same_end(plant: Path, after: float) -> None:
    """`make kill` does this thirty times on the whole demo."""
    run = started(plant)
    time.sleep(after)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    check_end(plant)


def test_ctrl_c_stops_a_run_and_the_next_one_goes_on(long_work: Path) -> None:
    run = started(long_work)
    wait_for((long_work / ".mlwright" / "indexes").is_dir, run)
    assert run.poll() is None, "the run was over before it could be interrupted"
    run.send_signal(signal.SIGINT)
    said = run.communicate(timeout=30)[1]
    assert run.returncode == 130, said
    assert "again" in said
    assert "Traceback" not in said
    check_end(long_work)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_killed_parser_loses_no_document(long_work: Path) -> None:
    run = started(long_work)
    killed: set[int] = set()

    def kill_two() -> bool:
        killed.update(kill_parsers(run.pid))
        return len(killed) >= 2

    wait_for(kill_two, run)
    said = run.communicate(timeout=60)[1]
    assert killed
    assert "Traceback" not in said
    check_end(long_work)
