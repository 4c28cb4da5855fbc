"""Datasets: a new one only for new contents, whole or not at all, with a quarantine that heals."""

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from mlwright.data import Data, Dataset, DataSpec, build_data
from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import ManualClock
from mlwright.kernel.errors import Conflict, NotFound, Unreadable
from mlwright.kernel.ids import Ref
from mlwright.kernel.open import open_kernel


def data_over(kernel: Kernel, base: Path) -> Data:
    spec = DataSpec.model_validate({"sources": {"docs": {"use": "files", "path": "docs"}}})
    return build_data(spec, kernel, base=base)


def keys(data: Data, dataset: Dataset) -> list[str]:
    return [version.key for version in data.files(dataset.ref)]


def counts(dataset: Dataset) -> tuple[int, int, int, int]:
    return dataset.number, dataset.added, dataset.changed, dataset.removed


class Counting:
    """A progress that only counts."""

    def __init__(self) -> None:
        self.started, self.steps, self.ended = [], 0, 0

    def start(self, task: str, total: int | None = None) -> None:
        self.started.append((task, total))

    def step(self, task: str, done: int = 1) -> None:
        self.steps += done

    def end(self, task: str) -> None:
        self.ended += 1


def test_the_first_dataset_holds_every_file_and_its_bytes(data: Data, contents: dict[str, bytes]) -> None:
    progress = Counting()
    dataset = data.ingest("docs", progress)
    assert (counts(dataset), dataset.files, dataset.bytes) == ((1, 3, 0, 0), 3, sum(map(len, contents.values())))
    assert {version.key: data.read(version.ref) for version in data.files(dataset.ref)} == contents
    assert data.latest("docs") == dataset == data.dataset(dataset.ref)
    assert (progress.started, progress.steps, progress.ended) == ([("read docs", 3)], 3, 1)


def test_nothing_changed_is_the_same_dataset(data: Data, docs: Path) -> None:
    first = data.ingest("docs")
    os.utime(docs / "faq.html", (1, 1))
    assert data.ingest("docs") == first
    assert data.datasets("docs") == [first]


def test_unchanged_files_are_not_read_again(data: Data, docs: Path, contents: dict[str, bytes]) -> None:
    settle(docs)
    read = []
    source = data._sources["docs"]

    class Watched:
        def list(self):
            return source.list()

        def read(self, listed):
            read.append(listed.key)
            return source.read(listed)

    watched = Data({"docs": Watched()}, data._kernel)
    watched.ingest("docs")
    assert sorted(read) == sorted(contents)
    read.clear()
    watched.ingest("docs")
    assert read == []
    (docs / "faq.html").write_bytes(b"<p>WHY</p>")
    watched.ingest("docs")
    assert read == ["faq.html"]


def test_adds_changes_and_removals_are_counted_and_older_datasets_stay(
    data: Data, docs: Path, contents: dict[str, bytes]
) -> None:
    first = data.ingest("docs")
    (docs / "guide" / "use.md").write_bytes(b"# Use it\n")
    (docs / "faq.html").unlink()
    (docs / "new.md").write_bytes(b"new")
    second = data.ingest("docs")
    assert counts(second) == (2, 1, 1, 1)
    assert keys(data, second) == ["guide/install.md", "guide/use.md", "new.md"]
    assert {version.key: data.read(version.ref) for version in data.files(first.ref)} == contents


def test_a_rename_is_a_removal_and_an_addition(data: Data, docs: Path) -> None:
    data.ingest("docs")
    (docs / "faq.html").rename(docs / "questions.html")
    assert counts(data.ingest("docs")) == (2, 1, 0, 1)


def test_contents_that_come_back_are_the_same_dataset_again_under_a_new_number(
    data: Data, docs: Path, kernel: Kernel, contents: dict[str, bytes]
) -> None:
    first = data.ingest("docs")
    (docs / "faq.html").write_bytes(b"other")
    second = data.ingest("docs")
    (docs / "faq.html").write_bytes(contents["faq.html"])
    third = data.ingest("docs")
    assert (third.ref, third.number) == (first.ref, 3)
    assert data.latest("docs") == third
    assert {version.key: data.read(version.ref) for version in data.files(third.ref)} == contents
    assert second.ref not in kernel.lineage.up(first.ref).depth


def test_an_unchanged_file_costs_no_row(data: Data, docs: Path, kernel: Kernel) -> None:
    for number in range(5):
        (docs / "faq.html").write_text(str(number), encoding="utf-8")
        data.ingest("docs")
    rows = kernel.store.rows("select key, count(*) as n from data_member group by key order by key")
    assert [(row["key"], row["n"]) for row in rows] == [("faq.html", 5), ("guide/install.md", 1), ("guide/use.md", 1)]


