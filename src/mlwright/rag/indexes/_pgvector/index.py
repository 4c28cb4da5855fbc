"""The index behind `pgvector`: each change is one transaction, so the server undoes what a killed writer has left.

An entry is a row that was born in one change and died in another; what is alive now, or was in a generation that is
retained, is a condition on these two. Statements see one state from their start to their end. Writers of an index wait
for one another; readers wait for nobody.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.kernel.errors import Conflict, NotFound
from mlwright.rag.conditions import Filter
from mlwright.rag.indexes import Damage, Entry, Found, IndexStats, Pruned, Quantize, WordQuery
from mlwright.rag.indexes._address import called
from mlwright.rag.indexes._bm25 import MOST_TERMS, Counted, Posting, best
from mlwright.rag.indexes._pgvector import tables
from mlwright.rag.indexes._pgvector.connections import Connections
from mlwright.rag.indexes._pgvector.postings import SMALL, numbers_in, packed, postings, small_runs, unpacked
from mlwright.rag.indexes._pgvector.tables import LIVE, Conditions, clean
from mlwright.rag.indexes._words import analyzer

if TYPE_CHECKING:
    import psycopg
    from numpy.typing import NDArray

    from mlwright.rag.indexes._pgvector.connections import Connection

_FEWEST_DEAD = 128
_MOST_SMALL = 64
_QUICK = 64 << 20
"""Tables of so many bytes are written anew in less than a second."""
_SETTINGS = {
    "hnsw.iterative_scan": "strict_order",
    "hnsw.max_scan_tuples": "200000",
    "lock_timeout": "20s",
    "jit": "off",
    "enable_nestloop": "off",
}
"""A filtered search goes on until it has found enough. Estimates of how many rows a filter or an array gives are too
low, so a nested loop would be taken where thousands of rows meet thousands: what took 7 s takes 10 ms without."""
_OVERSAMPLED = {"none": 1, "f16": 2, "binary": 8}
_PLAIN_DIMS = 1900
"""Vectors of up to so many numbers fit into a page together with their row."""


class PgIndex:
    """The port `Index` in one schema of a database. Safe to call from several threads and processes."""

    def __init__(
        self, url: str, prefix: str, name: str, dims: int, quantize: Quantize, *, exact: int, effort: int
    ) -> None:
        """Opens the tables of index `name`, or makes them. Raises Conflict where they hold vectors of another length,
        ProviderError where the server cannot do what is needed."""
        self._t = called(prefix, name)
        self._dims, self._quantize, self._exact = dims, quantize, exact
        self._connections = Connections(url, {**_SETTINGS, "hnsw.ef_search": str(effort)})
        try:
            self._found()
        except BaseException:
            self._connections.close()
            raise

    def _found(self) -> None:
        with self._connections.use() as connection:
            if self._absent(connection):
                with self._alone(connection):
                    if self._absent(connection):
                        self._do(connection, tables.CREATE)
                        if self._dims <= _PLAIN_DIMS:
                            self._do(connection, tables.PLAIN)
            (made,) = self._do(connection, tables.INFO).fetchall()
        if (made["format"], made["dims"]) != (tables.FORMAT, self._dims):
            raise Conflict(
                f"{self._connections.place} ({self._t}) holds vectors of {made['dims']} numbers in format "
                f"{made['format']}, not {self._dims} in format {tables.FORMAT}",
                hint=f"drop the tables {self._t}_* and ingest again, or use the embedding model it was built with",
            )

    def _absent(self, connection: "Connection") -> bool:
        return bool(self._do(connection, tables.ABSENT).fetchall()[0]["absent"])

    # --- changes

    @property
    def generation(self) -> int:
        return int(self._ask(tables.NEWEST)[0]["generation"])

    def apply(
        self, generation: int, add: Sequence[Entry], vectors: "NDArray[np.float32]", remove: Sequence[str]
    ) -> None:
        """Raises ValueError where `vectors` is not of shape (len(add), dims), TransientError while another writer takes
        more than 20 seconds: the index is then as it was."""
        if np.shape(vectors) != (len(add), self._dims):
            raise ValueError(f"{len(add)} entries need vectors of shape ({len(add)}, {self._dims})")
        last = {clean(entry.id): place for place, entry in enumerate(add)}
        places = sorted(last.values())
        rows = packed(np.ascontiguousarray(vectors, dtype=np.float32)[places])
        counted = [Counted.of(self.terms(add[place].text)) for place in places]
        with self._connections.use() as connection:
            with self._alone(connection):
                (now,) = self._do(connection, tables.NEWEST).fetchall()
                sequence, first = now["sequence"] + 1, now["numbers"]
                going = Conditions({"sequence": sequence, "ids": [*map(clean, remove), *last]})
                ended = self._do(connection, tables.END, going).fetchall()
                with self._copying(connection, tables.ROWS, tables.ROW_TYPES) as copy:
                    for number, (place, one, row) in enumerate(zip(places, counted, rows, strict=True), start=first):
                        entry = add[place]
                        copy.write_row((number, clean(entry.id), one.length, sequence, tables.pairs(entry.meta), row))
                self._write_words(connection, first, counted)
                values = {
                    "sequence": sequence,
                    "generation": generation,
                    "entries": now["entries"] + len(places) - len(ended),
                    "words": now["words"] + sum(one.length for one in counted) - sum(row["words"] for row in ended),
                    "numbers": first + len(places),
                }
                self._do(connection, tables.ADD_CHANGE, Conditions(values))
            if generation:
                self._settle(connection)

    def _write_words(self, connection: "Connection", first: int, counted: Sequence[Counted]) -> None:
        starts = range(0, len(counted), tables.SEGMENT)
        with self._copying(connection, tables.WORDS, tables.WORD_TYPES) as copy:
            for start in starts:
                for posting in postings(first + start, counted[start : start + tables.SEGMENT]):
                    copy.write_row(posting)
        sizes = [min(tables.SEGMENT, len(counted) - start) for start in starts]
        firsts = [first + start for start in starts]
        self._do(connection, tables.ADD_SEGMENTS, Conditions({"firsts": firsts, "sizes": sizes}))
        segments = [(row["first"], row["entries"]) for row in self._do(connection, tables.SEGMENTS)]
        if sum(entries < SMALL for _, entries in segments) > _MOST_SMALL:
            for run in small_runs(segments):
                joined = Conditions({"first": run[0], "firsts": run})
                self._do(connection, tables.JOIN_WORDS, joined)
                self._do(connection, tables.JOIN_SEGMENTS, joined)

    def _settle(self, connection: "Connection") -> None:
        """After a change that is to be searched: forget what is dead where that is much, and draw the graph when there
        are enough entries to need it. A crash in between leaves both to the next change."""
        now = self._stats(connection)
        if now.dead > max(now.entries // 4, _FEWEST_DEAD):
            self._forget(connection)
        if now.entries <= self._exact:
            return
        if now.search == "exact":
            held, compares = tables.HELD[self._quantize]
            parts = {"held": held.format(dims=self._dims), "compares": compares}
            with self._alone(connection):
                if self._stats(connection).search == "exact":
                    self._do(connection, tables.NEAR, parts=parts)
        self._do(connection, tables.ANALYZE)

    # --- questions

    def by_vector(
        self, vector: "NDArray[np.float32]", top: int, where: Filter | None = None, at: int | None = None
    ) -> list[Found]:
        (asked,) = packed(np.ascontiguousarray(vector, dtype=np.float32).reshape(1, self._dims))
        moment = self._moment(at)
        conditions = Conditions({"vector": asked, "top": top, "few": self._exact})
        parts = {
            "seen": tables.seen(moment),
            "condition": conditions.write(where),
            "distance": tables.distance(self._quantize, self._dims),
        }
        conditions.values["more"] = top * _OVERSAMPLED[self._quantize]

        def ask(connection: "Connection") -> list[dict[str, Any]]:
            few = tables.FEW if where else tables.NO_GRAPH
            if moment is not None or self._do(connection, few, conditions, parts).fetchall()[0]["few"]:
                sql = tables.EXACT
            else:
                sql = tables.NEAREST if self._quantize == "none" else tables.NEAREST_RESCORED
            rows = self._do(connection, sql, conditions, parts).fetchall()
            if len(rows) < top and sql != tables.EXACT:  # the graph was left before enough had passed the filter
                rows = self._do(connection, tables.EXACT, conditions, parts).fetchall()
            return rows

        return _ordered(self._connections.read(ask))

    def by_words(
        self, question: str | WordQuery, top: int, where: Filter | None = None, at: int | None = None
    ) -> list[Found]:
        asked = question.terms if isinstance(question, WordQuery) else Counter(self.terms(question)[:MOST_TERMS])
        weights = {clean(term): weight for term, weight in asked.items() if weight > 0}
        moment = self._moment(at)
        if not weights or top < 1:
            return []
        conditions = Conditions({"terms": list(weights)})
        parts = {"moment": tables.moment(self._t, moment), "seen": tables.seen(moment)}
        parts["condition"] = f"{parts['seen']} and {conditions.write(where)}"

        def ask(connection: "Connection") -> list[Found]:
            with connection.transaction():
                counts, postings = self._postings(connection, conditions, parts, moment)
                wanted = None
                if where:
                    wanted = np.zeros(counts["numbers"], dtype=np.bool_)
                    wanted[self._numbers(connection, parts["condition"], conditions)] = True
                hits = dict(best(postings, weights, counts["entries"], counts["words"], wanted, top))
                names = self._do(connection, tables.NAMES, Conditions({"numbers": list(hits)})).fetchall()
            return _ordered([{"id": row["id"], "score": hits[row["number"]]} for row in names])

        return self._connections.read(ask)

    def _postings(
        self, connection: "Connection", conditions: Conditions, parts: Mapping[str, str], moment: int | None
    ) -> tuple[dict[str, Any], list[Posting]]:
        """What was counted at a change, and the postings of the rows that lived then."""
        self._do(connection, tables.STEADY)
        (counts,) = self._do(connection, tables.CHANGE, parts=parts).fetchall()
        living = np.full(counts["numbers"], moment is None)
        if moment is None:  # few are dead
            living[self._numbers(connection, f"died <> {LIVE}")] = False
        else:
            living[self._numbers(connection, parts["seen"])] = True
        rows = self._do(connection, tables.POSTINGS, conditions, parts, binary=True)
        return counts, [
            Posting(row["term"], *(numbers_in(row[name]) for name in ("numbers", "counts", "lengths"))).of(living)
            for row in rows
        ]

    def _numbers(
        self, connection: "Connection", condition: str, conditions: Conditions | None = None
    ) -> "NDArray[np.int64]":
        found = self._do(connection, tables.NUMBERS, conditions, {"condition": condition}, binary=True)
        return numbers_in(found.fetchall()[0]["numbers"])

    def terms(self, text: str) -> list[str]:
        return [str(term) for term in analyzer().analyze(text)]

    def document_frequency(self, terms: Sequence[str]) -> tuple[int, Mapping[str, int]]:
        conditions = Conditions({"terms": [clean(term) for term in terms]})
        parts = {"moment": tables.moment(self._t, None), "seen": tables.seen(None)}

        def ask(connection: "Connection") -> tuple[dict[str, Any], list[Posting]]:
            with connection.transaction():
                return self._postings(connection, conditions, parts, None)

        counts, postings = self._connections.read(ask)
        found = Counter[str]()
        for posting in postings:
            found[posting.term] += len(posting.numbers)
        return int(counts["entries"]), {term: found[clean(term)] for term in terms}

    def vectors(self, ids: Sequence[str]) -> "NDArray[np.float32]":
        asked = [clean(id_) for id_ in ids]
        rows = self._ask(tables.VECTORS, Conditions({"ids": list(set(asked))}), binary=True)
        found = {row["id"]: row["vector"] for row in rows}
        if missing := next((id_ for id_ in asked if id_ not in found), None):
            raise NotFound(f"{self._connections.place} holds no entry {missing}")
        return unpacked([found[id_] for id_ in asked], self._dims)

    def ids(self, at: int | None = None) -> set[str]:
        return {row["id"] for row in self._ask(tables.IDS, parts={"seen": tables.seen(self._moment(at))})}

    # --- the past

    def retain(self, generations: Collection[int]) -> None:
        with self._connections.use() as connection, self._alone(connection):
            self._do(connection, tables.KEEP, Conditions({"generations": list(generations)}))

    def retained(self) -> list[int]:
        return [int(row["generation"]) for row in self._ask(tables.READABLE)]

    def prune(self) -> Pruned:
        """Small tables, and those of which much is dead, are written anew, and readers wait for that."""
        with self._connections.use() as connection:
            before = self._stats(connection)
            gone = self._forget(connection)
            if before.bytes < _QUICK or gone > before.entries // 2:
                for name in ("row", "word"):
                    self._do(connection, f"vacuum (full, analyze) {{t}}_{name}")
            return Pruned(gone, max(0, before.bytes - self._stats(connection).bytes))

    def _forget(self, connection: "Connection") -> int:
        """Delete the rows that nobody sees, and give their space to the rows to come; how many."""
        with self._alone(connection):
            self._do(connection, tables.FORGET_CHANGES)
            gone = self._forget_words(connection, self._do(connection, tables.FORGET_ROWS).fetchall())
        if gone:
            for name in ("row", "word", "segment", "change"):
                self._do(connection, f"vacuum (analyze) {{t}}_{name}")
        return gone

    def _forget_words(self, connection: "Connection", rows: Sequence[Mapping[str, Any]]) -> int:
        """Take the words of deleted rows out of their blocks; how many rows."""
        numbers = [row["number"] for row in rows]
        if numbers:
            gone = Conditions({"numbers": numbers})
            gone.values["segments"] = [row["first"] for row in self._do(connection, tables.SEGMENTS_OF, gone)]
            for sql in (tables.FORGET_WHOLE_WORDS, tables.FORGET_WORDS, tables.RESIZE_SEGMENTS, tables.FORGET_SEGMENTS):
                self._do(connection, sql, gone if "%(" in sql else None)
        return len(numbers)

    # --- health

    def verify(self) -> list[Damage]:
        with self._connections.use() as connection:
            found = [Damage(f"entry {row['id']}", f"has {row['words']} words, and {row['counted']} are kept")
                     for row in self._do(connection, tables.WRONG_WORDS)]  # fmt: skip
            found += [Damage(f"row {row['number']}", "words are kept of it, and it is not there")
                      for row in self._do(connection, tables.STRANGE_WORDS)]  # fmt: skip
            found += [
                Damage(f"change {row['sequence']}", f"says {row['entries']} entries with {row['words']} words, "
                       f"and there are {row['having']} with {row['reading']}")
                for row in self._do(connection, tables.WRONG_COUNTS)
            ]  # fmt: skip
        return found

    def repair(self) -> list[Damage]:
        """Entries whose words are lost are removed: the next ingest adds them again."""
        damages = self.verify()
        if damages:
            with self._connections.use() as connection, self._alone(connection):
                wrong = [row["number"] for row in self._do(connection, tables.WRONG_WORDS)]
                self._do(connection, tables.DROP_ROWS, Conditions({"numbers": wrong}))
                strange = self._do(connection, tables.STRANGE_WORDS).fetchall()
                self._forget_words(connection, strange)
                self._do(connection, tables.RECOUNT)
        return damages

    def stats(self) -> IndexStats:
        return self._connections.read(self._stats)

    def close(self) -> None:
        self._connections.close()

    # --- inside

    def _moment(self, at: int | None) -> int | None:
        """The change that carried a generation; None for the newest. Raises NotFound for one that is gone."""
        if at is None:
            return None
        rows = self._ask(tables.READABLE)
        found = {row["generation"]: row["sequence"] for row in rows}
        if at not in found:
            known = ", ".join(str(row["generation"]) for row in rows)
            raise NotFound(f"{self._connections.place} keeps no generation {at}", hint=f"there are: {known}")
        return None if at == rows[-1]["generation"] else int(found[at])

    def _stats(self, connection: "Connection") -> IndexStats:
        tables_ = [f"{self._t}_{name}" for name in ("info", "change", "row", "word", "segment")]
        (row,) = self._do(connection, tables.STATS, Conditions({"tables": tables_})).fetchall()
        search = "hnsw" if row["near"] else "exact"
        return IndexStats(row["entries"], row["past"], row["dead"], int(row["bytes"]), search, self._quantize)

    def _ask(
        self,
        sql: str,
        conditions: Conditions | None = None,
        parts: Mapping[str, str] | None = None,
        *,
        binary: bool = False,
    ) -> list[dict[str, Any]]:
        return self._connections.read(
            lambda connection: self._do(connection, sql, conditions, parts, binary=binary).fetchall()
        )

    def _do(
        self,
        connection: "Connection",
        sql: str,
        conditions: Conditions | None = None,
        parts: Mapping[str, str] | None = None,
        *,
        binary: bool = False,
    ) -> "psycopg.Cursor[dict[str, Any]]":
        whole = sql.format(t=self._t, live=LIVE, dims=self._dims, format=tables.FORMAT, **(parts or {})).encode()
        return connection.execute(whole, conditions.values if conditions else None, binary=binary)

    @contextmanager
    def _alone(self, connection: "Connection") -> Iterator[None]:
        """A transaction in which nobody else writes this index."""
        with connection.transaction():
            self._do(connection, tables.LOCK)
            yield

    @contextmanager
    def _copying(self, connection: "Connection", sql: str, types: Sequence[str]) -> "Iterator[psycopg.Copy]":
        with connection.cursor() as cursor, cursor.copy(sql.format(t=self._t).encode()) as copy:
            copy.set_types(types)
            yield copy


def _ordered(rows: Sequence[Mapping[str, Any]]) -> list[Found]:
    found = [Found(row["id"], round(float(row["score"]), 6)) for row in rows]
    return sorted(found, key=lambda one: (-one.score, one.id))
