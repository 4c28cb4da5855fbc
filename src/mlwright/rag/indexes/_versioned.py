"""The index of engines without transactions (`lance`, `qdrant`): changes, generations and BM25 over `_records`.

A change is written row by row, invisible, and stands when the state is replaced; what a killed writer has left is taken
back by the next change. Readers ask for what lives at one change, and ask again where rows that they had to see were
deleted meanwhile. One writer at a time: `ingest` holds a lock in the workspace.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from mlwright.kernel.errors import Conflict, NotFound, TransientError
from mlwright.rag.conditions import Filter
from mlwright.rag.indexes import Damage, Entry, Found, IndexStats, Pruned, Quantize, WordQuery
from mlwright.rag.indexes._blocks import blocks_of, check_of, merged, posting_of, row_of, without
from mlwright.rag.indexes._bm25 import MOST_TERMS, Counted, Posting, best
from mlwright.rag.indexes._records import LIVE, Block, Records, Seen, learn, needs_values, simplified
from mlwright.rag.indexes._states import FORMAT, Change, State
from mlwright.rag.indexes._words import analyzer

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")

_SEGMENT = 4096
_SMALL = 2048
_MOST_SMALL = 32
_FEWEST_DEAD = 128
_MOST_CHANGES = 100
_FEW = 10_000
_TRIES = 6


class VersionedIndex:
    """The port `Index` over `records`. Safe to call from several threads."""

    def __init__(self, records: Records, dims: int, quantize: Quantize) -> None:
        """Raises Conflict where the records hold vectors of another length."""
        self._records, self._dims, self._quantize = records, dims, quantize
        self._writing, self._noting = RLock(), RLock()
        self._known: dict[str, set[str]] = {}
        self._known_at = -1
        self._gone: tuple[int, NDArray[np.int64]] = (-1, np.empty(0, dtype=np.int64))
        found = self._state()
        if (found.format, found.dims) != (FORMAT, dims):
            records.close()
            raise Conflict(
                f"{records.place} holds vectors of {found.dims} numbers in format {found.format}, not {dims} in "
                f"format {FORMAT}",
                hint="delete it and ingest again, or use the embedding model it was built with",
            )

    # --- changes

    @property
    def generation(self) -> int:
        return self._state().newest.generation

    def apply(
        self, generation: int, add: Sequence[Entry], vectors: "NDArray[np.float32]", remove: Sequence[str]
    ) -> None:
        if np.shape(vectors) != (len(add), self._dims):
            raise ValueError(f"{len(add)} entries need vectors of shape ({len(add)}, {self._dims})")
        last = {entry.id: place for place, entry in enumerate(add)}
        places = sorted(last.values())
        counted = [Counted.of(self.terms(add[place].text)) for place in places]
        with self._writing:
            state = self._cleaned()
            now, sequence = state.newest, state.newest.sequence + 1
            ended = self._records.end({*remove, *last}, sequence)
            rows = [
                row_of(number, add[place], one, sequence, np.asarray(vectors[place], dtype=np.float32))
                for number, (place, one) in enumerate(zip(places, counted, strict=True), start=now.numbers)
            ]
            self._records.add(rows)
            segments = self._joined(state, sequence)
            for start in range(0, len(counted), _SEGMENT):
                some = counted[start : start + _SEGMENT]
                self._records.add_blocks(blocks_of(now.numbers + start, some, sequence))
                segments.append((now.numbers + start, len(some)))
            newest = Change(
                sequence,
                generation,
                now.entries + len(places) - len(ended),
                now.words + sum(one.length for one in counted) - sum(words for _, words in ended),
                now.numbers + len(places),
            )
            kept = [change for change in state.changes if change.kept]
            others = [change for change in state.changes if not change.kept][-_MOST_CHANGES:]
            changes = sorted([*kept, *others], key=lambda change: change.sequence)
            state = replace(state, changes=(*changes, newest), segments=tuple(segments))
            self._put(state)
            if generation:
                self._settle(state)

    def _cleaned(self) -> State:
        """The state, after what a killed writer has left is gone."""
        state = self._state()
        self._records.undo(state.newest.sequence)
        return state

    def _joined(self, state: State, sequence: int) -> list[tuple[int, int]]:
        """The segments, small ones that stand beside each other joined where they are many."""
        segments = list(state.segments)
        if sum(size < _SMALL for _, size in segments) <= _MOST_SMALL:
            return segments
        joined: list[tuple[int, int]] = []
        run: list[tuple[int, int]] = []
        for segment in [*segments, None]:
            if segment is not None and segment[1] < _SMALL:
                run.append(segment)
                continue
            if len(run) > 1:
                firsts = [first for first, _ in run]
                blocks = self._records.blocks(state.newest.sequence, segments=firsts)
                self._rewrite(firsts, merged(firsts[0], blocks, sequence), sequence)
                run = [(firsts[0], sum(size for _, size in run))]
            joined += run if segment is None else [*run, segment]
            run = []
        return joined

    def _rewrite(self, segments: Sequence[int], blocks: Sequence[Block], sequence: int) -> None:
        self._records.end_blocks(segments, sequence)
        self._records.add_blocks(blocks)

    def _settle(self, state: State) -> None:
        dead = self._records.count() - self._records.count(state.moments)
        if dead > max(state.newest.entries // 4, _FEWEST_DEAD):
            self._forget(state)
        self._records.settle(state.newest.entries)

    # --- questions

    def by_vector(
        self, vector: "NDArray[np.float32]", top: int, where: Filter | None = None, at: int | None = None
    ) -> list[Found]:
        if top < 1:
            return []

        def ask(state: State, change: Change) -> list[Found]:
            seen = Seen(change.sequence, self._simplified(where, state))
            return _ordered(self._records.nearest(np.asarray(vector, dtype=np.float32), top, seen))

        return self._read(ask, at)

    def by_words(
        self, question: str | WordQuery, top: int, where: Filter | None = None, at: int | None = None
    ) -> list[Found]:
        asked = question.terms if isinstance(question, WordQuery) else Counter(self.terms(question)[:MOST_TERMS])
        weights = {term: weight for term, weight in asked.items() if weight > 0}
        if not weights or top < 1:
            return []

        def ask(state: State, change: Change) -> list[Found]:
            found = self._postings(state, change, weights)
            seen = Seen(change.sequence, self._simplified(where, state))
            wanted = None
            if where is not None:
                passing = self._records.numbers(seen, _FEW + 1)
                if len(passing) <= _FEW:
                    wanted = np.zeros(state.newest.numbers, dtype=np.bool_)
                    wanted[passing] = True
            most = top if where is None or wanted is not None else state.newest.numbers
            return self._named(best(found, weights, change.entries, change.words, wanted, most), seen, top)

        return self._read(ask, at)

    def _named(self, hits: Sequence[tuple[int, float]], seen: Seen, top: int) -> list[Found]:
        """The best that pass: names are asked for until there are enough."""
        found: list[tuple[str, float]] = []
        start, size = 0, top
        while start < len(hits) and len(found) < top:
            some = dict(hits[start : start + size])
            names = self._records.names(list(some), seen)
            found += [(names[number], score) for number, score in some.items() if number in names]
            start, size = start + size, min(size * 4, _FEW)
        return _ordered(found[:top])

    def _postings(self, state: State, change: Change, terms: Collection[str]) -> list[Posting]:
        """Of the rows that live at a change."""
        living = np.ones(state.newest.numbers, dtype=np.bool_)
        if change is state.newest:
            living[self._dead(state)] = False
        else:
            living[:] = False
            living[self._records.numbers(Seen(change.sequence))] = True
        return [posting_of(block).of(living) for block in self._records.blocks(state.newest.sequence, terms=terms)]

    def _dead(self, state: State) -> "NDArray[np.int64]":
        """The rows that are there and do not live at the newest change; remembered until the next one."""
        with self._noting:
            if self._gone[0] != state.newest.sequence:
                numbers = np.array(self._records.unseen([state.newest.sequence]), dtype=np.int64)
                self._gone = (state.newest.sequence, numbers[numbers < state.newest.numbers])
            return self._gone[1]

    def terms(self, text: str) -> list[str]:
        return [str(term) for term in analyzer().analyze(text)]

    def document_frequency(self, terms: Sequence[str]) -> tuple[int, Mapping[str, int]]:
        def ask(state: State, change: Change) -> tuple[int, Mapping[str, int]]:
            found = Counter[str]()
            for posting in self._postings(state, change, set(terms)):
                found[posting.term] += len(posting.numbers)
            return change.entries, {term: found[term] for term in terms}

        return self._read(ask, None)

    def vectors(self, ids: Sequence[str]) -> "NDArray[np.float32]":
        found = self._read(lambda _, __: self._records.vectors(set(ids)), None)
        if missing := next((id_ for id_ in ids if id_ not in found), None):
            raise NotFound(f"{self._records.place} holds no entry {missing}")
        return np.array([found[id_] for id_ in ids], dtype=np.float32).reshape(len(ids), self._dims)

    def ids(self, at: int | None = None) -> set[str]:
        return self._read(lambda _, change: self._records.ids(change.sequence), at)

    # --- the past

    def retain(self, generations: Collection[int]) -> None:
        with self._writing:
            state = self._state()
            last = {change.generation: change.sequence for change in state.changes}
            kept = {last[generation] for generation in generations if generation in last}
            changes = tuple(replace(change, kept=change.sequence in kept) for change in state.changes)
            if changes != state.changes:
                self._put(replace(state, changes=changes))

    def retained(self) -> list[int]:
        return sorted(self._state().readable, key=lambda generation: self._state().readable[generation].sequence)

    def prune(self) -> Pruned:
        with self._writing:
            before = self._records.bytes()
            gone = self._forget(self._cleaned())
            self._records.settle(self._state().newest.entries, wholly=True)
            return Pruned(gone, max(0, before - self._records.bytes()))

    def _forget(self, state: State, also: Collection[int] = ()) -> int:
        """Delete the rows that nobody sees, and these; how many. Their words go first, in a change of its own."""
        moments = state.moments
        gone = {*self._records.unseen(moments), *also}
        now = replace(state.newest, sequence=state.newest.sequence + 1)
        firsts = [first for first, _ in state.segments]
        places = np.searchsorted(firsts, sorted(gone), side="right") - 1
        touched = sorted({firsts[place] for place in places.tolist() if place >= 0})
        sizes = dict(state.segments)
        if touched:
            blocks = self._records.blocks(state.newest.sequence, segments=touched)
            left = [found for block in blocks if (found := without(block, gone, now.sequence)).numbers]
            self._rewrite(touched, left, now.sequence)
            lost = Counter(firsts[place] for place in places.tolist() if place >= 0)
            sizes = {first: max(0, size - lost[first]) for first, size in sizes.items()}
        kept = tuple(change for change in state.changes[:-1] if change.kept)
        left_segments = tuple((first, size) for first, size in sizes.items() if size)
        state = replace(state, changes=(*kept, now), segments=left_segments, floor=now.sequence)
        self._put(state)
        self._records.forget(state.moments, also)
        return len(gone)

    # --- health

    def verify(self) -> list[Damage]:
        with self._writing:
            state = self._cleaned()
            wrong, strange, counts = self._wrong(state)
        found = [Damage(f"entry {id_}", problem) for id_, problem in sorted(wrong.values())]
        found += [Damage(f"row {number}", "words are kept of it, and it is not there") for number in strange]
        if counts != (state.newest.entries, state.newest.words):
            found.append(
                Damage(
                    f"change {state.newest.sequence}",
                    f"says {state.newest.entries} entries with {state.newest.words} words, and there are {counts[0]} "
                    f"with {counts[1]}",
                )
            )
        return found

    def _wrong(self, state: State) -> tuple[dict[int, tuple[str, str]], list[int], tuple[int, int]]:
        """Damaged rows by number, numbers of words without a row, and how many entries and words live."""
        reading = Counter[int]()
        for block in self._records.blocks(state.newest.sequence):
            reading.update(dict(zip(block.numbers, block.counts, strict=True)))
        moments, wrong, entries, words = state.moments, {}, 0, 0
        there = set[int]()
        for row, died in self._records.rows():
            there.add(row.number)
            if not any(row.born <= moment < died for moment in moments):
                continue
            if died == LIVE:
                entries, words = entries + 1, words + row.words
            if row.check != check_of(row.id, row.meta, row.vector):
                wrong[row.number] = (row.id, "its vector or its fields are not those that were written")
            elif row.words != reading[row.number]:
                wrong[row.number] = (row.id, f"has {row.words} words, and {reading[row.number]} are kept")
        return wrong, sorted(reading.keys() - there), (entries, words)

    def repair(self) -> list[Damage]:
        """Entries that are damaged are removed: the next ingest adds them again."""
        with self._writing:
            damages = self.verify()
            if damages:
                state = self._state()
                wrong, strange, _ = self._wrong(state)
                self._forget(state, {*wrong, *strange})
                state = self._state()
                entries, words = self._wrong(state)[2]
                newest = replace(state.newest, entries=entries, words=words)
                self._put(replace(state, changes=(*state.changes[:-1], newest)))
                self._gone = (-1, self._gone[1])
        return damages

    def stats(self) -> IndexStats:
        def ask(state: State, change: Change) -> IndexStats:
            seen, every = self._records.count(state.moments), self._records.count()
            past, size = max(0, seen - change.entries), self._records.bytes()
            return IndexStats(change.entries, past, every - seen, size, self._records.search, self._quantize)

        return self._read(ask, None)

    def close(self) -> None:
        self._records.close()

    # --- inside

    def _state(self) -> State:
        text = self._records.state()
        return State.read(text) if text else State(self._dims, (Change(0, 0, 0, 0, 0),), ())

    def _put(self, state: State) -> None:
        self._records.put_state(state.write())

    def _read(self, ask: Callable[[State, Change], T], at: int | None) -> T:
        """Ask about one change. Raises NotFound for a generation that is gone."""
        for tried in range(_TRIES):
            state = self._state()
            change = state.newest if at is None else state.readable.get(at)
            if change is None:
                known = ", ".join(str(generation) for generation in state.readable)
                raise NotFound(f"{self._records.place} keeps no generation {at}", hint=f"there are: {known}")
            try:
                found = ask(state, change)
            except TransientError:
                if tried == _TRIES - 1:
                    raise
                continue
            after = self._state()
            if after.floor <= change.sequence or change.sequence in after.moments:
                return found
        raise TransientError(
            f"{self._records.place} is being changed faster than it can be read", hint="ask again in a moment"
        )

    def _simplified(self, where: Filter | None, state: State) -> Filter | None:
        if where is None or not needs_values(where):
            return where
        with self._noting:
            if self._known_at < state.newest.sequence:
                learn(self._known, self._records.pairs(self._known_at))
                self._known_at = state.newest.sequence
            return simplified(where, self._known)


def _ordered(found: Sequence[tuple[str, float]]) -> list[Found]:
    return sorted((Found(id_, round(score, 6)) for id_, score in found), key=lambda one: (-one.score, one.id))
