"""Watching: what is written, changed and deleted while it runs is brought in; Ctrl-C ends it."""

import json
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

import mlwright as mw
from mlwright.faces.cli.main import cli


@pytest.fixture
def watching(standing: Path) -> Iterator["subprocess.Popen[str]"]:
    run = subprocess.Popen(
        [sys.executable, "-m", "mlwright", "ingest", "--watch", "--every", "200ms", "--json"],
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
    assert (added["added"], added["changed"], added["removed"]) == (["fans.md"], [], [])
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


@contextmanager
def growing(file: Path) -> Iterator[None]:
    """Somebody goes on writing to the file meanwhile."""
    enough = threading.Event()

    def write() -> None:
        with file.open("a", encoding="utf-8") as log:
            while not enough.wait(0.005):
                log.write("One more line of the night shift.\n")
                log.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        enough.set()
        writer.join()


def test_a_file_that_grows_all_the_time_holds_up_no_other(standing: Path) -> None:
    docs = standing / "docs"
    with mw.open(standing / "mlwright.yaml") as app:
        rounds = app.watch(every=0.1)
        next(rounds)
        with growing(docs / "shift.md"), growing(docs / "notes.txt"):
            (docs / "fans.md").write_text("# Fans\n\nThe fan of hall 9 runs at night.\n", encoding="utf-8")
            assert next(rounds).added == ("fans.md",)
            assert "leak at pump 7" in app.retrieve("Which pump had a leak?").hits[0].chunk.text, "as it was before"
            (docs / "valves.html").unlink()
            assert next(rounds).removed == ("valves.html",)
        brought = [next(rounds)]
        while "shift.md" not in brought[-1].added:
            brought.append(next(rounds))
        assert {key for one in brought for key in one.changed} == {"notes.txt"}
        assert app.verify_index() == []


def test_what_is_deleted_is_in_no_answer_and_no_cache(standing: Path) -> None:
    with mw.open(standing / "mlwright.yaml") as app:
        rounds = app.watch(every=0.05)
        next(rounds)
        asked = "How often is the mechanical seal replaced?"
        assert "4,000 hours" in app.ask(asked).text
        assert app.ask(asked).text == app.ask(asked).text
        (standing / "docs" / "pumps.md").unlink()
        assert next(rounds).removed == ("pumps.md",)
        assert "4,000 hours" not in app.ask(asked).text
        assert all(hit.chunk.key != "pumps.md" for hit in app.retrieve(asked).hits)


def test_uploads_are_enough_to_watch(plant: Path) -> None:
    shutil.rmtree(plant / "docs")
    with mw.open(plant / "mlwright.yaml") as app:
        app.add([("pumps.md", b"# Pumps\n\nThe pump stands in hall 3.\n")])
        first = next(app.watch(every=0.05))
        assert first.error is None
        assert first.dataset is not None
        assert first.dataset.files == 1


@pytest.mark.parametrize("every", ["soon", "0s", "-1", "2 parsecs"])
def test_a_time_that_is_none_is_a_usage_error(plant: Path, every: str) -> None:
    words = ["ingest", "--watch", f"--every={every}", "--file", str(plant / "mlwright.yaml")]
    said = CliRunner().invoke(cli, words)
    assert said.exit_code == 2
    assert "--every" in said.stderr
