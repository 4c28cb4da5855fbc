"""Rows, packets of postings and the state as points of one Qdrant collection, so that they are written in one order.

A row is the point of its number; it alone has a vector. `born` and `died` are of rows, `since` and `until` of packets.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import NAMESPACE_OID, uuid5

import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from mlwright.kernel.errors import Conflict
from mlwright.rag.conditions import matches
from mlwright.rag.indexes import Quantize
from mlwright.rag.indexes._qdrant.filters import Condition, beyond, condition, listed, living, one_of, upto, within
from mlwright.rag.indexes._qdrant.packets import Packet, blocks_in, labels_of, packets_of
from mlwright.rag.indexes._qdrant.places import Place
from mlwright.rag.indexes._records import LIVE, Block, Row, Seen, meta_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")

_ROW, _WORD = ("born", "died"), ("since", "until")
_HELD = ("id", "words", "born", "died", "meta", "check")
_STATE = str(uuid5(NAMESPACE_OID, "mlwright state"))
_INDEXED = {
    "id": models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD),
    "meta": models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD),
    "label": models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD),
    **{
        name: models.IntegerIndexParams(type=models.IntegerIndexType.INTEGER, lookup=True, range=True)
        for name in ("born", "died", "since", "until", "segment")
    },
}
_MANY = 500
"""Values in one condition."""
_PAGE, _ALL = 2000, 1 << 30
_LETTERS = 4_000_000
"""Of JSON in one request, about; servers take 32 MB."""
_FEW_VALUES = 50
"""Where values are compared one by one, filters of more of them are looked up in sets."""
_OVERSAMPLED: dict[Quantize, float] = {"none": 1, "i8": 4, "binary": 20}


class QdrantRecords:
    """The port `Records` over a collection."""

    def __init__(self, where: Place, name: str, dims: int, quantize: Quantize, *, exact: int, effort: int) -> None:
        """Raises Conflict where the collection holds vectors of another length."""
        self.place, self._where, self._name, self._dims = where.title, where, name, dims
        self._exact, self._effort, self._oversampled = exact, effort, _OVERSAMPLED[quantize]
        with where.use() as client:
            found = client.get_collection(name).config.params.vectors
        if not isinstance(found, models.VectorParams) or found.size != dims:
            where.close()
            raise Conflict(
                f"{self.place} holds vectors of {getattr(found, 'size', 'several kinds and no')} numbers, not {dims}",
                hint="delete it and ingest again, or use the embedding model it was built with",
            )

    @property
    def search(self) -> str:
        with self._where.use() as client:
            drawn = not self._where.compares and client.get_collection(self._name).indexed_vectors_count
        return "hnsw" if drawn else "exact"

    # --- the state

    def state(self) -> str | None:
        with self._where.use() as client:
            found = client.retrieve(self._name, [_STATE], with_payload=["state"])
        return str(_payload(found[0])["state"]) if found else None

    def put_state(self, text: str) -> None:
        self._put([models.PointStruct(id=_STATE, vector={}, payload={"state": text})])

    # --- writing

    def undo(self, after: int) -> None:
        for born, died in (_ROW, _WORD):
            self._drop(models.Filter(must=[beyond(born, after)]))
            ended = models.Filter(must=[beyond(died, after)], must_not=[living(died)])
            self._set({died: LIVE}, ended)

    def add(self, rows: Sequence[Row]) -> None:
        self._put(
            models.PointStruct(
                id=row.number,
                vector=row.vector.tolist(),
                payload={
                    "id": row.id,
                    "words": row.words,
                    "born": row.born,
                    "died": LIVE,
                    "meta": list(row.meta),
                    "check": row.check,
                },
            )
            for row in rows
        )

    def end(self, ids: Collection[str], moment: int) -> list[tuple[int, int]]:
        rows = self._having(ids, models.Filter(must=[living("died")]), ["id", "words"])
        found = [(_number(row), int(_payload(row)["words"])) for row in rows]
        for some in _pieces([number for number, _ in found]):
            self._set({"died": moment}, some)
        return found

    def add_blocks(self, blocks: Sequence[Block]) -> None:
        self._put(
            models.PointStruct(
                id=packet.id,
                vector={},
                payload={
                    "segment": packet.segment,
                    "since": packet.born,
                    "until": LIVE,
                    "label": packet.label,
                    "data": packet.data,
                },
            )
            for packet in packets_of(blocks)
        )

    def end_blocks(self, segments: Sequence[int], moment: int) -> None:
        for some in _pieces(segments):
            older = upto("since", moment - 1)
            self._set({"until": moment}, models.Filter(must=[living("until"), older, one_of("segment", some)]))

    def forget(self, moments: Sequence[int], numbers: Collection[int] = ()) -> None:
        self._drop(models.Filter(must=[beyond("born", -1)], must_not=[within(*_ROW, moments)]))
        for some in _pieces(sorted(numbers)):
            self._drop(some)
        self._drop(models.Filter(must=[beyond("since", -1)], must_not=[within(*_WORD, moments[-1:])]))

    def settle(self, entries: int, *, wholly: bool = False) -> None:
        if wholly:
            self._where.tidy()

    # --- reading

    def blocks(
        self, moment: int, *, terms: Collection[str] | None = None, segments: Collection[int] | None = None
    ) -> list[Block]:
        asked: list[Condition] = [within(*_WORD, [moment])]
        if terms is not None:
            asked.append(one_of("label", labels_of(terms)))
        if segments is not None:
            asked.append(one_of("segment", sorted(segments)))
        wanted = None if terms is None else set(terms)
        found: list[Block] = []
        for point in self._scroll(models.Filter(must=asked), ["segment", "since", "label", "data"]):
            held = _payload(point)
            found += blocks_in(Packet(held["segment"], held["since"], held["label"], held["data"]), wanted)
        return found

    def nearest(self, vector: "NDArray[np.float32]", top: int, seen: Seen) -> list[tuple[str, float]]:
        return self._compared(vector, top, seen) if self._where.compares else self._ranked(vector, top, seen)

    def _ranked(self, vector: "NDArray[np.float32]", top: int, seen: Seen) -> list[tuple[str, float]]:
        """Qdrant plans by itself what a filter leaves; what it finds by the graph may be too little."""
        passing = _seen(seen)
        exact = models.SearchParams(exact=True, quantization=models.QuantizationSearchParams(ignore=True))
        again = models.QuantizationSearchParams(rescore=True, oversampling=self._oversampled)
        quick = models.SearchParams(hnsw_ef=max(self._effort, top), quantization=again)
        with self._where.use() as client:
            many = client.count(self._name, passing).count
            for params in [exact] if many <= self._exact else [quick, exact]:
                found = client.query_points(
                    self._name,
                    query=vector.tolist(),
                    query_filter=passing,
                    limit=top,
                    search_params=params,
                    with_payload=["id"],
                ).points
                if len(found) >= min(top, many):
                    break
        return [(str(_payload(point)["id"]), point.score) for point in found]

    def _compared(self, vector: "NDArray[np.float32]", top: int, seen: Seen) -> list[tuple[str, float]]:
        """By a product of all vectors. Scores are worked out again, since files hold numbers of another width than
        memory, which would show after opening."""
        many = seen.where is not None and listed(seen.where) > _FEW_VALUES
        with self._where.use() as client:
            points = client.query_points(
                self._name,
                query=vector.tolist(),
                query_filter=_seen(Seen(seen.moment) if many else seen),
                limit=client.get_collection(self._name).points_count if many else top,
                with_payload=["born", "died", "meta"] if many else False,
            ).points
            best = [point.id for point in points if not many or _sees(seen, _payload(point))][:top]
            found = client.retrieve(self._name, best, with_payload=["id"], with_vectors=True)
        return [(str(_payload(point)["id"]), float(_vector(point) @ vector)) for point in found]

    def numbers(self, seen: Seen, most: int | None = None) -> list[int]:
        if not self._where.compares or seen.where is None or listed(seen.where) <= _FEW_VALUES:
            return [_number(row) for row in self._scroll(_seen(seen), [], most=most)]
        rows = self._scroll(_seen(Seen(seen.moment)), ["born", "died", "meta"])
        return [_number(row) for row in rows if _sees(seen, _payload(row))][:most]

    def names(self, numbers: Collection[int], seen: Seen) -> dict[int, str]:
        rows = self._retrieve(numbers, ["id", "born", "died", "meta"])
        return {_number(row): str(held["id"]) for row in rows if _sees(seen, held := _payload(row))}

    def ids(self, moment: int) -> set[str]:
        return {str(_payload(row)["id"]) for row in self._scroll(within(*_ROW, [moment]), ["id"])}

    def vectors(self, ids: Collection[str]) -> "dict[str, NDArray[np.float32]]":
        newest: dict[str, tuple[int, int]] = {}
        for row in self._having(ids, models.Filter(must=[beyond("born", -1)]), ["id", "born"]):
            held = _payload(row)
            newest[held["id"]] = max(newest.get(held["id"], (-1, -1)), (held["born"], _number(row)))
        rows = self._retrieve([number for _, number in newest.values()], ["id"], vectors=True)
        return {str(_payload(row)["id"]): _vector(row) for row in rows}

    def pairs(self, after: int) -> Iterable[Sequence[str]]:
        return [_payload(row)["meta"] for row in self._scroll(models.Filter(must=[beyond("born", after)]), ["meta"])]

    def rows(self) -> Iterator[tuple[Row, int]]:
        for row in self._scroll(models.Filter(must=[beyond("born", -1)]), list(_HELD), vectors=True):
            held = _payload(row)
            died = held.pop("died")
            yield Row(number=_number(row), vector=_vector(row), **held), died

    def count(self, moments: Sequence[int] | None = None) -> int:
        every = models.Filter(must=[beyond("born", -1)])
        with self._where.use() as client:
            return int(client.count(self._name, every if moments is None else within(*_ROW, moments)).count)

    def unseen(self, moments: Sequence[int]) -> list[int]:
        others = models.Filter(must=[beyond("born", -1)], must_not=[within(*_ROW, moments)])
        return [_number(row) for row in self._scroll(others, [])]

    def bytes(self) -> int:
        """Of a server, which does not say what it takes, the vectors alone."""
        known = self._where.bytes()
        return self.count() * self._dims * 4 if known is None else known

    def close(self) -> None:
        self._where.close()

    # --- inside

    def _put(self, points: Iterable[models.PointStruct]) -> None:
        together: list[models.PointStruct] = []
        letters = 0
        for point in points:
            together.append(point)
            letters += 22 * self._dims if point.vector else len(str(point.payload))
            if letters > _LETTERS:
                self._upsert(together)
                together, letters = [], 0
        if together:
            self._upsert(together)

    def _upsert(self, points: list[models.PointStruct]) -> None:
        with self._where.use() as client:
            client.upsert(self._name, points, wait=True)

    def _set(self, values: dict[str, int], which: models.Filter | Sequence[int]) -> None:
        with self._where.use() as client:
            client.set_payload(self._name, values, points=_selected(which), wait=True)

    def _drop(self, which: models.Filter | Sequence[int]) -> None:
        with self._where.use() as client:
            client.delete(self._name, _selected(which), wait=True)

    def _having(self, ids: Collection[str], also: models.Filter, fields: list[str]) -> Iterator[models.Record]:
        """The rows of entries."""
        if self._where.compares and len(ids) > _FEW_VALUES:
            yield from (row for row in self._scroll(also, fields) if _payload(row)["id"] in ids)
            return
        for some in _pieces(sorted(ids)):
            yield from self._scroll(models.Filter(must=[also, one_of("id", some)]), fields)

    def _retrieve(
        self, numbers: Collection[int], fields: list[str], *, vectors: bool = False
    ) -> Iterator[models.Record]:
        for some in _pieces(sorted(numbers)):
            with self._where.use() as client:
                found = client.retrieve(self._name, some, with_payload=fields, with_vectors=vectors)
            yield from found

    def _scroll(
        self, which: models.Filter, fields: list[str], *, vectors: bool = False, most: int | None = None
    ) -> Iterator[models.Record]:
        """Page by page; of a place that compares, which goes through everything for each page, at once."""
        page = _PAGE if not vectors else max(1, _LETTERS // (22 * self._dims))
        size, left, after = _ALL if self._where.compares else page, _ALL if most is None else most, None
        while left > 0:
            with self._where.use() as client:
                found, after = client.scroll(
                    self._name,
                    scroll_filter=which,
                    limit=min(size, left),
                    offset=after,
                    with_payload=fields or False,
                    with_vectors=vectors,
                )
            yield from found
            left -= len(found)
            if after is None:
                return


def making(name: str, dims: int, quantize: Quantize, *, indexed: bool) -> Callable[[QdrantClient], None]:
    """What makes the collection, and the payload indexes of a server that searches by them, where they are absent."""

    def make(client: QdrantClient) -> None:
        if not client.collection_exists(name):
            _make_collection(client, name, dims, quantize)
        there = client.get_collection(name).payload_schema
        for field in (field for field in _INDEXED if indexed and field not in there):
            client.create_payload_index(name, field, _INDEXED[field], wait=True)

    return make


def _make_collection(client: QdrantClient, name: str, dims: int, quantize: Quantize) -> None:
    held = models.VectorParams(size=dims, distance=models.Distance.DOT, on_disk=quantize != "none")
    try:
        client.create_collection(name, vectors_config=held, quantization_config=_quantization(quantize))
    except UnexpectedResponse:
        if not client.collection_exists(name):  # else another process was quicker
            raise


def _quantization(quantize: Quantize) -> models.ScalarQuantization | models.BinaryQuantization | None:
    match quantize:
        case "i8":
            byte = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
            return models.ScalarQuantization(scalar=byte)
        case "binary":
            return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))
        case _:
            return None


def _seen(seen: Seen) -> models.Filter:
    living = within(*_ROW, [seen.moment])
    return living if seen.where is None else models.Filter(must=[living, condition(seen.where)])


def _sees(seen: Seen, held: dict[str, Any]) -> bool:
    """The same of one row that is here."""
    if not held["born"] <= seen.moment < held["died"]:
        return False
    return seen.where is None or matches(seen.where, meta_of(held["meta"]))


def _selected(which: models.Filter | Sequence[int]) -> models.FilterSelector | models.PointIdsList:
    if isinstance(which, models.Filter):
        return models.FilterSelector(filter=which)
    return models.PointIdsList(points=list(which))


def _payload(point: models.Record | models.ScoredPoint) -> dict[str, Any]:
    return dict(point.payload or {})


def _number(point: models.Record) -> int:
    return int(point.id)


def _vector(point: models.Record) -> "NDArray[np.float32]":
    return np.asarray(point.vector, dtype=np.float32)


def _pieces(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + _MANY] for start in range(0, len(values), _MANY))
