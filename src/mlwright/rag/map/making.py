"""Making a map: what the vectors and texts of a sample say, as numbers. Pure, and the same each time."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwright.rag.map.clusters import clustered, how_many, telling
from mlwright.rag.map.layout import CANDIDATES, layout
from mlwright.rag.map.neighbours import duplicates, nearest, outliers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST = 5000
"""Chunks on one map. Ids are hashes of content, so the first of them are a fair sample, and nearly the same one for the
next version of the index."""
_OUTLIERS, _DUPLICATES = 40, 100
_EXACT = 4


@dataclass(frozen=True, slots=True)
class Drawn:
    """A map as it is kept: numbers and ids of chunks, no word of a document but those that name a cluster. Points are
    (id, x, y, cluster, near), clusters (words, size, id of the middle), duplicates (id, id, cosine)."""

    points: list[tuple[str, float, float, int, float]]
    clusters: list[tuple[list[str], int, str]]
    outliers: list[str]
    duplicates: list[tuple[str, str, float]]
    duplicate_count: int

    def write(self) -> bytes:
        plain = [self.points, self.clusters, self.outliers, self.duplicates, self.duplicate_count]
        return json.dumps(plain, separators=(",", ":"), ensure_ascii=False).encode()

    @classmethod
    def read(cls, data: bytes) -> "Drawn":
        return cls(*json.loads(data))


def draw(
    ids: Sequence[str], vectors: "NDArray[np.float32]", texts: Sequence[str], terms: Callable[[str], list[str]]
) -> Drawn:
    """The map of at least one chunk. `vectors` are unit vectors; `terms` cuts a text as the search by words does."""
    around = nearest(vectors, CANDIDATES)
    plane, near = layout(vectors, around).round(_EXACT), around.near.tolist()
    labels, middles = clustered(vectors, how_many(len(ids)))
    words = telling(texts, labels.tolist(), terms)
    central = [_central(vectors, labels == at, middles[at]) for at in range(len(words))]
    pairs, count = duplicates(vectors, _DUPLICATES)
    sizes = [int((labels == at).sum()) for at in range(len(words))]
    return Drawn(
        points=[
            (id_, float(x), float(y), int(label), round(lonely, _EXACT))
            for id_, (x, y), label, lonely in zip(ids, plane, labels, near, strict=True)
        ],
        clusters=[(list(some), size, ids[at]) for some, size, at in zip(words, sizes, central, strict=True)],
        outliers=[ids[at] for at in outliers(around.near, _OUTLIERS)],
        duplicates=[(ids[one], ids[other], round(cosine, _EXACT)) for one, other, cosine in pairs],
        duplicate_count=count,
    )


def _central(vectors: "NDArray[np.float32]", inside: "NDArray[np.bool_]", middle: "NDArray[np.float32]") -> int:
    """The member nearest to the middle of its cluster."""
    members = inside.nonzero()[0]
    return int(members[(vectors[members] @ middle).argmax()])
