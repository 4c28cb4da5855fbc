"""What was worked out from a version or an index and can be worked out again: pictures of pages, maps."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.rag.derived.keeping import Derived as Derived
    from mlwright.rag.derived.keeping import forget_derived as forget_derived

__all__ = ["Derived", "forget_derived"]
__getattr__, __dir__ = front_door(__name__, keeping="Derived forget_derived")
