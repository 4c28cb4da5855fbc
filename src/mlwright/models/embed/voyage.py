"""Embedding models of Voyage AI (`/v1/embeddings`), which tell questions from documents."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from mlwright.models.embed import Kind
from mlwright.models.embed._served import ServedPart, Vendor, in_order

VOYAGE = "https://api.voyageai.com/v1"
_MODELS = {
    "voyage-4-large": (1024, 32_000),
    "voyage-4": (1024, 32_000),
    "voyage-4-lite": (1024, 32_000),
    "voyage-code-3": (1024, 32_000),
    "voyage-3-large": (1024, 32_000),
    "voyage-3.5": (1024, 32_000),
    "voyage-3.5-lite": (1024, 32_000),
    "voyage-finance-2": (1024, 32_000),
    "voyage-law-2": (1024, 16_000),
    "voyage-code-2": (1536, 16_000),
}
"""Length of a vector, tokens at once."""


class Config(ServedPart):
    """An embedding model of Voyage AI. There are models for code, law and finance beside those for all texts."""

    vendor: ClassVar[Vendor] = Vendor(
        "Voyage",
        VOYAGE,
        "embeddings",
        "Voyage's form of /embeddings",
        {name: dims for name, (dims, _) in _MODELS.items()},
        {name: tokens for name, (_, tokens) in _MODELS.items()},
    )
    use: Literal["voyage"] = "voyage"
    base_url: str = Field(default=VOYAGE, pattern=r"^https?://")
    """The server, up to `/v1`; Voyage AI where absent."""
    batch: int = Field(default=128, ge=1, le=1000)
    """Texts in one request."""

    def asked(self, texts: Sequence[str], kind: Kind) -> dict[str, Any]:
        body = {"model": self.model, "input": list(texts), "input_type": kind}
        return body | ({"output_dimension": self.shortened} if self.shortened else {})

    def rows(self, answer: Any) -> Sequence[Sequence[float]]:
        return in_order(answer)
