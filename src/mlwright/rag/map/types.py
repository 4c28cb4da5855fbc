"""The nouns of a map."""

from dataclasses import dataclass

from mlwright.kernel.ids import Ref
from mlwright.rag.types import Span


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A chunk on the map, at 0 to 1 in both directions. `near` is its mean cosine to its five nearest neighbours,
    `cluster` the number of its cluster."""

    chunk: Ref
    document: Ref
    key: str
    span: Span
    x: float
    y: float
    cluster: int
    near: float


@dataclass(frozen=True, slots=True)
class MapCluster:
    """Chunks that mean something similar; `words` tell them apart from the others. `middle` is the chunk nearest to
    what all of them mean."""

    number: int
    words: tuple[str, ...]
    size: int
    middle: Ref


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Two chunks that say nearly the same."""

    first: Ref
    second: Ref
    cosine: float


@dataclass(frozen=True, slots=True)
class EmbeddingMap:
    """The map of one version of an index. `chunks` counts all of the version, of which `points` are a sample where
    there are too many. `outliers` are far from everything else, the farthest first; of `duplicates`, the nearest first,
    the first hundred are named, and `duplicate_count` is how many there are."""

    index: Ref
    chunks: int
    points: tuple[MapPoint, ...]
    clusters: tuple[MapCluster, ...]
    outliers: tuple[Ref, ...]
    duplicates: tuple[NearDuplicate, ...]
    duplicate_count: int