def test_a_clock_that_steps_back_does_no_harm(data: Data, docs: Path, clock: ManualClock) -> None:
    data.ingest("docs")
    clock.advance(timedelta(days=-400))
    (docs / "faq.html").write_bytes(b"later")
    second = data.ingest("docs")
    assert data.latest("docs") == second
    assert [dataset.number for dataset in data.datasets("docs")] == [2, 1]
    clock.advance(timedelta(days=-1))
    assert data.report().sources[0].age == 0


def test_lineage_says_what_each_thing_was_made_from(data: Data, docs: Path, kernel: Kernel) -> None:
    first = data.ingest("docs")
    (docs / "faq.html").write_bytes(b"other")
    second = data.ingest("docs")
    (changed,) = (version for version in data.files(second.ref) if version.key == "faq.html")
    edges = {(edge.child, edge.how, edge.parent) for edge in kernel.lineage.up(second.ref, depth=1).edges}
    assert edges == {
        (second.ref, "read from", Ref("source", "docs")),
        (second.ref, "follows", first.ref),
        (second.ref, "adds", changed.ref),
    }
    assert {(edge.how, edge.parent) for edge in kernel.lineage.up(changed.ref).edges} == {
        ("version of", Ref("document", "docs/faq.html")),
        ("read from", Ref("source", "docs")),
    }
    assert second.ref in kernel.lineage.down(changed.document).depth


def test_unreadable_files_are_kept_with_their_reason_until_they_can_be_read(
    data: Data, docs: Path, contents: dict[str, bytes]
) -> None:
    (docs / "empty.md").touch()
    assert keys(data, data.ingest("docs")) == sorted(contents)
    (row,) = data.quarantined("docs")
    assert (row.key, row.reason, row.sha256) == ("empty.md", "empty", "")
    assert str(docs / "empty.md") in row.message
    assert row.hint
    (docs / "empty.md").write_bytes(b"filled")
    assert "empty.md" in keys(data, data.ingest("docs"))
    assert data.quarantined() == []


def test_an_unreadable_file_that_goes_leaves_the_quarantine(data: Data, docs: Path) -> None:
    (docs / "empty.md").touch()
    first = data.ingest("docs")
    (docs / "empty.md").unlink()
    assert data.ingest("docs") == first
    assert data.quarantined() == []


def test_a_file_that_became_unreadable_leaves_the_dataset(data: Data, docs: Path) -> None:
    data.ingest("docs")
    (docs / "faq.html").write_bytes(b"")
    assert counts(data.ingest("docs")) == (2, 0, 0, 1)
    assert [row.key for row in data.quarantined()] == ["faq.html"]


def test_what_a_parser_refused_stays_until_its_content_changes(data: Data, docs: Path, clock: ManualClock) -> None:
    (version,) = (version for version in data.files(data.ingest("docs").ref) if version.key == "faq.html")
    error = Unreadable("faq.html is encrypted", reason="encrypted", hint="remove the password")
    data.quarantine(version, error)
    (row,) = data.quarantined()
    assert (row.sha256, row.reason, row.hint) == (version.sha256, "encrypted", "remove the password")
    clock.advance(timedelta(hours=1))
    data.quarantine(version, error)
    data.ingest("docs")
    assert data.quarantined() == [row], "the time of the first failure stays"
    (docs / "faq.html").write_bytes(b"open")
    data.ingest("docs")
    assert data.quarantined() == []


def test_a_document_is_released_and_a_quarantine_replayed(data: Data, docs: Path) -> None:
    (docs / "empty.md").touch()
    version = data.files(data.ingest("docs").ref)[0]
    data.quarantine(version, Unreadable("no", reason="junk"))
    data.release(version)
    assert [row.key for row in data.quarantined("docs")] == ["empty.md"]
    data.quarantine(version, Unreadable("no", reason="junk"))
    assert data.replay("docs") == 2
    assert data.quarantined("docs") == []
    data.ingest("docs")
    assert [row.key for row in data.quarantined("docs")] == ["empty.md"]


def test_a_release_of_an_older_content_frees_nothing(data: Data, docs: Path) -> None:
    version = data.files(data.ingest("docs").ref)[0]
    (docs / version.key).write_bytes(b"")
    data.ingest("docs")
    data.release(version)
    assert [(row.key, row.reason) for row in data.quarantined("docs")] == [(version.key, "empty")]


