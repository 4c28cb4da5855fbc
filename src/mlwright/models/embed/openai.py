"""Any embedding model behind the OpenAI protocol: OpenAI itself, vLLM, Ollama, most vendors."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from mlwright.kernel.units import Count
from mlwright.models.embed import Kind
from mlwright.models.embed._served import ServedPart, Vendor, in_order

OPENAI = "https://api.openai.com/v1"
_DIMS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}


class Prefixes(BaseModel):
    """What stands before each text, where a model was trained with it: `check` knows many of them (RAG007)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    query: str = Field(default="", max_length=500, description="Before a question, as in `search_query: `.")
    document: str = Field(default="", max_length=500, description="Before a document, as in `search_document: `.")


class Config(ServedPart):
    """An embedding model behind the OpenAI protocol (`/embeddings`)."""

    vendor: ClassVar[Vendor] = Vendor("OpenAI", OPENAI, "embeddings", "the OpenAI protocol", _DIMS, {})
    use: Literal["openai"] = "openai"
    base_url: str = Field(default=OPENAI, pattern=r"^https?://")
    """The server, up to `/v1`; OpenAI where absent, `http://127.0.0.1:11434/v1` for Ollama on this machine."""
    max_tokens: Count | None = Field(default=8191, ge=1)
    """The model's input limit."""
    prefixes: Prefixes = Prefixes()
    """What the model wants before a question and before a document."""
    batch: int = Field(default=128, ge=1, le=2048)
    """Texts in one request."""

    @property
    def before(self) -> tuple[str, str]:
        return self.prefixes.query, self.prefixes.document

    def asked(self, texts: Sequence[str], kind: Kind) -> dict[str, Any]:
        body = {"model": self.model, "input": list(texts), "encoding_format": "float"}
        return body | ({"dimensions": self.shortened} if self.shortened else {})

    def rows(self, answer: Any) -> Sequence[Sequence[float]]:
        return in_order(answer)
