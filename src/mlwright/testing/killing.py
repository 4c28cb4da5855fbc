"""Killing for tests, as a machine that runs out of memory would: the parsers of a process, or a process itself."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def parsers_of(parent: int) -> set[int]:
    """The parsers among the children of a process that are ready to read; each leads a group of its own. Empty where
    the system has no /proc."""
    found = set()
    for folder in PROC.glob("[0-9]*"):
        try:
            status, command = (folder / "stat").read_text(), (folder / "cmdline").read_bytes()
        except (ProcessLookupError, FileNotFoundError):
            continue
        if int(status.rpartition(")")[2].split()[1]) == parent and b"_worker" in command:
            found.add(int(folder.name))
    return found


def kill_parsers(parent: int) -> set[int]:
    """Kill the parsers of a process; which."""
    killed = set()
    for pid in parsers_of(parent):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
    return killed


def kill_group(run: "subprocess.Popen[str]") -> bool:
    """Kill a process that leads its group, with the group, and wait for its end. False where it had ended before."""
    ended = run.poll() is not None
    with suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    return not ended


def is_running(pid: int) -> bool:
    """Is there such a process that has not ended? Zombies have. Needs /proc."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
