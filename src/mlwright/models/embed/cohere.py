"""Embedding models of Cohere (`/v2/embed`), which tell questions from documents."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from mlwright.models.embed import Kind
from mlwright.models.embed._served import ServedPart, Vendor

COHERE = "https://api.cohere.com/v2"
_MODELS = {
    "embed-v4.0": (1536, 128_000),
    "embed-english-v3.0": (1024, 512),
    "embed-multilingual-v3.0": (1024, 512),
    "embed-english-light-v3.0": (384, 512),
    "embed-multilingual-light-v3.0": (384, 512),
}
"""Length of a vector, tokens at once."""


class Config(ServedPart):
    """An embedding model of Cohere: `embed-v4.0` and `embed-multilingual-v3.0` read over a hundred languages."""

    vendor: ClassVar[Vendor] = Vendor(
        "Cohere",
        COHERE,
        "embed",
        "Cohere's form of /embed",
        {name: dims for name, (dims, _) in _MODELS.items()},
        {name: tokens for name, (_, tokens) in _MODELS.items()},
    )
    use: Literal["cohere"] = "cohere"
    base_url: str = Field(default=COHERE, pattern=r"^https?://")
    """The server, up to `/v2`; Cohere where absent."""
    batch: int = Field(default=96, ge=1, le=96)
    """Texts in one request; Cohere takes at most 96."""

    def asked(self, texts: Sequence[str], kind: Kind) -> dict[str, Any]:
        body = {
            "model": self.model,
            "input_type": f"search_{kind}",
            "texts": list(texts),
            "embedding_types": ["float"],
        }
        return body | ({"output_dimension": self.shortened} if self.shortened else {})

    def rows(self, answer: Any) -> Sequence[Sequence[float]]:
        found: Sequence[Sequence[float]] = answer["embeddings"]["float"]
        return found