def test_an_emptied_folder_does_not_empty_the_dataset(data: Data, docs: Path) -> None:
    first = data.ingest("docs")
    for file in docs.rglob("*.*"):
        file.unlink()
    with pytest.raises(NotFound, match="no file in"):
        data.ingest("docs")
    assert data.latest("docs") == first


def test_where_nothing_can_be_read_the_quarantine_says_why(kernel: Kernel, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").touch()
    data = data_over(kernel, tmp_path)
    with pytest.raises(NotFound, match="1 empty"):
        data.ingest("docs")
    assert [row.reason for row in data.quarantined("docs")] == ["empty"]
    with pytest.raises(NotFound, match="no dataset yet"):
        data.latest("docs")


def test_a_file_that_goes_between_listing_and_reading_is_quarantined(data: Data, docs: Path) -> None:
    class Removing(Counting):
        def start(self, task: str, total: int | None = None) -> None:
            (docs / "faq.html").unlink()

    dataset = data.ingest("docs", Removing())
    assert keys(data, dataset) == ["guide/install.md", "guide/use.md"]
    assert [row.reason for row in data.quarantined()] == ["vanished"]
    assert data.ingest("docs") == dataset
    assert data.quarantined() == []


def test_a_lost_blob_is_found_by_reading_and_mended_by_the_next_ingest(
    data: Data, docs: Path, kernel: Kernel, contents: dict[str, bytes]
) -> None:
    settle(docs)
    dataset = data.ingest("docs")
    shutil.rmtree(kernel.home / "blobs")
    for version in data.files(dataset.ref):
        with pytest.raises(NotFound, match="blob"):
            data.read(version.ref)
    assert data.ingest("docs") == dataset
    assert {version.key: data.read(version.ref) for version in data.files(dataset.ref)} == contents


def settle(docs: Path) -> None:
    """Wait until every change is older than the clock tick of the file system."""
    while time.time_ns() - max(file.stat().st_ctime_ns for file in docs.rglob("*.*")) < 60_000_000:
        time.sleep(0.01)


def test_unknown_names_list_the_known_ones(data: Data) -> None:
    with pytest.raises(NotFound) as unknown:
        data.ingest("dogs")
    assert "docs" in unknown.value.hint
    for missing in (
        lambda: data.dataset(Ref("dataset", "x")),
        lambda: data.file(Ref("version", "x")),
        lambda: data.latest("dogs"),
    ):
        with pytest.raises(NotFound):
            missing()


_CHILD = """
import os, signal, sys
from pathlib import Path
from mlwright.data import DataSpec, build_data
from mlwright.kernel.open import open_kernel

class Dying:
    steps = int(sys.argv[2])
    def start(self, task, total=None):
        self.step(task, 0)
    def step(self, task, done=1):
        self.steps -= done
        if self.steps < 0:
            if sys.argv[3] == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            print("held", flush=True)
            sys.stdin.readline()
    def end(self, task):
        self.step(task)

home = Path(sys.argv[1])
spec = DataSpec.model_validate({"sources": {"docs": {"use": "files", "path": "docs"}}})
build_data(spec, open_kernel(home / "home"), base=home).ingest("docs", Dying())
"""


def child(base: Path, steps: int, how: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(base), str(steps), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("steps", [0, 2, 4])
def test_killed_in_the_middle_the_previous_dataset_stays_and_the_next_run_completes(
    docs: Path, steps: int, contents: dict[str, bytes]
) -> None:
    kernel = open_kernel(docs.parent / "home")
    data = data_over(kernel, docs.parent)
    first = data.ingest("docs")
    (docs / "faq.html").unlink()
    for name in ("a.md", "b.md", "guide/use.md"):
        (docs / name).write_text(f"content of {name}", encoding="utf-8")
    with child(docs.parent, steps, "kill") as dying:
        assert dying.wait(60) == -signal.SIGKILL
    assert data.latest("docs") == first
    assert {version.key: data.read(version.ref) for version in data.files(first.ref)} == contents
    second = data.ingest("docs")
    assert counts(second) == (2, 2, 1, 1)
    assert keys(data, second) == ["a.md", "b.md", "guide/install.md", "guide/use.md"]
    assert data.ingest("docs") == second
    kernel.store.close()


def test_two_processes_do_not_ingest_one_source_at_once(docs: Path) -> None:
    kernel = open_kernel(docs.parent / "home")
    data = data_over(kernel, docs.parent)
    with child(docs.parent, 0, "hold") as other:
        assert other.stdout and other.stdin
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Conflict, match="docs"):
            data.ingest("docs")
        other.kill()
    assert data.ingest("docs").number == 1
    kernel.store.close()
