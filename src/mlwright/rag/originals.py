"""The files behind the versions: as they were ingested, and as pictures of their pages.

A file may be hostile, so its pages are drawn where files are parsed: in a process of its own, under the caps of
`parse`. Here its bytes are decoded at most."""

import threading
from functools import cache, partial

from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound
from mlwright.kernel.ids import Ref
from mlwright.rag import tables
from mlwright.rag.derived import Derived
from mlwright.rag.parse import HEAD, Reader, every_parser
from mlwright.rag.parsers._sniff import decode, looks_binary
from mlwright.rag.ports import DocumentSource
from mlwright.rag.rows import StoredVersion
from mlwright.rag.spec import ParseSpec
from mlwright.rag.types import Original

WIDTH = 1240
"""Pixels of a picture: a sheet of A4 at 150 dots an inch."""


class Originals:
    """Those of one pipeline. Safe to use from many threads; a process that draws starts with the first picture."""

    def __init__(self, kernel: Kernel, source: DocumentSource, spec: ParseSpec, derived: Derived) -> None:
        self._kernel, self._source, self._spec, self._derived = kernel, source, spec, derived
        self._opening = threading.Lock()
        self._reader: Reader | None = None

    def original(self, version: Ref) -> Original:
        """A file as it was ingested, also where it is gone since. Raises NotFound, and ProviderError where its bytes
        are damaged."""
        stored, data = self._stored(version), self._source.read(version)
        text = None if looks_binary(data[:HEAD]) else decode(data)[0]
        pages = len(stored.parsed.pages) if stored.parsed.media_type in _drawn() else 0
        return Original(version, stored.key, stored.parsed.media_type, data, text if not pages else None, pages)

    def picture(self, version: Ref, page: int) -> bytes:
        """A page, counted from 1, as a PNG; drawn once and kept. Raises NotFound where there is no such page, and
        Unreadable where it cannot be drawn."""
        stored = self._stored(version)
        if not 1 <= page <= len(stored.parsed.pages):
            raise NotFound(f"{stored.key} has no page {page}", hint=f"it has {len(stored.parsed.pages)} pages")
        return self._derived.get(version, f"page {page}, {WIDTH} wide", partial(self._draw, stored, page))

    def close(self) -> None:
        """End the process that draws; the next picture starts another one."""
        with self._opening:
            if self._reader is not None:
                self._reader.close()
            self._reader = None

    def _draw(self, stored: StoredVersion, page: int) -> bytes:
        return self._opened().draw(self._source.read(stored.version), stored.key, page, WIDTH)

    def _opened(self) -> Reader:
        with self._opening:
            if self._reader is None:
                spec = self._spec
                self._reader = Reader(workers=1, seconds=spec.timeout, memory=spec.memory, largest=spec.size)
            return self._reader

    def _stored(self, version: Ref) -> StoredVersion:
        stored = tables.version(self._kernel.store, version)
        if stored is None:
            raise NotFound(f"{version} was never parsed here", hint="`mlwright ingest` reads the documents")
        return stored


@cache
def _drawn() -> frozenset[str]:
    """The formats whose pages have a look of their own."""
    return frozenset(part.media_type for part in every_parser() if part.draws)
