"""Maps of the versions of an index: drawn once, kept, and questions and neighbours on them."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

from mlwright.kernel.aio import in_thread
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound, ProviderError
from mlwright.kernel.ids import Ref
from mlwright.models import Embedder
from mlwright.rag import tables
from mlwright.rag.derived import Derived
from mlwright.rag.indexes import Index
from mlwright.rag.map.tables import places
from mlwright.rag.map.types import EmbeddingMap, MapCluster, MapPoint, NearDuplicate
from mlwright.rag.rows import IndexVersion
from mlwright.rag.shelf import Shelf
from mlwright.rag.types import Chunk

if TYPE_CHECKING:
    from mlwright.rag.map.making import Drawn

_NAME = "map 1"
"""Raised when the same index gives another map."""
_NEAREST = 5
_SOON = 0.05
"""Cosine by which a neighbour has to be nearer to count nearly three times as much."""


@dataclass(frozen=True, slots=True)
class Maps:
    """Those of one pipeline. Safe to use from many threads."""

    pipeline: str
    kernel: Kernel
    shelf: Shelf
    index: Callable[[], Index]
    embedder: Embedder
    derived: Derived

    def map(self) -> EmbeddingMap:
        """The map of the version that is searched now; drawing the first one takes seconds. Raises NotFound where
        nothing is indexed."""
        from mlwright.rag.map.making import Drawn  # loads numpy

        current = self._current()
        kept = self.derived.get(current.ref, _NAME, lambda: self._drawn(current).write())
        return self._told(current, Drawn.read(kept))

    def is_drawn(self) -> bool:
        """Is the map of the version that is searched now kept? Raises NotFound where nothing is indexed."""
        return self.derived.kept(self._current().ref, _NAME) is not None

    async def place(self, question: str, of: EmbeddingMap) -> tuple[float, float] | None:
        """Where a question would lie: among the chunks that are nearest to it, each counting the more the nearer it is.
        None where none of those is on the map."""
        [vector] = await self.embedder.embed([question], "query")
        found = await in_thread(self.index().by_vector, vector, 10 * _NEAREST)
        at = {point.chunk.id: (point.x, point.y) for point in of.points}
        near = [one for one in found if one.id in at][:_NEAREST]
        if not near:
            return None
        weights = [exp((one.score - near[0].score) / _SOON) for one in near]
        total = sum(weights)
        x, y = (
            sum(weight * at[one.id][axis] for one, weight in zip(near, weights, strict=True)) / total for axis in (0, 1)
        )
        return x, y

    def neighbours(self, chunk: Ref, count: int) -> list[tuple[Chunk, float]]:
        """The chunks nearest to one, with their cosines. Raises NotFound where the index does not hold it."""
        [vector] = self.index().vectors([chunk.id])
        found = [one for one in self.index().by_vector(vector, count + 1) if one.id != chunk.id][:count]
        known = tables.chunks(self.kernel.store, [one.id for one in found])
        return [(known[one.id], one.score) for one in found if one.id in known]

    def _current(self) -> IndexVersion:
        current = tables.index_at(self.kernel.store, self.shelf.name, self.index().generation)
        if current is None or not current.chunks:
            raise NotFound(f"there is nothing to map: {self.pipeline!r} holds no chunk", hint="run `mlwright up`")
        return current

    def _drawn(self, current: IndexVersion) -> "Drawn":
        from mlwright.rag.map.making import MOST, draw

        index = self.index()
        ids = sorted(index.ids(current.generation))[:MOST]
        known = tables.chunks(self.kernel.store, ids)
        texts = [known[id_].text if id_ in known else "" for id_ in ids]
        return draw(ids, index.vectors(ids), texts, index.terms)

    def _told(self, current: IndexVersion, drawn: "Drawn") -> EmbeddingMap:
        where = places(self.kernel.store, [id_ for id_, *_ in drawn.points])
        if lost := [id_ for id_, *_ in drawn.points if id_ not in where]:
            raise ProviderError(
                f"the store lacks {len(lost)} chunks of {current.ref}", hint="run `mlwright index verify --repair`"
            )
        return EmbeddingMap(
            index=current.ref,
            chunks=current.chunks,
            points=tuple(
                MapPoint(Ref("chunk", id_), *where[id_], x, y, cluster, near)
                for id_, x, y, cluster, near in drawn.points
            ),
            clusters=tuple(
                MapCluster(number, tuple(words), size, Ref("chunk", middle))
                for number, (words, size, middle) in enumerate(drawn.clusters)
            ),
            outliers=tuple(Ref("chunk", id_) for id_ in drawn.outliers),
            duplicates=tuple(
                NearDuplicate(Ref("chunk", one), Ref("chunk", other), cosine) for one, other, cosine in drawn.duplicates
            ),
            duplicate_count=drawn.duplicate_count,
        )
