"""The index behind `embedded`: a journal that says what is true, vectors searched by one product, words by tantivy.

A change is true once the journal holds it. The words follow in their own commit, marked with the number of the
change; a reader shows the state that the words stand at, so it never sees half of a change, and the next writer brings
the words up to the journal after a crash. Rows that have died stay as long as a retained generation sees them. When
more rows are dead to everybody than are seen by somebody, what is seen is written anew into the next epoch's folder,
and one rename of `CURRENT` makes it the index. Several processes may read while one writes.
"""

import json
import shutil
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mlwright.kernel.errors import Conflict, MlwrightError, NotFound, ProviderError
from mlwright.kernel.locks import exclusive
from mlwright.rag.conditions import Filter
from mlwright.rag.indexes import Damage, Entry, Found, IndexStats, Pruned, Quantize, WordQuery
from mlwright.rag.indexes._codes import codes_of
from mlwright.rag.indexes._epochs import rewrite
from mlwright.rag.indexes._journal import MEND, Batch, Journal, sync, sync_folder
from mlwright.rag.indexes._rows import Rows
from mlwright.rag.indexes._view import View
from mlwright.rag.indexes._words import Searcher, Words, damaged

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEWEST_DEAD = 256
_PAUSE_S = 0.005
_ENCODED_AT_ONCE = 8192


