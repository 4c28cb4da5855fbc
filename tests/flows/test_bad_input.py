"""Bad input: each time a clear message that names place and remedy, the right exit code, nothing lost, nothing half-written."""

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import mlwright as mw
from mlwright.kernel.clock import ManualClock
from mlwright.kernel.errors import NotFound, ProviderError
from mlwright.kernel.locks import exclusive

Cli = Callable[..., subprocess.CompletedProcess[str]]
SmallDisk = Callable[[Path, int], Any]
MLWRIGHT = [sys.executable, "-m", "mlwright"]
SEAL = "How often is the mechanical seal replaced?"


def edited(folder: Path, old: str, new: str) -> None:
    file = folder / "mlwright.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def first_index(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(done.stdout)["up"]["indexes"][0]
    return found


def index_of(folder: Path) -> str:
    with mw.open(folder / "mlwright.yaml") as app:
        return str(app.pipeline().index_ref())


# --- the blueprint


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("version: 1", "version: 1\n  system: [", "mlwright.yaml:", ""),
        ("documents: docs", "documants: docs", "mlwright.yaml:7:", "documents"),
        ("documents: docs", "documents: dosc", "mlwright.yaml:7:", "docs"),
        ("cache: {exact: 1h}", "cache: {exact: fast}", "mlwright.yaml:", "1h"),
        ("handler: rag.plant", "handler: rag.plants", "mlwright.yaml:", "rag.plant"),
        ("use: files", "use: flies", "mlwright.yaml:5:17", "files"),
    ],
)
def test_a_wrong_blueprint_is_told_by_line_and_column(
    plant: Path, cli: Cli, old: str, new: str, place: str, says: str
) -> None:
    edited(plant, old, new)
    done = cli(plant, "check", code=8)
    assert place in done.stderr
    assert says in done.stderr
    assert not (plant / ".mlwright").exists()


def test_no_blueprint_and_no_folder(tmp_path: Path, cli: Cli) -> None:
    assert "mlwright up PATH/TO/DOCS" in cli(tmp_path, "check", code=4).stderr
    assert "nowhere" in cli(tmp_path, "up", "nowhere", code=4).stderr


def test_an_empty_folder_leaves_no_blueprint_behind(tmp_path: Path, cli: Cli) -> None:
    empty = tmp_path / "empty"
    (empty / ".hidden").mkdir(parents=True)
    (empty / ".hidden" / "notes.md").write_text("# Hidden\n", encoding="utf-8")
    done = cli(tmp_path, "up", "empty", code=4)
    assert str(empty) in done.stderr
    assert ".md" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["empty"]


def test_a_pattern_that_finds_nothing_is_told_with_its_folder(plant: Path, cli: Cli) -> None:
    edited(plant, "docs/**/*.{md,html,txt,pdf}", "docs/**/*.docx")
    done = cli(plant, "up", code=4)
    assert f"no file in {plant / 'docs'} matches '**/*.docx'" in done.stderr


def test_a_broken_eval_set_is_told_by_line_and_answers_go_on(standing: Path, cli: Cli) -> None:
    golden = standing / "golden.jsonl"
    golden.write_text('{"id": "x"}\nnot json\n', encoding="utf-8")
    done = cli(standing, "up", code=7)
    assert f"{golden}:1: input" in done.stderr
    assert f"{golden}:2: " in done.stderr
    assert "4,000 hours" in cli(standing, "ask", SEAL).stdout


@pytest.mark.parametrize(
    "text", ["Answer {question}", "# System\nBe good.\n# User\n{{ question", "# System\n\n# User\n{{ nonesuch }}\n"]
)
def test_a_prompt_that_cannot_be_used_is_told_by_file(standing: Path, cli: Cli, text: str) -> None:
    (standing / "prompt.md").write_text(text, encoding="utf-8")
    edited(standing, "{model: writer}", "{model: writer, prompt: prompt.md}")
    done = cli(standing, "up", code=8)
    assert "prompt.md" in done.stderr
    assert "hint" in done.stderr


def test_a_database_server_that_is_down_hurts_only_its_target(standing: Path, cli: Cli) -> None:
    edited(standing, "version: 1", 'version: 1\ntargets:\n  team: {store: "postgresql://x:secret@127.0.0.1:1/y"}')
    done = cli(standing, "up", "--target", "team", code=10)
    assert "postgresql://127.0.0.1:1/y" in done.stderr
    assert "secret" not in done.stderr
    assert "4,000 hours" in cli(standing, "ask", SEAL).stdout


# --- words of people


def test_questions_that_are_none_are_told(standing: Path, cli: Cli) -> None:
    assert "10000 characters" in cli(standing, "ask", "why is " * 15_000, code=3).stderr
    assert "empty" in cli(standing, "ask", " \n", code=8).stderr
    assert "not UTF-8" in cli(standing, "ask", b"caf\xe9", code=8).stderr
    assert "documents do not answer" in cli(standing, "ask", "?").stdout


