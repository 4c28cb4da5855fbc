"""Blobs as files of a folder: `ab/abcdef…`, written beside, synced, then renamed."""

import os
import secrets
from collections.abc import Collection, Iterator
from pathlib import Path

from mlwright.kernel.blobs import checked
from mlwright.kernel.errors import NotFound, ProviderError
from mlwright.kernel.ids import digest


class LocalBlobs:
    """A folder of blobs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, data: bytes) -> str:
        """Keep the bytes; their name."""
        name = digest(data)
        target = self._path(name)
        if not target.is_file():
            _write(target, data)
        return name

    def get(self, sha256: str) -> bytes:
        """The bytes of that name. Raises NotFound, or ProviderError where the file is damaged."""
        path = self._path(checked(sha256))
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise NotFound(f"{self._folder} has no blob {sha256}", hint="ingest its source again") from None
        if digest(data) != sha256:
            raise ProviderError(f"the blob {path} is damaged", hint="delete that file and ingest its source again")
        return data

    def has(self, sha256: str) -> bool:
        """Whether a blob of that name is kept."""
        return self._path(checked(sha256)).is_file()

    def ids(self) -> Iterator[str]:
        """Every name."""
        for path in self._folder.glob("??/*"):
            if len(path.name) == 64:
                yield path.name

    def gc(self, live: Collection[str]) -> int:
        """Drop every blob that is not in `live`; how many."""
        kept, dropped = frozenset(live), 0
        for name in list(self.ids()):
            if name not in kept:
                self._path(name).unlink(missing_ok=True)
                dropped += 1
        return dropped

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.parent / f".{secrets.token_hex(8)}.new"
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ProviderError(
            f"the blob {target} cannot be written: {error.strerror}", hint="check the disk and its permissions"
        ) from error
