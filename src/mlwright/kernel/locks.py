"""A lock on a path that the system gives back when its process ends, however it ends."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mlwright.kernel.errors import Conflict, ProviderError

_BYTE = 1 << 30
"""Where Windows locks: far behind the text, since a locked byte cannot be read there."""


@contextmanager
def exclusive(path: Path, what: str) -> Iterator[None]:
    """Hold `path` (a small file, made if need be and left behind) against every other process and thread.

    `what` says for people what the holder does: `ingesting handbook`. Raises Conflict at once, naming the other
    process and what it does, where somebody holds it; ProviderError where the file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b", buffering=0)
    except OSError as error:
        raise ProviderError(
            f"the lock {path} cannot be made: {error.strerror}", hint="check its permissions"
        ) from error
    with file:
        if not _taken(file):
            raise _held(path, file, what)
        try:
            _note(file, {"pid": os.getpid(), "what": what})
        except OSError as error:
            raise ProviderError(
                f"the lock {path} cannot be written: {error.strerror}", hint="check the free space of the disk"
            ) from error
        try:
            yield
        finally:
            _note(file, None)
            _given_back(file)


def _held(path: Path, file: BinaryIO, what: str) -> Conflict:
    file.seek(0)
    try:
        holder = json.loads(file.read() or b"{}")
    except ValueError:  # the holder is writing it at this moment
        holder = {}
    if holder.get("pid") == os.getpid():
        who, hint = "this process", "wait for it to end, or cancel it"
    elif "pid" in holder:
        who, hint = f"process {holder['pid']}", f"wait for it to end, or stop it: {_stop(holder['pid'])}"
    else:
        who, hint = "another process", f"wait for it to end; the lock is {path}"
    return Conflict(
        f"{what} is not possible now: {who} holds {path.parent} ({holder.get('what', 'starting')})", hint=hint
    )


def _stop(pid: int) -> str:
    return f"taskkill /PID {pid}" if sys.platform == "win32" else f"kill {pid}"


def _note(file: BinaryIO, holder: dict[str, object] | None) -> None:
    file.seek(0)
    file.truncate()
    if holder is not None:
        file.write(json.dumps(holder).encode())


if sys.platform == "win32":
    import msvcrt

    def _taken(file: BinaryIO) -> bool:
        file.seek(_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _given_back(file: BinaryIO) -> None:
        file.seek(_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _taken(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _given_back(file: BinaryIO) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)
