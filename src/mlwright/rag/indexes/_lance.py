"""Rows and postings in three Lance tables: `row`, `word`, and `state`, which is overwritten whole.

Every write makes a version of a table and files of its own, so after some of them small files are put together and
versions of some seconds ago deleted; a reader of such a version tries again. Search is told to look into partitions
until it has enough that pass the filter, and to score with full vectors: with LanceDB's defaults, filters lose results
in silence.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import lancedb
import numpy as np
import pyarrow as pa
from lancedb.index import BTree, IvfFlat, IvfRq, IvfSq

from mlwright.kernel.errors import TransientError
from mlwright.rag.conditions import ACL, All, Allowed, Filter, Is, Not
from mlwright.rag.conditions import Any as AnyOf
from mlwright.rag.indexes import Quantize
from mlwright.rag.indexes._records import LIVE, Block, Row, Seen, pair

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")

_MANY = 500
"""Values in one list of a statement."""
_MOST_WRITES = 24
"""Writes after which small files are put together."""
_NOW, _LATELY = timedelta(milliseconds=1), timedelta(seconds=5)
"""Versions younger than that stay for those who are reading them; pruning leaves none."""
_REFINED: dict[Quantize, int] = {"none": 1, "i8": 5, "binary": 20}
"""How many candidates are scored again with full vectors for each result."""
_INDEX = {"none": IvfFlat, "i8": IvfSq, "binary": IvfRq}
_WORD = pa.schema([
    ("term", pa.string()), ("segment", pa.int64()), ("born", pa.int64()), ("died", pa.int64()),
    ("numbers", pa.list_(pa.int64())), ("counts", pa.list_(pa.int64())), ("lengths", pa.list_(pa.int64())),
])  # fmt: skip
_STATE = pa.schema([("text", pa.string())])


def _row_schema(dims: int) -> pa.Schema:
    return pa.schema([
        ("number", pa.int64()), ("id", pa.string()), ("words", pa.int64()), ("born", pa.int64()),
        ("died", pa.int64()), ("meta", pa.list_(pa.string())), ("check", pa.int64()),
        ("vector", pa.list_(pa.float32(), dims)),
    ])  # fmt: skip


class LanceRecords:
    """The port `Records` over a LanceDB database."""

    def __init__(
        self, where: str, options: dict[str, str], dims: int, quantize: Quantize, *, exact: int, effort: int
    ) -> None:
        self.place, self._where, self._dims = f"the index in {where}", where, dims
        self._kind, self._refined, self._exact, self._effort = _INDEX[quantize], _REFINED[quantize], exact, effort
        with self._in_our_words():
            self._db = lancedb.connect(where, storage_options=options, read_consistency_interval=timedelta(0))
            schemas = {"row": _row_schema(dims), "word": _WORD, "state": _STATE}
            there = self._db.list_tables().tables
            made = [
                self._db.open_table(name) if name in there else self._db.create_table(name, schema=schema)
                for name, schema in schemas.items()
            ]
        self._rows, self._words, self._states = made
        self._writes = 0

    @property
    def search(self) -> str:
        with self._in_our_words():
            return "ivf" if self._drawn() else "exact"

    # --- the state

    def state(self) -> str | None:
        with self._in_our_words():
            found = self._states.search().limit(1).to_arrow()["text"].to_pylist()
        return found[0] if found else None

    def put_state(self, text: str) -> None:
        with self._in_our_words():
            self._states.add(pa.table({"text": [text]}, schema=_STATE), mode="overwrite")
            self._writes += 1

    # --- writing

    def undo(self, after: int) -> None:
        with self._in_our_words():
            for table in (self._rows, self._words):
                if table.count_rows(f"born > {after}"):
                    table.delete(f"born > {after}")
                if table.count_rows(f"died > {after} and died < {LIVE}"):
                    table.update(where=f"died > {after} and died < {LIVE}", values={"died": LIVE})

    def add(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        flat = np.concatenate([row.vector for row in rows]).astype(np.float32)
        table = pa.table(
            {
                "number": [row.number for row in rows],
                "id": [row.id for row in rows],
                "words": [row.words for row in rows],
                "born": [row.born for row in rows],
                "died": [LIVE] * len(rows),
                "meta": [list(row.meta) for row in rows],
                "check": [row.check for row in rows],
                "vector": pa.FixedSizeListArray.from_arrays(flat, self._dims),
            },
            schema=_row_schema(self._dims),
        )
        with self._in_our_words():
            self._rows.add(table)
            self._writes += 1

    def end(self, ids: Collection[str], moment: int) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        with self._in_our_words():
            for some in _pieces(sorted(ids)):
                rows = self._ask(self._rows, f"died = {LIVE} and {_in('id', some)}", ["number", "words"])
                found += zip(rows["number"].to_pylist(), rows["words"].to_pylist(), strict=True)
            for numbers in _pieces([number for number, _ in found]):
                self._rows.update(where=_in("number", numbers), values={"died": moment})
                self._writes += 1
        return found

    def add_blocks(self, blocks: Sequence[Block]) -> None:
        if not blocks:
            return
        table = pa.table(
            {
                "term": [block.term for block in blocks],
                "segment": [block.segment for block in blocks],
                "born": [block.born for block in blocks],
                "died": [LIVE] * len(blocks),
                "numbers": [block.numbers for block in blocks],
                "counts": [block.counts for block in blocks],
                "lengths": [block.lengths for block in blocks],
            },
            schema=_WORD,
        )
        with self._in_our_words():
            self._words.add(table)
            self._writes += 1

    def end_blocks(self, segments: Sequence[int], moment: int) -> None:
        with self._in_our_words():
            for some in _pieces(segments):
                self._words.update(
                    where=f"died = {LIVE} and born < {moment} and {_in('segment', some)}", values={"died": moment}
                )
                self._writes += 1

    def forget(self, moments: Sequence[int], numbers: Collection[int] = ()) -> None:
        with self._in_our_words():
            self._rows.delete(f"not ({_living(moments)})")
            for some in _pieces(sorted(numbers)):
                self._rows.delete(_in("number", some))
            self._words.delete(f"not ({_living(moments[-1:])})")
            self._writes += 3

    def settle(self, entries: int, *, wholly: bool = False) -> None:
        with self._in_our_words():
            if entries > self._exact and not self._drawn():
                self._rows.create_index("vector", config=self._kind(distance_type="dot"))
                self._rows.create_index("id", config=BTree())
                self._words.create_index("term", config=BTree())
            elif not wholly and self._writes < _MOST_WRITES:
                return
            for table in (self._rows, self._words, self._states):
                table.optimize(cleanup_older_than=_NOW if wholly else _LATELY, delete_unverified=wholly)
            self._writes = 0

    # --- reading

    def blocks(
        self, moment: int, *, terms: Collection[str] | None = None, segments: Collection[int] | None = None
    ) -> list[Block]:
        condition = _living([moment])
        if terms is not None:
            condition += f" and {_in('term', sorted(terms))}"
        if segments is not None:
            condition += f" and {_in('segment', sorted(segments))}"
        with self._in_our_words():
            found = self._ask(self._words, condition, ["term", "segment", "born", "numbers", "counts", "lengths"])
        names = ("numbers", "counts", "lengths")
        return [
            Block(term, segment, born, *lists)
            for term, segment, born, *lists in zip(
                *(found[name].to_pylist() for name in ("term", "segment", "born")),
                *(_arrays(found[name]) for name in names),
                strict=True,
            )
        ]

    def nearest(self, vector: "NDArray[np.float32]", top: int, seen: Seen) -> list[tuple[str, float]]:
        condition = _seen(seen)
        with self._in_our_words():
            asked = self._rows.search(vector, vector_column_name="vector").distance_type("dot")
            asked = asked.where(condition, prefilter=True).select(["id", "_distance"]).limit(top)
            if self._drawn() and self._rows.count_rows(condition) > self._exact:
                asked = asked.minimum_nprobes(self._effort).maximum_nprobes(0).refine_factor(self._refined)
            else:
                asked = asked.bypass_vector_index()
            found = asked.to_arrow()
        return [
            (id_, 1 - distance)
            for id_, distance in zip(found["id"].to_pylist(), found["_distance"].to_pylist(), strict=True)
        ]

    def numbers(self, seen: Seen, most: int | None = None) -> list[int]:
        with self._in_our_words():
            found: list[int] = self._ask(self._rows, _seen(seen), ["number"], most)["number"].to_pylist()
        return found

    def names(self, numbers: Collection[int], seen: Seen) -> dict[int, str]:
        found: dict[int, str] = {}
        with self._in_our_words():
            for some in _pieces(sorted(numbers)):
                rows = self._ask(self._rows, f"{_in('number', some)} and {_seen(seen)}", ["number", "id"])
                found.update(zip(rows["number"].to_pylist(), rows["id"].to_pylist(), strict=True))
        return found

    def ids(self, moment: int) -> set[str]:
        with self._in_our_words():
            return set(self._ask(self._rows, _living([moment]), ["id"])["id"].to_pylist())

    def vectors(self, ids: Collection[str]) -> "dict[str, NDArray[np.float32]]":
        found: dict[str, tuple[int, NDArray[np.float32]]] = {}
        with self._in_our_words():
            for some in _pieces(sorted(ids)):
                rows = self._ask(self._rows, _in("id", some), ["id", "born", "vector"])
                for id_, born, vector in zip(
                    rows["id"].to_pylist(), rows["born"].to_pylist(), _vectors(rows["vector"], self._dims), strict=True
                ):
                    if born >= found.get(id_, (-1, vector))[0]:
                        found[id_] = (born, vector)
        return {id_: vector for id_, (_, vector) in found.items()}

    def pairs(self, after: int) -> Iterable[Sequence[str]]:
        with self._in_our_words():
            found: list[list[str]] = self._ask(self._rows, f"born > {after}", ["meta"])["meta"].to_pylist()
        return found

    def rows(self) -> Iterator[tuple[Row, int]]:
        with self._in_our_words():
            found = self._rows.to_arrow()
            for batch in found.to_batches():
                vectors = _vectors(batch["vector"], self._dims)
                for row, vector in zip(batch.drop_columns(["vector"]).to_pylist(), vectors, strict=True):
                    died = row.pop("died")
                    yield Row(**row, vector=vector), died

    def count(self, moments: Sequence[int] | None = None) -> int:
        with self._in_our_words():
            return int(self._rows.count_rows(None if moments is None else _living(moments)))

    def unseen(self, moments: Sequence[int]) -> list[int]:
        with self._in_our_words():
            found: list[int] = self._ask(self._rows, f"not ({_living(moments)})", ["number"])["number"].to_pylist()
        return found

    def bytes(self) -> int:
        if "://" not in self._where:
            return sum(path.stat().st_size for path in Path(self._where).rglob("*") if path.is_file())
        with self._in_our_words():
            return sum(int(table.stats()["total_bytes"]) for table in (self._rows, self._words))

    def close(self) -> None:
        """Nothing is kept open that would have to be closed."""

    # --- inside

    def _drawn(self) -> bool:
        return any(index.columns == ["vector"] for index in self._rows.list_indices())

    @staticmethod
    def _ask(table: Any, condition: str, columns: list[str], most: int | None = None) -> pa.Table:
        asked = table.search().where(condition).select(columns)
        return (asked.limit(most) if most is not None else asked).to_arrow()

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        """LanceDB raises RuntimeError, OSError or ValueError for files that a writer has just deleted, and for more."""
        try:
            yield
        except (RuntimeError, OSError, ValueError) as error:
            raise TransientError(f"{self.place}: {str(error)[:500]}", hint="see whether the storage answers") from error


def _seen(seen: Seen) -> str:
    living = _living([seen.moment])
    return living if seen.where is None else f"{living} and {_condition(seen.where)}"


def _living(moments: Sequence[int]) -> str:
    return " or ".join(f"(born <= {moment} and died > {moment})" for moment in moments)


def _condition(where: Filter) -> str:
    """As SQL of DataFusion; ranges and prefixes are values by now."""
    match where:
        case All(()):
            return "true"
        case AnyOf(()) | Is(_, ()):
            return "false"
        case All(parts):
            return f"({' and '.join(map(_condition, parts))})"
        case AnyOf(parts):
            return f"({' or '.join(map(_condition, parts))})"
        case Not(part):
            return f"(not {_condition(part)})"
        case Is(name, values):
            return _has([pair(name, value) for value in values])
        case Allowed(labels):
            return f"((not {_has([ACL])}) or {_has([pair(ACL, label) for label in labels])})"
        case _:
            raise TypeError(where)


def _has(texts: Sequence[str]) -> str:
    return f"array_has_any(meta, [{', '.join(map(_text, texts))}])" if texts else "false"


def _in(column: str, values: Sequence[str] | Sequence[int]) -> str:
    if not values:
        return "false"
    return f"{column} in ({', '.join(_text(value) if isinstance(value, str) else str(value) for value in values)})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _pieces(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + _MANY] for start in range(0, len(values), _MANY))


def _arrays(column: pa.ChunkedArray) -> list[Sequence[int]]:
    return [value.values.to_numpy() for value in column]


def _vectors(column: Any, dims: int) -> "NDArray[np.float32]":
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return np.asarray(whole.flatten(), dtype=np.float32).reshape(-1, dims)
