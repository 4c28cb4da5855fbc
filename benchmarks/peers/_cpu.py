"""CPU time of a process and of those that it has started."""

import os
from contextlib import suppress
from pathlib import Path


def cpu_seconds() -> float:
    """Of this process and of its children, those that have ended and those that live. On Linux."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            after_name = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            ticks += sum(map(int, after_name[11:15])) if int(after_name[1]) == os.getpid() else 0
    return sum(os.times()[:4]) + ticks / os.sysconf("SC_CLK_TCK")
