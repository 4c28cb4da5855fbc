"""Situate: before chunks are embedded, a chat model writes what each of them is about within its document."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.rag.situate.asking import Situating as Situating
    from mlwright.rag.situate.asking import Writer as Writer
    from mlwright.rag.situate.asking import writer_of as writer_of
    from mlwright.rag.situate.contexts import bare_of as bare_of
    from mlwright.rag.situate.contexts import contexts_of as contexts_of
    from mlwright.rag.situate.contexts import metrics_of as metrics_of
    from mlwright.rag.situate.contexts import try_again as try_again

__all__ = ["Situating", "Writer", "bare_of", "contexts_of", "metrics_of", "try_again", "writer_of"]
__getattr__, __dir__ = front_door(
    __name__, asking="Situating Writer writer_of", contexts="bare_of contexts_of metrics_of try_again"
)