def test_an_unknown_thing_says_where_to_look(standing: Path, cli: Cli) -> None:
    assert "kind:id" in cli(standing, "why", "nonsense", code=8).stderr
    assert "mlwright status" in cli(standing, "why", "answer:nonesuch", code=4).stderr
    assert "answer" in cli(standing, "ask", "x", "--endpoint", "nonesuch", code=4).stderr


# --- documents


def test_files_that_cannot_be_read_go_to_the_quarantine_and_the_rest_is_answered(plant: Path, cli: Cli) -> None:
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
    report = json.loads(cli(plant, "up", "--json").stdout)
    assert report["up"]["indexes"][0]["documents"] == 4
    listed = {
        file["key"]: file["reason"] for file in json.loads(cli(plant, "quarantine", "--json").stdout)["quarantined"]
    }
    assert listed["empty.pdf"] == "empty"
    assert listed["junk.md"] == "binary"
    assert listed["huge.txt"] == "too_large"
    assert {"broken.pdf", "outside.md"} <= set(listed)
    (docs / "empty.pdf").unlink()
    (docs / "junk.md").write_text("# Gaskets\n\nGaskets are ordered in spring.\n", encoding="utf-8")
    with mw.open(plant / "mlwright.yaml") as app:
        assert "4,000 hours" in app.ask(SEAL).text
        app.ingest()
        left = {file.key for file in app.data.quarantined()}
    assert not {"empty.pdf", "junk.md"} & left, "what was mended or removed leaves the quarantine"


# --- the disk


def test_a_folder_without_permission(plant: Path, cli: Cli) -> None:
    if os.geteuid() == 0:
        blocked = plant / "file"
        blocked.write_text("not a folder", encoding="utf-8")
        (plant / ".mlwright").symlink_to(blocked)
    else:
        plant.chmod(0o500)
    done = cli(plant, "up", code=9)
    assert ".mlwright" in done.stderr
    assert "hint" in done.stderr


def test_a_read_only_disk(standing_once: Path, tmp_path: Path, cli: Cli, small_disk: SmallDisk) -> None:
    disk = small_disk(tmp_path / "disk", 100_000)
    folder = Path(shutil.copytree(standing_once, disk.folder / "plant"))
    disk.change("ro")
    assert ".mlwright/mlwright.db" in cli(folder, "up", code=9).stderr
    assert "x.yaml" in cli(folder, "new", "docs", "--to", "x.yaml", code=9).stderr
    cli(folder, "check")
    disk.change("rw")
    assert "4,000 hours" in cli(folder, "ask", SEAL).stdout


@pytest.mark.parametrize(
    ("place", "kilobytes"),
    [("", 64), ("", 700), ("blobs", 8), ("indexes", 4), ("indexes", 12), ("indexes", 24), ("indexes", 40)],
)
def test_a_full_disk_is_told_and_afterwards_it_goes_on(
    standing_once: Path, plant: Path, cli: Cli, small_disk: SmallDisk, place: str, kilobytes: int
) -> None:
    disk = small_disk(plant / ".mlwright" / place, kilobytes)
    done = cli(plant, "up", code=9)
    assert str(plant / ".mlwright") in done.stderr
    assert "space" in done.stderr
    disk.change("size=100m")
    assert first_index(cli(plant, "up", "--json"))["documents"] == 3
    assert index_of(plant) == index_of(standing_once)


@pytest.mark.parametrize("largest", [0, 40_000, 400_000])
def test_a_limit_on_the_size_of_files_is_told_and_afterwards_it_goes_on(plant: Path, cli: Cli, largest: int) -> None:
    limited = subprocess.run(
        [*MLWRIGHT, "up"],
        cwd=plant,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest)),
        check=False,
    )
    assert limited.returncode == 9, limited.stderr
    assert "Traceback" not in limited.stderr
    assert ".mlwright" in limited.stderr
    assert first_index(cli(plant, "up", "--json"))["documents"] == 3


def test_a_blueprint_that_does_not_fit_on_the_disk_is_not_written(
    tmp_path: Path, cli: Cli, small_disk: SmallDisk
) -> None:
    disk = small_disk(tmp_path / "disk", 4)
    (disk.folder / "notes.md").write_text("# Notes\n\nThe pump is red.\n", encoding="utf-8")
    assert "mlwright.yaml" in cli(disk.folder, "up", ".", code=9).stderr
    assert [file.name for file in disk.folder.iterdir()] == ["notes.md"]


# --- what somebody else did to the workspace


@pytest.mark.parametrize("how", ["junk", "short", "scrambled"])
def test_a_damaged_database_is_told_and_can_be_replaced(standing: Path, cli: Cli, how: str) -> None:
    before = index_of(standing)
    file = standing / ".mlwright" / "mlwright.db"
    for log in file.parent.glob("mlwright.db-*"):
        log.unlink()
    good = file.read_bytes()
    file.write_bytes({"junk": b"junk" * 9999, "short": good[:100_000], "scrambled": good[:4096] + good[:3:-1]}[how])
    done = cli(standing, "ask", SEAL, code=9)
    assert str(file) in done.stderr
    assert "backups" in done.stderr
    file.rename(file.with_suffix(".damaged"))
    again = first_index(cli(standing, "up", "--json"))
    assert (again["ref"], again["documents"]) == (before, 3), "documents are read again; nothing else is needed"


