"""Texts of document versions, as far as one question needs them; the last few are kept."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TypeVar

from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import MlwrightError
from mlwright.kernel.ids import Ref
from mlwright.rag import tables
from mlwright.rag.types import Chunk

T = TypeVar("T")
_KEPT = 32
_LONGEST = 2_000_000


class Texts:
    """Reads through a small cache. Safe from many threads."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._turn = threading.Lock()
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._pages: OrderedDict[str, tuple[int, ...]] = OrderedDict()

    def read(self, chunk: Chunk) -> str:
        """The text of the chunk's version; empty where it is longer than 2 million characters, gone, or does not hold
        the chunk where it should."""
        id_ = chunk.version.id
        with self._turn:
            text = self._texts.get(id_)
        if text is None:
            text = self._load(chunk.version)
            _keep(self._texts, id_, text, self._turn)
        return text if text.startswith(chunk.text, chunk.span.start) else ""

    def pages(self, versions: Sequence[Ref]) -> Mapping[str, Sequence[int]]:
        """The offsets of the pages of each version, by its id."""
        found: dict[str, Sequence[int]] = {}
        for version in versions:
            with self._turn:
                known = self._pages.get(version.id)
            if known is None:
                stored = tables.version(self._kernel.store, version)
                known = stored.parsed.pages if stored else ()
                _keep(self._pages, version.id, known, self._turn)
            found[version.id] = known
        return found

    def _load(self, version: Ref) -> str:
        stored = tables.version(self._kernel.store, version)
        if stored is None or stored.characters > _LONGEST:
            return ""
        try:
            return self._kernel.blobs.get(stored.text_sha256).decode()
        except MlwrightError:  # a text that cannot be read only costs the rest of a sentence
            return ""


def _keep(kept: OrderedDict[str, T], key: str, value: T, turn: threading.Lock) -> None:
    with turn:
        kept[key] = value
        kept.move_to_end(key)
        if len(kept) > _KEPT:
            kept.popitem(last=False)
