"""Keeping what was worked out once, as blobs under the thing that it belongs to, for as long as a pipeline holds that.

A blob begins with what it is and whose, so that no file that somebody adds has the same bytes: it can be dropped."""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import stamp
from mlwright.kernel.errors import NotFound, ProviderError
from mlwright.kernel.ids import Ref
from mlwright.rag import tables as tables_of_rag
from mlwright.rag.derived import tables
from mlwright.rag.derived.tables import Kept

MOST = 256 << 20
"""Bytes that a pipeline keeps: some thousand pages. What was made first goes first."""


@dataclass(frozen=True, slots=True)
class Derived:
    """Things of a pipeline by `of`, which never changes, and a name that says what and in which format. Kept is what
    belongs to a version of a document on the shelf or to the current index. Safe to use from many threads; one at a
    time works something out."""

    kernel: Kernel
    pipeline: str
    shelf: str
    current: Callable[[], Ref | None]
    """The index that is searched now."""
    most: int = MOST
    turn: threading.Lock = field(default_factory=threading.Lock)

    def get(self, of: Ref, name: str, make: Callable[[], bytes]) -> bytes:
        """What is kept, else what `make` gives, which is then kept. A blob that is lost or damaged is made again."""
        with self.turn:
            kept = self.kept(of, name)
            if kept is not None:
                return kept
            made = make()
            if self._holds(of):
                self._keep(of, name, made)
            return made

    def kept(self, of: Ref, name: str) -> bytes | None:
        """None where it was not worked out yet."""
        sha256 = tables.sha256_of(self.kernel.store, self.pipeline, of, name)
        try:
            return None if sha256 is None else self.kernel.blobs.get(sha256).removeprefix(self._head(of, name))
        except (NotFound, ProviderError):
            return None

    def tidy(self) -> int:
        """Forget what belongs to things that the pipeline no longer holds; how many. Raises Conflict as `Blobs.drop`
        does."""
        gone = tables.gone(self.kernel.store, self.pipeline, self.shelf, str(self.current() or ""))
        return _forget(self.kernel, gone)

    def _holds(self, of: Ref) -> bool:
        return of == self.current() or tables_of_rag.holds(self.kernel.store, self.shelf, of)

    def _keep(self, of: Ref, name: str, made: bytes) -> None:
        sha256 = self.kernel.blobs.put(self._head(of, name) + made)
        kept = Kept(self.pipeline, str(of), name, sha256, len(made))
        tables.put(self.kernel.store, kept, stamp(self.kernel.clock.now()))
        every = tables.newest(self.kernel.store, self.pipeline)
        sizes = accumulate(one.bytes for one in every)
        _forget(self.kernel, [one for one, size in zip(every, sizes, strict=True) if size > self.most])

    def _head(self, of: Ref, name: str) -> bytes:
        return f"{name} of {of} for {self.pipeline}\n".encode()


def forget_derived(kernel: Kernel, used: Collection[str]) -> int:
    """Take away what pipelines kept that are none any more. How many."""
    strange = [name for name in tables.pipelines(kernel.store) if name not in used]
    return sum(_forget(kernel, tables.newest(kernel.store, name)) for name in strange)


def _forget(kernel: Kernel, some: Sequence[Kept]) -> int:
    """The blobs first: where that fails, the rows say what is left to do."""
    if some:
        kernel.blobs.drop(one.sha256 for one in some)
        tables.remove(kernel.store, some)
    return len(some)
