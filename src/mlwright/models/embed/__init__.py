"""The port of an embedding model: text to unit vectors, and the tokenizer that says how much text fits."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from mlwright.kernel.ids import Ref
from mlwright.kernel.parts import Part, Slot
from mlwright.models.prices import PricedFacts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind = Literal["document", "query"]


class EmbedFacts(PricedFacts):
    """`dims` is the length of a vector, `max_tokens` the input limit of the model in its own tokens; `prefixes` is what
    the part puts before a question and before a document."""

    dims: int
    max_tokens: int
    prefixes: tuple[str, str] = ("", "")


class Embedder(Protocol):
    """Contract: equal texts give equal vectors; vectors have unit length; a text over `max_tokens` is cut by the
    model, never refused; an empty list gives an array of shape (0, dims). Safe to call from many tasks at once.
    `ref` names model, revision, precision and pooling, so that vectors of different models never meet.
    """

    ref: Ref
    dims: int
    max_tokens: int

    async def embed(self, texts: Sequence[str], kind: Kind = "document") -> "NDArray[np.float32]":
        """Unit vectors, shape (len(texts), dims)."""
        ...

    def token_ends(self, text: str) -> Sequence[int]:
        """The character offset at which each token of `text` ends, without the model's special tokens.
        Its length is the number of tokens."""
        ...


class EmbedPart(Part):
    why: str = ""
    """Why this one, in your words: it is shown where the model is."""

    @abstractmethod
    def facts(self) -> EmbedFacts: ...

    @abstractmethod
    def build(self) -> Embedder: ...


AnyEmbed = Annotated[EmbedPart, Slot("mlwright.models.embed")]
