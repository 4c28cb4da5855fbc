"""Conversations: what was asked and answered before, kept for a while and for its owner alone."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.rag.conversations.keeping import NEW as NEW
    from mlwright.rag.conversations.keeping import Conversations as Conversations
    from mlwright.rag.conversations.keeping import Memory as Memory

__all__ = ["NEW", "Conversations", "Memory"]
__getattr__, __dir__ = front_door(__name__, keeping="NEW Conversations Memory")
