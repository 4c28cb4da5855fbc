"""Packs: many small blobs in one file, with a sorted index at its end. Written once, never changed.

    bytes of all blobs | per blob, sorted: name (32), start (8), length (4) | number of blobs (4) | magic (8)

A pack lies in `packs/` under a random name. It is written beside, synced, then renamed, so it is whole or not there.
"""

import struct
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlwright.kernel.errors import ProviderError

_ENTRY, _END, _MAGIC = struct.Struct(">32sQI"), struct.Struct(">I8s"), b"mlwpack1"


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that can be read: its file and its index."""

    path: Path
    index: bytes

    def __len__(self) -> int:
        return len(self.index) // _ENTRY.size

    def find(self, name: str) -> tuple[int, int] | None:
        """Start and length of a blob."""
        wanted = bytes.fromhex(name)
        at = bisect_left(range(len(self)), wanted, key=self._name)
        if at == len(self) or self._name(at) != wanted:
            return None
        _, start, length = _ENTRY.unpack_from(self.index, at * _ENTRY.size)
        return start, length

    def names(self) -> Iterator[str]:
        for at in range(len(self)):
            yield self._name(at).hex()

    def read(self, start: int, length: int) -> bytes:
        """Raises FileNotFoundError where another process has replaced the pack."""
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(length)

    def _name(self, at: int) -> bytes:
        return self.index[at * _ENTRY.size : at * _ENTRY.size + 32]


def packed(blobs: Mapping[str, bytes]) -> Sequence[bytes]:
    """The pieces of a pack's file."""
    index, start = [], 0
    for name, data in sorted(blobs.items()):
        index.append(_ENTRY.pack(bytes.fromhex(name), start, len(data)))
        start += len(data)
    return [*(data for _, data in sorted(blobs.items())), *index, _END.pack(len(index), _MAGIC)]


def read_pack(path: Path) -> Pack:
    """Raises ProviderError where the file is not a whole pack."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _END.size))
        end = file.read()
        count, magic = _END.unpack(end) if len(end) == _END.size else (0, b"")
        length = count * _ENTRY.size
        if magic != _MAGIC or length > size - _END.size:
            raise ProviderError(f"the pack {path} is damaged", hint="delete that file and ingest its sources again")
        file.seek(size - _END.size - length)
        return Pack(path, file.read(length))
