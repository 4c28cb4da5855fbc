"""Where the work stood: the commit of a folder, as git tells it."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_WAIT = 10.0  # seconds; a checkout on a slow disk must not hold up a run


@dataclass(frozen=True, slots=True)
class Commit:
    """`id` is empty where there is no git, no checkout or no commit yet; `dirty`: the folder differs from it."""

    id: str
    dirty: bool


def commit_of(folder: Path, *, without: Sequence[Path] = ()) -> Commit:
    """The commit that is checked out in `folder`, and whether anything in that folder differs from it.

    Untracked files count, ignored ones do not, and neither do the folders in `without` (our own workspace).
    """
    git = shutil.which("git")
    if git is None or not folder.is_dir():
        return Commit("", dirty=False)
    inside = [path.resolve().relative_to(folder.resolve()) for path in without if _within(path, folder)]
    excluded = [f":(exclude){path.as_posix()}" for path in inside if path.parts]
    command = [git, "-C", str(folder), "status", "--porcelain=v2", "--branch", "--untracked-files=normal"]
    try:
        found = subprocess.run(  # noqa: S603 - git itself, with paths of our own
            [*command, "--", ".", *excluded],
            capture_output=True,
            timeout=_WAIT,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return Commit("", dirty=False)
    lines = found.stdout.decode("utf-8", "replace").splitlines() if found.returncode == 0 else []
    ids = [line.removeprefix("# branch.oid ") for line in lines if line.startswith("# branch.oid ")]
    if not ids or ids[0] == "(initial)":
        return Commit("", dirty=False)
    return Commit(ids[0], dirty=any(not line.startswith("#") for line in lines))


def _within(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
