"""Files that are whole or absent: written beside their place, synced, then renamed."""

import os
import secrets
import shutil
from pathlib import Path

from mlwright.kernel.errors import ProviderError


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file in one step; after a crash the old or the new content is there, never a part of one.

    A new file gets the permissions that this user gives new files, a replaced one keeps its own. Raises ProviderError
    where the disk refuses."""
    beside = path.parent / f".{path.name}.{secrets.token_hex(4)}"
    try:
        try:
            with beside.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                shutil.copymode(path, beside)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise ProviderError(
            f"{path} cannot be written: {error.strerror}",
            hint="check the permissions of its folder and the free space of the disk",
        ) from error


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system lets a folder be synced."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
