"""The index behind `embedded`: a journal that says what is true, vectors searched by one product, words by tantivy.

A change is true once the journal holds it. The words follow in their own commit, marked with the number of the
change; a reader shows the state that the words stand at, so it never sees half of a change, and the next writer brings
the words up to the journal after a crash. When more rows are dead than live, everything is written anew into the next
epoch's folder, and one rename of `CURRENT` makes it the index. Several processes may read while one writes.
"""

import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mlwright.kernel.errors import Conflict, ProviderError
from mlwright.kernel.locks import exclusive
from mlwright.rag.indexes import Entry, Filter, Found
from mlwright.rag.indexes._journal import Batch, Journal, sync, sync_folder
from mlwright.rag.indexes._words import Searcher, Words, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEWEST_DEAD = 256
_BLOCK = 8192
_TIES = 1e-6
_PAUSE_S = 0.005


@dataclass(slots=True)
class _Rows:
    """What the journal says about each row, up to one change. Lists only grow; views look at a prefix of them."""

    ids: list[str] = field(default_factory=list)
    row_of: dict[str, int] = field(default_factory=dict)
    rows_with: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    dead: list[int] = field(default_factory=list)

    def apply(self, batch: Batch) -> list[int]:
        """Take in a change and return the rows that it ended."""
        ended = [self.row_of.pop(id_) for id_ in batch.remove if id_ in self.row_of]
        for entry in batch.entries:
            row = len(self.ids)
            if entry.id in self.row_of:
                ended.append(self.row_of[entry.id])
            self.ids.append(entry.id)
            self.row_of[entry.id] = row
            for pair in entry.meta.items():
                self.rows_with.setdefault(pair, []).append(row)
        self.dead.extend(ended)
        return ended


@dataclass(frozen=True, slots=True)
class _View:
    """A fixed state of the index: what one query sees from its start to its end."""

    vectors: "NDArray[np.float32]"
    live: "NDArray[np.bool_]"
    ids: list[str]
    rows_with: dict[tuple[str, str], list[int]]
    words: Searcher
    generation: int

    def matching(self, where: Filter) -> "NDArray[np.intp]":
        """The live rows that have every field of the filter."""
        keep = self.live
        for name, wanted in where.items():
            having = np.zeros(len(self.live), dtype=np.bool_)
            for value in values_of(wanted):
                rows = np.array(self.rows_with.get((name, value), ()), dtype=np.intp)
                having[rows[rows < len(having)]] = True
            keep = keep & having
        return np.flatnonzero(keep)

    def nearest(self, vector: "NDArray[np.float32]", top: int, where: Filter | None) -> list[Found]:
        rows = self.matching(where) if where else None
        if rows is not None and len(rows) * 8 < len(self.live):
            return self._best(rows, self.vectors[rows] @ vector, top)
        scores = self.vectors @ vector
        if rows is not None:
            return self._best(rows, scores[rows], top)
        if not self.live.all():
            scores[~self.live] = -np.inf
        return self._best(None, scores, top)

    def _best(self, rows: "NDArray[np.intp] | None", scores: "NDArray[np.float32]", top: int) -> list[Found]:
        """The best `top` live rows; equal scores (to 1e-6) are ordered by id, whatever order they were added in."""
        if len(scores) > top:
            least = np.partition(scores, len(scores) - top)[len(scores) - top]
            at = np.flatnonzero(scores >= least - _TIES)
        else:
            at = np.arange(len(scores))
        at = at[np.isfinite(scores[at])]
        found = [(scores[i], self.ids[i if rows is None else rows[i]]) for i in at.tolist()]
        return _ordered([Found(id_, round(float(score), 6)) for score, id_ in found])[:top]


