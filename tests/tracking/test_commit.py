"""The commit of a folder, with real git where the machine has it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mlwright.kernel.ids import Ref
from mlwright.kernel.open import open_kernel
from mlwright.tracking import TrackingSpec, build_tracking
from mlwright.tracking.commit import Commit, commit_of

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="no git on this machine")


def git(folder: Path, *args: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, *args], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode().strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "mlwright.yaml").write_text("system: s\n", encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def test_without_a_checkout_there_is_no_commit(tmp_path: Path) -> None:
    assert commit_of(tmp_path) == Commit("", dirty=False)
    assert commit_of(tmp_path / "absent") == Commit("", dirty=False)


def test_without_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit_of(tmp_path) == Commit("", dirty=False)


@needs_git
def test_commit_and_changes(checkout: Path) -> None:
    head = git(checkout, "rev-parse", "HEAD")
    assert commit_of(checkout) == Commit(head, dirty=False)
    (checkout / "new.md").write_text("x", encoding="utf-8")
    assert commit_of(checkout) == Commit(head, dirty=True)
    git(checkout, "add", "new.md")
    git(checkout, "commit", "-q", "-m", "second")
    (checkout / "mlwright.yaml").write_text("system: t\n", encoding="utf-8")
    assert commit_of(checkout) == Commit(git(checkout, "rev-parse", "HEAD"), dirty=True)


@needs_git
def test_only_the_folder_of_the_blueprint_counts(checkout: Path) -> None:
    inner = checkout / "inner"
    inner.mkdir()
    (checkout / "elsewhere.md").write_text("x", encoding="utf-8")
    assert commit_of(inner).dirty is False
    assert commit_of(checkout).dirty is True


@needs_git
def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert commit_of(tmp_path) == Commit("", dirty=False)


@needs_git
def test_our_own_workspace_makes_nothing_dirty_and_runs_are_at_the_commit(checkout: Path) -> None:
    kernel = open_kernel(checkout / ".mlwright")
    tracking = build_tracking(TrackingSpec(), kernel, system="s", base=checkout)
    tracking.start_run("a", kind="t").end()
    run = tracking.runs()[0]
    head = git(checkout, "rev-parse", "HEAD")
    assert (run.commit, run.dirty) == (head, False)
    assert Ref("commit", head) in kernel.lineage.up(run.ref).depth
    described = tracking.describe(Ref("commit", head))
    assert described is not None and described.facts["runs"] == "1"
    kernel.store.close()
