"""Keeping what was worked out once, as blobs under the thing that it belongs to."""

import threading
from collections.abc import Callable

from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import stamp
from mlwright.kernel.errors import NotFound, ProviderError
from mlwright.kernel.ids import Ref
from mlwright.rag.derived import tables


class Derived:
    """Things of a workspace by `of`, which never changes, and a name that says what and in which format. Safe to use
    from many threads; one at a time works something out."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel, self._turn = kernel, threading.Lock()

    def get(self, of: Ref, name: str, make: Callable[[], bytes]) -> bytes:
        """What is kept, else what `make` gives, which is then kept. A blob that is lost or damaged is made again."""
        with self._turn:
            kept = self.kept(of, name)
            if kept is not None:
                return kept
            made = make()
            at = stamp(self._kernel.clock.now())
            tables.put(self._kernel.store, of, name, self._kernel.blobs.put(made), at)
            return made

    def kept(self, of: Ref, name: str) -> bytes | None:
        """None where it was not worked out yet."""
        sha256 = tables.sha256_of(self._kernel.store, of, name)
        try:
            return None if sha256 is None else self._kernel.blobs.get(sha256)
        except (NotFound, ProviderError):
            return None
