"""The map of an index: its chunks by what they mean, as points on a plane, in clusters, with what stands out."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.rag.map.keeping import Maps as Maps
    from mlwright.rag.map.types import EmbeddingMap as EmbeddingMap
    from mlwright.rag.map.types import MapCluster as MapCluster
    from mlwright.rag.map.types import MapPoint as MapPoint
    from mlwright.rag.map.types import NearDuplicate as NearDuplicate

__all__ = ["EmbeddingMap", "MapCluster", "MapPoint", "Maps", "NearDuplicate"]
__getattr__, __dir__ = front_door(__name__, keeping="Maps", types="EmbeddingMap MapCluster MapPoint NearDuplicate")
