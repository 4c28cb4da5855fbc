"""Models by slot: text to vectors (`embed`), messages to text (`chat`), passages to scores (`rerank`), and what they
cost (`prices`)."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.models.caching import least_cached as least_cached
    from mlwright.models.chat import AnyChat as AnyChat
    from mlwright.models.chat import ChatFacts as ChatFacts
    from mlwright.models.chat import ChatModel as ChatModel
    from mlwright.models.chat import ChatPart as ChatPart
    from mlwright.models.chat import ChatRequest as ChatRequest
    from mlwright.models.chat import Delta as Delta
    from mlwright.models.chat import Finish as Finish
    from mlwright.models.chat import Message as Message
    from mlwright.models.chat import Passage as Passage
    from mlwright.models.embed import AnyEmbed as AnyEmbed
    from mlwright.models.embed import Embedder as Embedder
    from mlwright.models.embed import EmbedFacts as EmbedFacts
    from mlwright.models.embed import EmbedPart as EmbedPart
    from mlwright.models.embed import Kind as Kind
    from mlwright.models.embed._minilm_cache import weights_present as weights_present
    from mlwright.models.located import Located as Located
    from mlwright.models.prices import FREE as FREE
    from mlwright.models.prices import Price as Price
    from mlwright.models.prices import PricedFacts as PricedFacts
    from mlwright.models.prices import cost_of as cost_of
    from mlwright.models.prices import listed as listed
    from mlwright.models.prices import lookup as lookup
    from mlwright.models.prices import price_of as price_of
    from mlwright.models.prices import prices_as_of as prices_as_of
    from mlwright.models.rerank import AnyRerank as AnyRerank
    from mlwright.models.rerank import RerankChoice as RerankChoice
    from mlwright.models.rerank import Reranked as Reranked
    from mlwright.models.rerank import Reranker as Reranker
    from mlwright.models.rerank import RerankFacts as RerankFacts
    from mlwright.models.rerank import RerankPart as RerankPart
    from mlwright.models.rerank import RerankRequest as RerankRequest
    from mlwright.models.rerank.mmr import margins as margins
    from mlwright.models.spec import ModelsSpec as ModelsSpec
    from mlwright.models.trained import trained_prefixes as trained_prefixes
    from mlwright.models.usage import Usage as Usage
    from mlwright.models.whole import whole_answer as whole_answer

__all__ = [
    "FREE",
    "AnyChat",
    "AnyEmbed",
    "AnyRerank",
    "ChatFacts",
    "ChatModel",
    "ChatPart",
    "ChatRequest",
    "Delta",
    "EmbedFacts",
    "EmbedPart",
    "Embedder",
    "Finish",
    "Kind",
    "Located",
    "Message",
    "ModelsSpec",
    "Passage",
    "Price",
    "PricedFacts",
    "RerankChoice",
    "RerankFacts",
    "RerankPart",
    "RerankRequest",
    "Reranked",
    "Reranker",
    "Usage",
    "cost_of",
    "least_cached",
    "listed",
    "lookup",
    "margins",
    "price_of",
    "prices_as_of",
    "trained_prefixes",
    "weights_present",
    "whole_answer",
]

__getattr__, __dir__ = front_door(
    __name__,
    caching="least_cached",
    chat="AnyChat ChatFacts ChatModel ChatPart ChatRequest Delta Finish Message Passage",
    embed="AnyEmbed EmbedFacts EmbedPart Embedder Kind",
    located="Located",
    prices="FREE Price PricedFacts cost_of listed lookup price_of prices_as_of",
    rerank="AnyRerank RerankChoice Reranked Reranker RerankFacts RerankPart RerankRequest",
    spec="ModelsSpec",
    trained="trained_prefixes",
    usage="Usage",
    whole="whole_answer",
    **{"embed._minilm_cache": "weights_present", "rerank.mmr": "margins"},
)
