"""Watching: what is written, changed and deleted while it runs is brought in; Ctrl-C ends it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mlwright as mw


@pytest.fixture
def watching(standing: Path) -> Iterator["subprocess.Popen[str]"]:
    run = subprocess.Popen(
        [sys.executable, "-m", "mlwright", "ingest", "--watch", "--every", "0.2", "--json"],
        cwd=standing, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield run
    run.kill()
    run.communicate()


def next_round(run: "subprocess.Popen[str]") -> dict[str, object]:
    assert run.stdout is not None
    line = run.stdout.readline()
    assert line, "it has ended"
    return dict(json.loads(line))


def keys(folder: Path) -> set[str]:
    with mw.open(folder / "mlwright.yaml") as app:
        return {one.key for one in app.pipeline().documents()}


def test_changes_are_brought_in_until_ctrl_c(standing: Path, watching: "subprocess.Popen[str]") -> None:
    docs = standing / "docs"
    first = next_round(watching)
    assert first["indexes"][0]["embedded"] == 0  # type: ignore[index]
    (docs / "fans.md").write_text("# Fans\n\nThe fan of hall 9 runs at night.\n", encoding="utf-8")
    added = next_round(watching)
    assert added["dataset"]["added"] == 1  # type: ignore[index]
    assert "fans.md" in keys(standing)
    (docs / "fans.md").write_text("# Fans\n\nThe fan of hall 9 runs by day.\n", encoding="utf-8")
    assert next_round(watching)["dataset"]["changed"] == 1  # type: ignore[index]
    (docs / "fans.md").unlink()
    assert next_round(watching)["dataset"]["removed"] == 1  # type: ignore[index]
    assert "fans.md" not in keys(standing)
    away = docs.rename(standing / "away")
    assert "error" in next_round(watching)
    away.rename(docs)
    (docs / "back.md").write_text("# Back\n\nIt goes on.\n", encoding="utf-8")
    assert next_round(watching)["dataset"]["added"] == 1  # type: ignore[index]
    watching.send_signal(signal.SIGINT)
    said = watching.communicate(timeout=30)[1]
    assert watching.returncode == 130
    assert "Traceback" not in said


def test_a_file_that_is_still_being_written_is_left_alone(standing: Path) -> None:
    with mw.open(standing / "mlwright.yaml") as app:
        rounds = app.watch(every=0.05)
        next(rounds)  # what is there is taken at once
        growing = standing / "docs" / "growing.md"
        growing.write_text("# Growing\n\nHalf", encoding="utf-8")
        growing.write_text("# Growing\n\nHalf a sentence is no sentence.\n", encoding="utf-8")
        done = next(rounds)
        assert done.dataset is not None
        assert done.dataset.added == 1
        assert "no sentence" in app.retrieve("half a sentence").hits[0].chunk.text
