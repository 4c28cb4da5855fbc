"""Which process did this, and does it still live: for leases, runs and locks that a killed process left behind."""

import functools
import os
import socket
import sys
from pathlib import Path


@functools.cache
def _name_of(pid: int) -> str:
    boot = _read("/proc/sys/kernel/random/boot_id").strip()
    return "|".join((socket.gethostname(), boot, _namespace(), str(pid), _started(pid)))


def this_process() -> str:
    """The name of this process: `host|boot|pid namespace|pid|start`, the middle ones empty where the OS has none."""
    return _name_of(os.getpid())


def is_alive(process: str) -> bool | None:
    """Whether a process named by `this_process` still runs. None: it cannot be known from here (another machine)."""
    host, boot, namespace, pid, started = process.split("|")
    my_host, my_boot, my_namespace, _, _ = this_process().split("|")
    if host != my_host or sys.platform == "win32":
        return None
    if boot != my_boot:
        return False
    if namespace != my_namespace:
        return None
    return _exists(int(pid)) and _started(int(pid)) == started


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> str:
    """Clock ticks from boot to start, which tells two users of one pid apart; empty for a zombie or without /proc."""
    stat = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return stat[19] if len(stat) > 19 and stat[0] != "Z" else ""


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
