"""Blobs as files of a folder: `ab/abcdef…` each, or together in packs where they are small.

Every file is written beside, synced, renamed, and its folder synced. Small blobs that come together (`put_many`) share
one pack, so one sync pays for all; `pack` does the same for those that came one by one.
"""

import os
import secrets
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path

from mlwright.kernel.blobs import GRACE_S, checked
from mlwright.kernel.blobs._packs import Pack, packed, read_pack
from mlwright.kernel.errors import NotFound, ProviderError
from mlwright.kernel.ids import digest
from mlwright.kernel.locks import exclusive

_SMALL = 16 * 1024
_PACK_BYTES = 32 * 1024 * 1024
_FEW = 8
"""Fewer small blobs than this are not worth a pack."""


class LocalBlobs:
    """A folder of blobs, made on first use."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._pack_folder = folder, folder / "packs"
        self._packs: dict[str, Pack] = {}
        self._lock = threading.Lock()

    def put(self, data: bytes) -> str:
        """Keep the bytes; their name. Raises ProviderError where the disk refuses."""
        name = digest(data)
        with self._clear():
            if not self._refreshed(name):
                self._write(self._path(name), [data])
        return name

    def put_many(self, many: Iterable[bytes]) -> list[str]:
        """Keep many; their names, in order. Small ones go into packs of up to 32 MiB."""
        names: list[str] = []
        waiting: dict[str, bytes] = {}
        size = 0
        for data in many:
            if len(data) >= _SMALL:
                names.append(self.put(data))
                continue
            names.append(name := digest(data))
            with self._clear():
                known = name in waiting or self._refreshed(name)
            if not known:
                waiting[name] = data
                size += len(data)
            if size >= _PACK_BYTES:
                self._keep_together(waiting)
                waiting, size = {}, 0
        self._keep_together(waiting)
        return names

    def get(self, sha256: str) -> bytes:
        """The bytes of that name. Raises NotFound, or ProviderError where the file is damaged."""
        path = self._path(checked(sha256))
        with self._clear():
            try:
                data: bytes | None = path.read_bytes()
            except FileNotFoundError:
                data = self._from_packs(sha256)
                if data is None and path.is_file():
                    data = path.read_bytes()
        if data is None:
            raise NotFound(f"{self._folder} has no blob {sha256}", hint="ingest its source again")
        if digest(data) != sha256:
            raise ProviderError(
                f"the blob {sha256} in {self._folder} is damaged", hint=f"delete {path} or its pack and ingest again"
            )
        return data

    def has(self, sha256: str) -> bool:
        """Whether a blob of that name is kept."""
        return self._path(checked(sha256)).is_file() or self._pack_of(sha256, fresh=True) is not None

    def ids(self) -> Iterator[str]:
        """Every name once."""
        seen = set()
        for name in self._everything():
            if name not in seen:
                seen.add(name)
                yield name

    def gc(self, live: Collection[str], *, age_s: float = GRACE_S) -> int:
        """Drop every blob that is not in `live` and was last put more than `age_s` seconds ago; how many."""
        kept, before = frozenset(live), time.time() - age_s
        dropped: set[str] = set()
        with self._sorting("dropping blobs"), self._clear():
            for path in list(self._loose()):
                if path.name not in kept and path.stat().st_mtime <= before:
                    path.unlink(missing_ok=True)
                    dropped.add(path.name)
            for pack in self._read_packs():
                dead = {name for name in pack.names() if name not in kept}
                if dead and pack.path.stat().st_mtime <= before:
                    self._rewrite([pack], without=dead)
                    dropped |= dead
            self._sweep(before)
            self._read_packs()
        return sum(1 for name in dropped if not self.has(name))

    def drop(self, names: Iterable[str]) -> None:
        """Drop these now. Raises Conflict where some are in packs that another process writes anew."""
        gone = {checked(name) for name in names}
        with self._clear():
            for name in gone:
                self._path(name).unlink(missing_ok=True)
            if any(gone.intersection(pack.names()) for pack in self._read_packs()):
                with self._sorting("dropping blobs"):
                    self._rewrite([one for one in self._read_packs() if gone.intersection(one.names())], without=gone)
                    self._read_packs()

    def pack(self) -> int:
        """Move small files into packs, and small packs into larger ones; how many blobs were moved.

        Safe beside readers and writers: a pack is durable before what it replaces is deleted, and readers look again.
        Raises Conflict while another process packs or drops blobs.
        """
        moved = 0
        with self._sorting("packing blobs"), self._clear():
            small = (path for path in self._loose() if path.stat().st_size < _SMALL)
            while len(some := list(islice(small, _PACK_BYTES // _SMALL))) >= _FEW:
                self._write_pack({path.name: path.read_bytes() for path in some})
                for path in some:
                    path.unlink(missing_ok=True)
                moved += len(some)
            light = [pack for pack in self._read_packs() if pack.path.stat().st_size < _PACK_BYTES // 4]
            if len(light) > 1:
                self._rewrite(light, without=frozenset())
                moved += sum(map(len, light))
        return moved

    def _sorting(self, what: str) -> AbstractContextManager[None]:
        return exclusive(self._folder / ".lock", what)

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def _refreshed(self, name: str) -> bool:
        """Whether it is kept; if so it counts as just put."""
        try:
            os.utime(self._path(name))
        except FileNotFoundError:
            pack = self._pack_of(name, fresh=False)
            return pack is not None and self._touched(pack)
        return True

    def _touched(self, pack: Pack) -> bool:
        try:
            os.utime(pack.path)
        except FileNotFoundError:
            return False
        return True

    def _keep_together(self, blobs: dict[str, bytes]) -> None:
        with self._clear():
            if len(blobs) >= _FEW:
                self._write_pack(blobs)
            else:
                for name, data in blobs.items():
                    self._write(self._path(name), [data])

    def _write_pack(self, blobs: dict[str, bytes]) -> None:
        path = self._pack_folder / f"{secrets.token_hex(16)}.pack"
        self._write(path, packed(blobs))
        with self._lock:
            self._packs[path.name] = read_pack(path)

    def _rewrite(self, packs: Sequence[Pack], *, without: Collection[str]) -> None:
        rest: dict[str, bytes] = {}
        for pack in packs:
            for name in pack.names():
                found = pack.find(name)
                if name not in without and found is not None:
                    rest[name] = pack.read(*found)
        if rest:
            self._write_pack(rest)
        for pack in packs:
            pack.path.unlink(missing_ok=True)

    def _from_packs(self, name: str) -> bytes | None:
        for fresh in (False, True):
            pack = self._pack_of(name, fresh=fresh)
            found = pack.find(name) if pack else None
            if pack and found:
                try:
                    return pack.read(*found)
                except FileNotFoundError:  # replaced by another process: look again
                    continue
        return None

    def _pack_of(self, name: str, *, fresh: bool) -> Pack | None:
        """The pack that holds a blob. `fresh`: look for packs that other processes have made or replaced."""
        found = next((pack for pack in list(self._packs.values()) if pack.find(name)), None)
        if found is None or (fresh and not found.path.is_file()):
            return next((pack for pack in self._read_packs() if pack.find(name)), None) if fresh else None
        return found

    def _read_packs(self) -> list[Pack]:
        there = {path.name: path for path in self._pack_folder.glob("*.pack")}
        with self._lock:
            for name in self._packs.keys() - there.keys():
                del self._packs[name]
            for name in there.keys() - self._packs.keys():
                self._packs[name] = read_pack(there[name])
            return list(self._packs.values())

    def _everything(self) -> Iterator[str]:
        for path in self._loose():
            yield path.name
        for pack in self._read_packs():
            yield from pack.names()

    def _loose(self) -> Iterator[Path]:
        return (path for path in self._folder.glob("[0-9a-f][0-9a-f]/*") if len(path.name) == 64)

    def _sweep(self, before: float) -> None:
        """What a killed process left half-written."""
        for path in self._folder.glob("*/.*.new"):
            if path.stat().st_mtime <= before:
                path.unlink(missing_ok=True)

    def _write(self, target: Path, pieces: Sequence[bytes]) -> None:
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            _sync_folder(self._folder)
        beside = target.parent / f".{secrets.token_hex(8)}.new"
        try:
            with beside.open("wb") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)

    @contextmanager
    def _clear(self) -> Iterator[None]:
        """Errors of the file system in our words."""
        try:
            yield
        except OSError as error:
            raise ProviderError(
                f"the blobs in {self._folder} cannot be read or written: {error.strerror}",
                hint="check the free space of the disk and the permissions of the folder",
            ) from error


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows has no such call: NTFS keeps its own journal of names
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