@pytest.mark.parametrize("lost", ["indexes", "indexes/*/1/bm25", "indexes/*/CURRENT"])
def test_a_lost_index_is_built_again_from_what_is_stored(standing: Path, lost: str) -> None:
    before = index_of(standing)
    for path in (standing / ".mlwright").glob(lost):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    with mw.open(standing / "mlwright.yaml") as app:
        [index] = app.up().indexes
        assert (str(index.ref), index.documents, index.embedded) == (before, 3, 0)
        assert "4,000 hours" in app.ask(SEAL).text


@pytest.mark.parametrize("damaged", ["indexes/*/1/bm25/*", "indexes/*/1/vectors.f32", "indexes/*/1/entries.log"])
def test_a_damaged_index_is_told_and_the_remedy_works(standing: Path, cli: Cli, damaged: str) -> None:
    for path in (standing / ".mlwright").glob(damaged):
        path.write_bytes(b"junk")
    done = cli(standing, "ask", SEAL, code=9)
    folder = next((standing / ".mlwright" / "indexes").iterdir())
    assert str(folder) in done.stderr
    assert "remove" in done.stderr
    shutil.rmtree(folder)
    with mw.open(standing / "mlwright.yaml") as app:
        app.ingest()
        assert "4,000 hours" in app.ask(SEAL).text


def test_lost_blobs_are_told_and_the_next_ingest_brings_them_back(standing: Path) -> None:
    shutil.rmtree(standing / ".mlwright" / "blobs")
    with mw.open(standing / "mlwright.yaml") as app:
        answer = app.ask(SEAL)
        assert "4,000 hours" in answer.text
        citation = answer.citations[0]
        with pytest.raises(NotFound, match="ingest"):
            app.pipeline().text(citation.version)
        with pytest.raises(NotFound, match="ingest"):
            app.data.read(citation.version)
        app.ingest()
        assert app.pipeline().resolves(citation)
        assert b"4,000 hours" in app.data.read(citation.version)


def test_a_damaged_blob_is_told(standing: Path) -> None:
    blobs = standing / ".mlwright" / "blobs"
    for path in blobs.rglob("*"):
        if path.is_file() and path.name != ".lock":
            path.write_bytes(b"junk")
    with mw.open(standing / "mlwright.yaml") as app:
        version = app.ask(SEAL).citations[0].version
        with pytest.raises(ProviderError, match=str(blobs)):
            app.data.read(version)


def test_a_workspace_may_be_moved_and_its_folder_renamed(standing: Path, tmp_path: Path) -> None:
    before = index_of(standing)
    moved = standing.rename(tmp_path / "elsewhere")
    with mw.open(moved / "mlwright.yaml") as app:
        report = app.up()
        assert {stage.verb for stage in report.stages} <= {"ingest", "keep"}
        assert [(str(index.ref), index.embedded) for index in report.indexes] == [(before, 0)]
        assert "4,000 hours" in app.ask(SEAL).text


def test_a_database_of_a_newer_version_is_left_alone(standing: Path, cli: Cli) -> None:
    with mw.open(standing / "mlwright.yaml") as app:
        app.kernel.store.write(
            "insert into kernel_migration (room, number, name, sha256) values ('mlwright.rag', 999, '0999_x.sql', 'y')"
        )
    done = cli(standing, "status", code=5)
    assert "newer mlwright" in done.stderr
    assert "backups" in done.stderr


# --- several at once


def test_a_taken_port(standing: Path, cli: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = cli(standing, "serve", "--port", str(port), code=5)
    assert str(port) in done.stderr
    assert "--port" in done.stderr


def test_a_public_address_needs_a_key(standing: Path, cli: Cli) -> None:
    assert "key" in cli(standing, "serve", "--host", "0.0.0.0", "--port", "0", code=3).stderr


def test_two_processes_on_one_index(standing: Path, cli: Cli) -> None:
    """While one holds the index, the other one says so and changes nothing; afterwards it works."""
    home = next((standing / ".mlwright" / "indexes").iterdir())
    with exclusive(home / "ingest.lock", "ingesting plant"):
        done = cli(standing, "ingest", code=5)
        assert str(os.getpid()) in done.stderr
    cli(standing, "ingest")


def test_two_at_once_bring_it_up_together(standing_once: Path, plant: Path, cli: Cli) -> None:
    both = [
        subprocess.Popen([*MLWRIGHT, "up"], cwd=plant, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [one.communicate(timeout=120)[1] for one in both]
    codes = sorted(one.returncode for one in both)
    assert codes in ([0, 0], [0, 5]), said
    assert not any("Traceback" in text for text in said)
    cli(plant, "up")
    assert index_of(plant) == index_of(standing_once)


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