class FileIndex:
    """The port `Index` on files; see the module. Safe to call from several threads."""

    def __init__(self, home: Path, dims: int, quantize: Quantize) -> None:
        """Opens what is in `home`, or makes it. Raises ProviderError where disk or files are damaged."""
        self._home, self._dims, self._quantize = home, dims, quantize
        self._lock = threading.RLock()
        self._epoch, self._seen = "", (0, 0)
        self._snapshot: View
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
                self._catch_up()

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
        with self._writing():
            try:
                batch = self._journal.append(self._last, generation, add, [vectors], remove)
                batch.entries = list(add)
                self._take(batch, words=True)
                self._publish()
            except BaseException:
                self._open()  # what stands in memory may be half of a change: the files know
                raise
            seen = int(self._rows.seen_by(self._moments()).sum())
            if len(self._rows.ids) - seen > max(seen, _FEWEST_DEAD):
                self._compact()

    def by_vector(
        self, vector: "NDArray[np.float32]", top: int, where: Filter | None = None, at: int | None = None
    ) -> list[Found]:
        return self._view_at(at).nearest(np.ascontiguousarray(vector, dtype=np.float32), top, where)

    def by_words(
        self, question: str | WordQuery, top: int, where: Filter | None = None, at: int | None = None
    ) -> list[Found]:
        return self._view_at(at).saying(question, top, where)

    def terms(self, text: str) -> list[str]:
        return self._view().words.terms(text)

    def document_frequency(self, terms: Sequence[str]) -> tuple[int, dict[str, int]]:
        view = self._view()
        counts = view.words.frequency(terms)
        return view.living, {term: min(count, view.living) for term, count in counts.items()}

    def vectors(self, ids: Sequence[str]) -> "NDArray[np.float32]":
        view = self._view()
        count = len(view.live)
        rows = [view.rows.row_of.get(id_, count) for id_ in ids]
        if missing := {id_ for id_, row in zip(ids, rows, strict=True) if row >= count}:  # of the past, or nowhere
            past = {id_: row for row, id_ in enumerate(view.rows.ids[:count]) if id_ in missing}
            if absent := sorted(missing - past.keys()):
                raise NotFound(f"the index in {self._home} holds no {absent[0]}", hint="it may have been removed since")
            rows = [past.get(id_, row) for id_, row in zip(ids, rows, strict=True)]
        found: NDArray[np.float32] = np.asarray(view.vectors[rows], dtype=np.float32).reshape(-1, self._dims)
        return found

    def ids(self, at: int | None = None) -> set[str]:
        view = self._view_at(at)
        return {view.rows.ids[row] for row in np.flatnonzero(view.live).tolist()}

    # --- generations

    def retain(self, generations: Collection[int]) -> None:
        with self._writing():
            there = {*self._asked(), self._last.generation} & self._rows.sequence_of.keys()
            kept = sorted({*generations} & there)
            self._write("RETAINED", json.dumps(kept).encode())

    def retained(self) -> list[int]:
        generation, known = self.generation, self._rows.sequence_of
        return [*(one for one in self._asked() if one in known and one != generation), generation]

    def prune(self) -> Pruned:
        with self._writing():
            before, entries = _size(self._home), len(self._rows.ids)
            if bool(self._rows.seen_by(self._moments()).all()):
                return Pruned(0, 0)
            self._compact()
            return Pruned(entries - len(self._rows.ids), max(0, before - _size(self._home)))

    def stats(self) -> IndexStats:
        view = self._view()
        with self._lock:
            count, seen = len(self._rows.ids), int(self._rows.seen_by(self._moments()).sum())
        entries, size = view.living, _size(self._home)
        return IndexStats(entries, max(0, seen - entries), max(0, count - seen), size, "exact", self._quantize)

    def _asked(self) -> list[int]:
        try:
            return [int(one) for one in json.loads((self._home / "RETAINED").read_bytes())]
        except FileNotFoundError:
            return []
        except (ValueError, TypeError) as error:
            raise ProviderError(f"{self._home / 'RETAINED'} is damaged", hint=MEND) from error

    def _moments(self) -> list[int]:
        """The changes whose states somebody may ask for, ascending."""
        known = self._rows.sequence_of
        return sorted({*(known[one] for one in self._asked() if one in known), self._last.sequence})

    # --- checks

    def verify(self) -> list[Damage]:
        with self._writing():
            return self._damage()

    def repair(self) -> list[Damage]:
        """Raises ProviderError where the journal itself is damaged: then the index must be built again."""
        with self._writing():
            found = self._damage()
            if any(one.place == self._journal.log.name for one in found):
                raise ProviderError(f"{self._journal.log} is damaged", hint=MEND)
            if found:
                batches = list(self._journal.batches())
                lost = [row for first, end in self._journal.damaged(batches) for row in range(first, end)]
                self._compact(lost)
            return found

    def _damage(self) -> list[Damage]:
        log, words = self._journal.log.name, self._journal.folder / "bm25"
        try:
            batches = list(self._journal.batches())
        except ProviderError as error:
            return [Damage(log, error.message)]
        last = batches[-1].sequence if batches else 0
        if last != self._last.sequence:
            return [Damage(log, f"it ends with change {last}, and change {self._last.sequence} was made")]
        found = [
            Damage(self._journal.vectors.name, f"the vectors of rows {first} to {end - 1} are not those written")
            for first, end in self._journal.damaged(batches)
        ]
        found += [Damage(f"{words.name}/{path.name}", "the content is not what was written") for path in damaged(words)]
        held = self._snapshot.words.rows()
        seen = set(np.flatnonzero(self._rows.seen_by(self._moments())).tolist())
        if len(held) != len(set(held)) or not seen <= set(held) <= set(range(len(self._rows.ids))):
            found.append(Damage(words.name, f"the words of {len(seen - set(held))} rows are missing"))
        return found

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            nothing, none = np.empty((0, self._dims), np.float32), np.empty(0, np.bool_)
            self._snapshot = View(nothing, None, Rows(), self._snapshot.words, none, 0, 0)

    # --- where it stands

    @property
    def _current(self) -> Path:
        return self._home / "CURRENT"

    @contextmanager
    def _clear(self) -> Iterator[None]:
        """Errors of the file system, and of tantivy, which says all in ValueErrors, in our words."""
        try:
            yield
        except MlwrightError:
            raise
        except (OSError, ValueError) as error:
            said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise ProviderError(
                f"the index in {self._home} cannot be read or written: {said}",
                hint="check the free space of the disk and the permissions of the folder; if it is damaged, "
                "remove that folder and run `mlwright up`: it is built again from the store",
            ) from error

    def _alone(self) -> AbstractContextManager[None]:
        return exclusive(self._home / "lock", f"the index in {self._home}")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Alone with the folder, at the end of the journal."""
        with self._clear(), self._alone(), self._lock:
            self._catch_up()
            yield

    def _found(self) -> None:
        """The first epoch of an empty index."""
        first = self._new_epoch("1")
        first.create()
        Words(first.folder / "bm25")
        self._switch("1")

    def _new_epoch(self, name: str) -> Journal:
        folder = self._home / name
        shutil.rmtree(folder, ignore_errors=True)  # the remains of a crash
        folder.mkdir()
        return Journal(folder, self._dims)

    def _switch(self, epoch: str) -> None:
        self._write("CURRENT", epoch.encode())

    def _write(self, name: str, content: bytes) -> None:
        """A small file as a whole, durable on return."""
        fresh = self._home / f"{name}.new"
        with fresh.open("wb") as file:
            file.write(content)
            sync(file)
        fresh.replace(self._home / name)
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
        self._words = Words(self._journal.folder / "bm25")
        self._rows, self._last = Rows(), Batch()
        self._codes = codes_of(self._quantize, self._dims)
        self._pending: list[Batch] = []
        self._follow()
        self._epoch = epoch

    def _view(self) -> View:
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

    def _view_at(self, generation: int | None) -> View:
        view = self._view()
        if generation is None or generation == view.generation:
            return view
        if generation not in self._asked() or generation not in view.rows.sequence_of:
            known = ", ".join(map(str, self.retained()))
            raise NotFound(
                f"the index in {self._home} does not hold generation {generation}", hint=f"it holds: {known}"
            )
        return view.at(generation)

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
        if self._last.sequence < searcher.sequence:
            raise ProviderError(
                f"{self._journal.log} has lost its end: change {searcher.sequence} was made, "
                f"and it ends with change {self._last.sequence}",
                hint=MEND,
            )
        self._publish(searcher)
        self._seen = (0, 0) if self._pending else seen

    def _take(self, batch: Batch, *, words: bool) -> None:
        ended = self._rows.apply(batch)
        if words:
            self._last = batch
            first, seen = batch.rows - len(batch.entries), self._rows.seen(ended, self._moments()).tolist()
            forgotten = [row for row, kept in zip(ended, seen, strict=True) if not kept]
            self._words.apply(batch.sequence, enumerate(batch.entries, start=first), forgotten)
        batch.entries, batch.remove = [], []
        self._last = batch

    def _publish(self, searcher: Searcher | None = None) -> None:
        count, moment = self._last.rows, self._last.sequence
        vectors, live = self._journal.load(count), self._rows.living(count, moment)
        if self._codes is not None:
            for start in range(self._codes.count, count, _ENCODED_AT_ONCE):
                self._codes.extend(self._journal.read(start, min(start + _ENCODED_AT_ONCE, count)))
        self._snapshot = View(
            vectors, self._codes, self._rows, searcher or self._words.reload(), live, int(live.sum()),
            self._last.generation,
        )  # fmt: skip
        self._seen = self._signature()

    # --- for writers only, under the lock of the folder

    def _catch_up(self) -> None:
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

    def _compact(self, lost: Collection[int] = ()) -> None:
        """Write what somebody sees into the next epoch, and make it the index. Damaged vectors, which would get a
        good checksum by that, are left for `repair` to find."""
        if not lost and any(True for _ in self._journal.damaged(self._journal.batches())):
            return
        old, name = self._journal.folder, str(int(self._epoch) + 1)
        fresh = self._new_epoch(name)
        fresh.create()
        rewrite(fresh, self._journal, self._rows, self._snapshot.vectors, self._moments(), lost)
        sync_folder(fresh.folder)
        self._switch(name)
        self._open()
        _remove(old)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _remove(folder: Path) -> None:
    """Take a folder away in one step, so that a reader finds all of it or nothing. Where a reader of this system keeps
    files open (Windows), it stays until the next opening of an epoch of that name."""
    gone = folder.with_name(f"{folder.name}.gone")
    try:
        folder.replace(gone)
    except OSError:
        return
    shutil.rmtree(gone, ignore_errors=True)
