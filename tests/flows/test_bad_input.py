"""Bad input: each time a clear message that names place and remedy, the right exit code, nothing lost, nothing half-written."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import mlwright as mw
from mlwright.kernel.clock import ManualClock

MLWRIGHT = [sys.executable, "-m", "mlwright"]
SEAL = "How often is the mechanical seal replaced?"


def run(folder: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*MLWRIGHT, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done


def edited(plant: Path, old: str, new: str) -> None:
    file = plant / "mlwright.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("version: 1", "version: 1\n  system: [", "mlwright.yaml:", ""),
        ("documents: docs", "documants: docs", "mlwright.yaml:7:", "documents"),
        ("documents: docs", "documents: dosc", "mlwright.yaml:7:", "docs"),
        ("cache: {exact: 1h}", "cache: {exact: fast}", "mlwright.yaml:", "1h"),
        ("handler: rag.plant", "handler: rag.plants", "mlwright.yaml:", "rag.plant"),
        ("use: files", "use: flies", "mlwright.yaml:6:", "files"),
    ],
)
def test_a_wrong_blueprint_is_told_by_line_and_column(plant: Path, old: str, new: str, place: str, says: str) -> None:
    edited(plant, old, new)
    done = run(plant, "check", code=8)
    assert place in done.stderr
    assert says in done.stderr


def test_no_blueprint_and_no_folder(tmp_path: Path) -> None:
    assert "mlwright up PATH/TO/DOCS" in run(tmp_path, "check", code=4).stderr
    assert "nowhere" in run(tmp_path, "up", "nowhere", code=4).stderr


def test_an_empty_folder_and_a_pattern_that_finds_nothing(plant: Path) -> None:
    edited(plant, "docs/**/*.{md,html,txt,pdf}", "docs/**/*.docx")
    done = run(plant, "up", code=4)
    assert "docs/**/*.docx" in done.stderr
    assert str(plant) in done.stderr


def test_files_that_cannot_be_read_go_to_the_quarantine_and_the_rest_is_answered(plant: Path) -> None:
    docs = plant / "docs"
    (docs / "empty.pdf").write_bytes(b"")
    (docs / "junk.md").write_bytes(bytes(range(256)) * 64)
    (docs / "broken.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n")
    (docs / "latin.txt").write_bytes("Die Pumpe läuft für zwölf Stunden.\n".encode("latin-1"))
    with (docs / "huge.txt").open("wb") as huge:
        huge.truncate(200_000_000)
    (docs / "loop").symlink_to(docs, target_is_directory=True)
    (docs / "outside.md").symlink_to("/etc/hostname")
    os.mkfifo(docs / "pipe.md")
    report = json.loads(run(plant, "up", "--json").stdout)
    assert report["up"]["indexes"][0]["documents"] == 4
    listed = {file["key"]: file["reason"] for file in json.loads(run(plant, "quarantine", "--json").stdout)["quarantined"]}
    assert listed["empty.pdf"] == "empty"
    assert listed["junk.md"] == "binary"
    assert listed["huge.txt"] == "too_large"
    assert {"broken.pdf", "outside.md"} <= set(listed)
    assert "4,000 hours" in run(plant, "ask", SEAL).stdout
    (docs / "empty.pdf").unlink()
    (docs / "junk.md").write_text("# Gaskets\n\nGaskets are ordered in spring.\n", encoding="utf-8")
    run(plant, "ingest")
    left = {file["key"] for file in json.loads(run(plant, "quarantine", "--json").stdout)["quarantined"]}
    assert not {"empty.pdf", "junk.md"} & left, "what was mended or removed leaves the quarantine"


def test_a_folder_without_permission(plant: Path) -> None:
    if os.geteuid() == 0:
        blocked = plant / "file"
        blocked.write_text("not a folder", encoding="utf-8")
        (plant / ".mlwright").symlink_to(blocked)
    else:
        plant.chmod(0o500)
    done = run(plant, "up", code=9)
    assert ".mlwright" in done.stderr
    assert "hint" in done.stderr


def test_a_taken_port(app: mw.App, plant: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(plant, "serve", "--port", str(port), code=5)
    assert str(port) in done.stderr
    assert "--port" in done.stderr


def test_a_public_address_needs_a_key(app: mw.App, plant: Path) -> None:
    assert "key" in run(plant, "serve", "--host", "0.0.0.0", "--port", "0", code=3).stderr


def test_two_processes_on_one_index(app: mw.App, plant: Path) -> None:
    """While one holds the index, the other one says so and changes nothing; afterwards it works."""
    from mlwright.kernel.locks import exclusive

    home = next((plant / ".mlwright" / "indexes").iterdir())
    with exclusive(home / "ingest.lock", "ingesting plant"):
        done = run(plant, "ingest", code=5)
        assert str(os.getpid()) in done.stderr
    run(plant, "ingest")


def test_a_clock_that_goes_backwards(plant: Path) -> None:
    clock = ManualClock(datetime(2030, 1, 1, tzinfo=UTC))
    with mw.open(plant / "mlwright.yaml", clock=clock) as app:
        app.up()
        first = app.ask(SEAL)
    clock.advance(-timedelta(days=2000))
    file = plant / "docs" / "pumps.md"
    file.write_text(file.read_text(encoding="utf-8").replace("4,000", "6,500"), encoding="utf-8")
    with mw.open(plant / "mlwright.yaml", clock=clock) as app:
        app.up()
        second = app.ask(SEAL)
        assert app.data.latest("docs").number == 2
    assert "4,000" in first.text
    assert "6,500" in second.text
    assert second.index != first.index


@pytest.mark.parametrize("after", [0.3, 0.9, 1.6, 2.4])
def test_a_killed_run_goes_on_to_the_same_end(plant: Path, tmp_path_factory: pytest.TempPathFactory, after: float) -> None:
    """`make kill` does this thirty times on the whole demo."""
    process = subprocess.Popen([*MLWRIGHT, "up", "--json"], cwd=plant, stdout=subprocess.DEVNULL, start_new_session=True)
    time.sleep(after)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    killed = json.loads(run(plant, "up", "--json").stdout)["up"]["indexes"][0]
    with mw.open(plant / "mlwright.yaml") as app:
        answer = app.ask(SEAL)
        assert "4,000 hours" in answer.text
        assert killed["ref"] == str(answer.index)
        assert killed["documents"] == 3


def test_an_unknown_thing_says_where_to_look(app: mw.App, plant: Path) -> None:
    assert "kind:id" in run(plant, "why", "nonsense", code=8).stderr
    assert "mlwright status" in run(plant, "why", "answer:nonesuch", code=4).stderr
    assert "answer" in run(plant, "ask", "x", "--endpoint", "nonesuch", code=4).stderr


def test_a_database_of_a_newer_version_is_left_alone(app: mw.App, plant: Path) -> None:
    app.kernel.store.write("insert into kernel_migration (room, number, name, sha256) values ('rag', 999, 'x', 'y')")
    done = run(plant, "status", code=5)
    assert "newer" in done.stderr