class ExactIndex:
    """The port `Index` on files; see the module. Safe to call from several threads."""

    def __init__(self, home: Path, dims: int) -> None:
        """Opens what is in `home`, or makes it. Raises ProviderError where disk or files are damaged."""
        self._home, self._dims = home, dims
        self._lock = threading.RLock()
        self._epoch, self._seen = "", (0, 0)
        self._snapshot: _View
        with self._clear():
            home.mkdir(parents=True, exist_ok=True)
            self._enter()

    def _enter(self) -> None:
        while not self._current.exists():
            with suppress(Conflict), self._alone():  # a Conflict says that another process is making it
                if not self._current.exists():
                    self._found()
            time.sleep(_PAUSE_S)
        with self._lock:
            self._open()
        if self._pending:
            with suppress(Conflict), self._alone(), self._lock:  # or that another process is writing right now
                self._repair()

    @property
    def generation(self) -> int:
        return self._view().generation

    def apply(
        self, generation: int, add: Sequence[Entry], vectors: "NDArray[np.float32]", remove: Sequence[str]
    ) -> None:
        """Raises ValueError where `vectors` is not of shape (len(add), dims), Conflict while another process writes,
        ProviderError where the disk refuses: the index is then as it was, or as it should be after the next change."""
        if np.shape(vectors) != (len(add), self._dims):
            raise ValueError(f"{len(add)} entries need vectors of shape ({len(add)}, {self._dims})")
        with self._clear(), self._alone(), self._lock:
            self._repair()
            try:
                batch = self._journal.append(self._last, generation, add, [vectors], remove)
                batch.entries = list(add)
                self._take(batch, words=True)
                self._publish()
            except BaseException:
                self._open()  # what stands in memory may be half of a change: the files know
                raise
            if len(self._rows.dead) > max(len(self._rows.row_of), _FEWEST_DEAD):
                self._compact()

    def by_vector(self, vector: "NDArray[np.float32]", top: int, where: Filter | None = None) -> list[Found]:
        return self._view().nearest(np.ascontiguousarray(vector, dtype=np.float32), top, where)

    def by_words(self, question: str, top: int, where: Filter | None = None) -> list[Found]:
        view = self._view()
        hits = view.words.search(question, top, where)
        return _ordered([Found(view.ids[row], round(score, 6)) for row, score in hits])

    def ids(self) -> set[str]:
        view = self._view()
        return {view.ids[row] for row in np.flatnonzero(view.live).tolist()}

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            self._snapshot = _View(
                np.empty((0, self._dims), np.float32), np.empty(0, np.bool_), [], {}, self._snapshot.words, 0
            )

    # --- where it stands

    @property
    def _current(self) -> Path:
        return self._home / "CURRENT"

    @contextmanager
    def _clear(self) -> Iterator[None]:
        """Errors of the file system, and of tantivy, which says all in ValueErrors, in our words."""
        try:
            yield
        except (OSError, ValueError) as error:
            said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise ProviderError(
                f"the index in {self._home} cannot be read or written: {said}",
                hint="check the free space of the disk and the permissions of the folder; if it is damaged, remove it "
                "and run `mlwright ingest`: it is built again from what is stored",
            ) from error

    def _alone(self) -> AbstractContextManager[None]:
        return exclusive(self._home / "lock", f"the index in {self._home}")

    def _found(self) -> None:
        """The first epoch of an empty index."""
        first = self._new_epoch("1")
        first.create()
        Words(first.folder / "words")
        self._switch("1")

    def _new_epoch(self, name: str) -> Journal:
        folder = self._home / name
        shutil.rmtree(folder, ignore_errors=True)  # the remains of a crash
        folder.mkdir()
        return Journal(folder, self._dims)

    def _switch(self, epoch: str) -> None:
        fresh = self._home / "CURRENT.new"
        with fresh.open("wb") as file:
            file.write(epoch.encode())
            sync(file)
        fresh.replace(self._current)
        sync_folder(self._home)

    def _open(self) -> None:
        """Read the current epoch from its start."""
        while True:
            epoch = self._current.read_text("utf-8")
            try:
                return self._read(epoch)
            except (FileNotFoundError, ValueError):
                if self._current.read_text("utf-8") == epoch:
                    raise
                # a writer has moved on to the next epoch meanwhile, and removed this one

    def _read(self, epoch: str) -> None:
        self._journal = Journal(self._home / epoch, self._dims)
        self._words = Words(self._journal.folder / "words")
        self._rows, self._last = _Rows(), Batch()
        self._pending: list[Batch] = []
        self._follow()
        self._epoch = epoch

    def _view(self) -> _View:
        """The newest whole state. Looks at two files, reads where they have changed, and never waits for a writer."""
        if self._signature() != self._seen and self._lock.acquire(blocking=False):
            try:
                with self._clear():
                    if self._current.read_text("utf-8") != self._epoch:
                        self._open()
                    else:
                        self._follow()
            finally:
                self._lock.release()
        return self._snapshot

    def _signature(self) -> tuple[int, int]:
        try:
            return self._current.stat().st_mtime_ns, self._journal.size()
        except FileNotFoundError:  # another process has just moved on to the next epoch
            return 0, 0

    def _follow(self) -> None:
        """Take in what the journal has grown by, as far as the words have come."""
        seen = self._signature()
        after = self._pending[-1].end if self._pending else self._last.end
        searcher = self._words.reload()
        self._pending += self._journal.batches(after)
        while self._pending and self._pending[0].sequence <= searcher.sequence:
            self._take(self._pending.pop(0), words=False)
        self._publish(searcher)
        self._seen = (0, 0) if self._pending else seen

    def _take(self, batch: Batch, *, words: bool) -> None:
        ended = self._rows.apply(batch)
        if words:
            first = batch.rows - len(batch.entries)
            self._words.apply(batch.sequence, enumerate(batch.entries, start=first), ended)
        batch.entries, batch.remove = [], []
        self._last = batch

    def _publish(self, searcher: Searcher | None = None) -> None:
        live = np.ones(self._last.rows, dtype=np.bool_)
        live[self._rows.dead] = False
        self._snapshot = _View(
            self._journal.load(self._last.rows),
            live,
            self._rows.ids,
            self._rows.rows_with,
            searcher or self._words.reload(),
            self._last.generation,
        )
        self._seen = self._signature()

    # --- for writers only, under the lock of the folder

    def _repair(self) -> None:
        """Come up to the end of the journal, and bring the words there, whatever a crash has left."""
        if self._current.read_text("utf-8") != self._epoch:
            self._open()
        else:
            self._follow()
        if not self._pending:
            return
        self._pending = []
        for batch in self._journal.batches(self._last.end, texts=True):
            self._take(batch, words=True)
        self._publish()

    def _compact(self) -> None:
        """Write what lives into the next epoch, and make it the index."""
        old, name = self._journal.folder, str(int(self._epoch) + 1)
        fresh = self._new_epoch(name)
        fresh.create()
        live = np.flatnonzero(self._snapshot.live)
        batch = fresh.append(
            Batch(self._last.sequence - 1),
            self._last.generation,
            self._living(),
            (self._snapshot.vectors[live[start : start + _BLOCK]] for start in range(0, len(live), _BLOCK)),
        )
        Words(fresh.folder / "words").apply(batch.sequence, enumerate(self._living()), ())
        sync_folder(fresh.folder)
        self._switch(name)
        self._open()
        _remove(old)

    def _living(self) -> Iterator[Entry]:
        """Live entries with their texts, in the order of their rows."""
        live, row = self._snapshot.live, 0
        for batch in self._journal.batches(texts=True):
            here = live[row : row + len(batch.entries)]
            row += len(batch.entries)
            yield from (entry for entry, alive in zip(batch.entries, here, strict=True) if alive)


def _remove(folder: Path) -> None:
    """Take a folder away in one step, so that a reader finds all of it or nothing. Where a reader of this system keeps
    files open (Windows), it stays until the next opening of an epoch of that name."""
    gone = folder.with_name(f"{folder.name}.gone")
    try:
        folder.replace(gone)
    except OSError:
        return
    shutil.rmtree(gone, ignore_errors=True)


def _ordered(found: list[Found]) -> list[Found]:
    return sorted(found, key=lambda one: (-one.score, one.id))
