"""Models by slot: text to vectors (`embed`), messages to text (`chat`), and what both cost (`prices`)."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.models.chat import AnyChat as AnyChat
    from mlwright.models.chat import ChatFacts as ChatFacts
    from mlwright.models.chat import ChatModel as ChatModel
    from mlwright.models.chat import ChatPart as ChatPart
    from mlwright.models.chat import ChatRequest as ChatRequest
    from mlwright.models.chat import Delta as Delta
    from mlwright.models.chat import Finish as Finish
    from mlwright.models.chat import Message as Message
    from mlwright.models.chat import Passage as Passage
    from mlwright.models.chat import Usage as Usage
    from mlwright.models.embed import AnyEmbed as AnyEmbed
    from mlwright.models.embed import Embedder as Embedder
    from mlwright.models.embed import EmbedFacts as EmbedFacts
    from mlwright.models.embed import EmbedPart as EmbedPart
    from mlwright.models.spec import ModelsSpec as ModelsSpec

__all__ = [
    "AnyChat",
    "AnyEmbed",
    "ChatFacts",
    "ChatModel",
    "ChatPart",
    "ChatRequest",
    "Delta",
    "EmbedFacts",
    "EmbedPart",
    "Embedder",
    "Finish",
    "Message",
    "ModelsSpec",
    "Passage",
    "Usage",
]

__getattr__, __dir__ = front_door(
    __name__,
    chat="AnyChat ChatFacts ChatModel ChatPart ChatRequest Delta Finish Message Passage Usage",
    embed="AnyEmbed EmbedFacts EmbedPart Embedder",
    spec="ModelsSpec",
)
