"""The truth of the embedded index: an append-only journal of changes beside an append-only file of vectors.

A folder of an epoch holds `entries.log` (a header line, then lines of JSON) and `vectors.f32` (rows of float32). A
change is its removals, its additions, and one line that commits them with a checksum; vectors are synced before the
journal is. What follows the last whole commit is the remains of a crash, and the next change overwrites it.
"""

import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import orjson

from mlwright.kernel.errors import Conflict, ProviderError
from mlwright.rag.indexes import Entry
from mlwright.rag.types import meta_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 2
"""Since 2 a commit also has the checksum of its vectors."""
_READABLE = (1, 2)
_COMMIT = b'["="'
_BLOCK = 1 << 20
MEND = (
    "the disk or another program changed it; remove that folder and run `mlwright up`: it is built again from the store"
)


@dataclass(slots=True)
class Batch:
    """One applied change. `rows` counts the vectors in the file after it; `entries` have the rows up to that count.
    `end` is the offset in the journal behind it. Entries have no text where it was not asked for."""

    sequence: int = 0
    generation: int = 0
    rows: int = 0
    end: int = 0
    checksum: int | None = None
    """Of the bytes of its vectors; None in a journal of format 1."""
    remove: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


class Journal:
    """The two files of one epoch."""

    def __init__(self, folder: Path, dims: int) -> None:
        self.folder, self.dims = folder, dims
        self.log, self.vectors = folder / "entries.log", folder / "vectors.f32"

    def create(self) -> None:
        """Make the empty files. The folder must exist."""
        header = orjson.dumps({"format": FORMAT, "dims": self.dims}) + b"\n"
        for path, content in ((self.vectors, b""), (self.log, header)):
            with path.open("wb") as file:
                file.write(content)
                sync(file)
        sync_folder(self.folder)

    def size(self) -> int:
        """Bytes of the journal, remains of a crash included: a change of it says that there is something to read."""
        return self.log.stat().st_size

    def batches(self, after: int = 0, *, texts: bool = False) -> Iterator[Batch]:
        """Every whole change behind offset `after` (0: from the start), in order.

        Raises ProviderError where a change is damaged that others follow: that was no crash of ours."""
        with self.log.open("rb") as file:
            start = self._header(file)
            offset = file.seek(max(after, start))
            batch, crc = Batch(), 0
            for line in file:
                offset += len(line)
                kind, *values = _read(line)
                if kind in ("+", "-"):
                    crc = zlib.crc32(line, crc)
                    _collect(batch, kind, values, texts)
                    continue
                if kind != "=" or not _commits(values, crc):
                    return self._check_tail(file, line)
                batch.sequence, batch.generation, batch.rows, *checksum, _ = values
                batch.checksum = checksum[0] if checksum else None
                batch.end = offset
                yield batch
                batch, crc = Batch(), 0

    def append(
        self,
        last: Batch,
        generation: int,
        entries: Iterable[Entry],
        vectors: "Iterable[NDArray[np.float32]]",
        remove: Sequence[str] = (),
    ) -> Batch:
        """Write a change behind `last` (its numbers say where the files end) and return it; durable on return.

        `vectors` may come in several blocks, rows in the order of `entries`."""
        rows, checksum = self._write_vectors(last.rows, vectors)
        batch = Batch(last.sequence + 1, generation, rows, checksum=checksum, remove=list(remove))
        with self.log.open("r+b") as file:
            file.seek(last.end or self._header(file))
            file.truncate()
            crc = 0
            for line in _lines(remove, entries):
                crc = zlib.crc32(line, crc)
                file.write(line)
            numbers = [batch.sequence, generation, rows, checksum]
            file.write(orjson.dumps(["=", *numbers, zlib.crc32(orjson.dumps(numbers), crc)]) + b"\n")
            batch.end = file.tell()
            sync(file)
        return batch

    def load(self, rows: int) -> "NDArray[np.float32]":
        """The first `rows` vectors, shape (rows, dims), mapped. Raises ProviderError where the file is short."""
        if rows == 0:
            return np.empty((0, self.dims), dtype=np.float32)
        if self.vectors.stat().st_size < rows * self.dims * 4:
            raise ProviderError(
                f"{self.vectors} is shorter than its journal says",
                hint=MEND,
            )
        return np.asarray(np.memmap(self.vectors, dtype=np.float32, mode="r", shape=(rows, self.dims)))

    def read(self, first: int, end: int) -> "NDArray[np.float32]":
        """Some vectors as a copy, which leaves nothing mapped."""
        size = self.dims * 4
        found = np.fromfile(self.vectors, dtype=np.float32, count=(end - first) * self.dims, offset=first * size)
        return found.reshape(-1, self.dims)

    def damaged(self, batches: Iterable[Batch]) -> Iterator[tuple[int, int]]:
        """The rows, first and behind the last, of changes whose vectors are not those that were written."""
        first = 0
        with self.vectors.open("rb") as file:
            for batch in batches:
                size = (batch.rows - first) * self.dims * 4
                if batch.checksum is not None and _checksum(file, size) != batch.checksum:
                    yield first, batch.rows
                first = batch.rows
                file.seek(first * self.dims * 4)

    def _write_vectors(self, rows: int, blocks: "Iterable[NDArray[np.float32]]") -> tuple[int, int]:
        """The number of rows after it, and the checksum of what was written."""
        checksum = 0
        with self.vectors.open("r+b") as file:
            file.seek(rows * self.dims * 4)
            file.truncate()
            for block in blocks:
                data = np.ascontiguousarray(block, dtype=np.float32).tobytes()
                file.write(data)
                checksum = zlib.crc32(data, checksum)
                rows += len(block)
            sync(file)
        return rows, checksum

    def _check_tail(self, file: BinaryIO, first: bytes) -> None:
        """A crash leaves at most one commit line behind the last whole change."""
        commits = first.startswith(_COMMIT) + sum(line.startswith(_COMMIT) for line in file)
        if commits > 1:
            raise ProviderError(
                f"{self.log} is damaged in the middle",
                hint=MEND,
            )

    def _header(self, file: BinaryIO) -> int:
        """Check the first line and return the offset behind it."""
        file.seek(0)
        try:
            header = orjson.loads(file.readline())
            found, dims = header["format"], header["dims"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise ProviderError(
                f"{self.log} is not the journal of an index", hint="remove the folder of the index and ingest again"
            ) from error
        if found not in _READABLE or dims != self.dims:
            raise Conflict(
                f"the index in {self.folder.parent} holds vectors of {dims} numbers in format {found}, "
                f"not {self.dims} in format {FORMAT}",
                hint="remove that folder and ingest again, or use the embedding model that it was built with",
            )
        return file.tell()


def _lines(remove: Sequence[str], entries: Iterable[Entry]) -> Iterator[bytes]:
    for id_ in remove:
        yield orjson.dumps(["-", id_]) + b"\n"
    for entry in entries:
        yield orjson.dumps(["+", entry.id, dict(entry.meta), entry.text]) + b"\n"


def _read(line: bytes) -> list[Any]:
    """A line of the journal; what a crash has torn reads as one of no kind."""
    if not line.endswith(b"\n"):
        return [""]
    try:
        values = orjson.loads(line)
    except orjson.JSONDecodeError:
        return [""]
    return values if isinstance(values, list) and values else [""]


def _commits(values: list[Any], crc: int) -> bool:
    """Is this the commit of a change whose lines have that checksum?"""
    if len(values) == 5:
        crc = zlib.crc32(orjson.dumps(values[:4]), crc)
    return len(values) in (4, 5) and values[-1] == crc


def _checksum(file: BinaryIO, size: int) -> int:
    checksum = 0
    while size > 0 and (data := file.read(min(size, _BLOCK))):
        checksum = zlib.crc32(data, checksum)
        size -= len(data)
    return checksum if size == 0 else -1


def _collect(batch: Batch, kind: str, values: list[Any], texts: bool) -> None:
    if kind == "-":
        batch.remove.append(str(values[0]))
        return
    id_, meta, text = values
    batch.entries.append(Entry(id_, text if texts else "", meta_of(meta)))


def sync(file: BinaryIO) -> None:
    """Everything written to the file is on the disk when this returns."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Names made in or moved into a folder are on the disk when this returns (Windows syncs them by itself)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
