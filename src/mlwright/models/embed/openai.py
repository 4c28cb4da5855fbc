"""Any embedding model behind the OpenAI protocol: OpenAI itself, vLLM, Ollama, most vendors."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref, digest
from mlwright.kernel.parts import need
from mlwright.kernel.units import Count, Seconds
from mlwright.models.embed import Embedder, EmbedFacts, EmbedPart
from mlwright.models.prices import FREE, Price, is_loopback, lookup, provider_of

OPENAI = "https://api.openai.com/v1"
_DIMS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}


class Prefixes(BaseModel):
    """What stands before each text, where a model was trained with it: `check` knows many of them (RAG007)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    query: str = Field(default="", max_length=500, description="Before a question, as in `search_query: `.")
    document: str = Field(default="", max_length=500, description="Before a document, as in `search_document: `.")


class Config(EmbedPart):
    """An embedding model behind the OpenAI protocol (`/embeddings`)."""

    use: Literal["openai"] = "openai"
    model: str = Field(min_length=1)
    """The model, as the server calls it."""
    base_url: str = Field(default=OPENAI, pattern=r"^https?://")
    """The server, up to `/v1`; OpenAI where absent, `http://127.0.0.1:11434/v1` for Ollama on this machine."""
    api_key: SecretStr | None = None
    """Written `${OPENAI_API_KEY}`, never as a literal."""
    dims: int | None = Field(default=None, ge=1)
    """Length of a vector. Needed for models that mlwright does not know; less than the model's own shortens them."""
    max_tokens: Count = Field(default=8191, ge=1)
    """The model's input limit."""
    prefixes: Prefixes = Prefixes()
    """What the model wants before a question and before a document."""
    batch: int = Field(default=128, ge=1, le=2048)
    """Texts in one request."""
    parallel: int = Field(default=4, ge=1, le=64)
    """Requests at a time."""
    timeout: Seconds = Field(default=60.0, gt=0)
    """For one request."""
    connect_timeout: Seconds = Field(default=10.0, gt=0)
    """For the connection."""
    price: float | None = Field(default=None, ge=0)
    """US dollars per million tokens, where you pay another price than the table says."""

    @model_validator(mode="after")
    def _known_dims(self) -> "Config":
        if self.dims is None and self.model not in _DIMS:
            raise ValueError(f"say how long a vector of {self.model} is, as in dims: 768")
        return self

    def facts(self) -> EmbedFacts:
        here = is_loopback(self.base_url)
        provider = provider_of(self.base_url)
        own = None if self.price is None else Price(self.price, source="the blueprint")
        return EmbedFacts(
            model=self.model,
            provider=provider,
            embedded=False,
            leaves_machine=not here,
            dims=self.dims or _DIMS[self.model],
            max_tokens=self.max_tokens,
            price=own or (FREE if here else lookup(provider, self.model)),
            prefixes=(self.prefixes.query, self.prefixes.document),
        )

    def build(self) -> Embedder:
        """Raises UserError where OpenAI itself is meant and no key is given, and MissingExtra without numpy."""
        if self.base_url == OPENAI and self.api_key is None:
            raise UserError(
                f"the embedding model {self.model} of OpenAI has no api_key",
                hint="write api_key: ${OPENAI_API_KEY}, or name another server in base_url",
            )
        need("numpy", "local")
        from mlwright.models.embed._remote import Remote
        from mlwright.models.openai_api import Api

        facts = self.facts()
        shortened = self.model in _DIMS and facts.dims != _DIMS[self.model]
        key = self.api_key.get_secret_value() if self.api_key else ""
        version = f"{facts.dims}" + (f"-{digest(repr(facts.prefixes).encode())[:8]}" if any(facts.prefixes) else "")
        return Remote(
            Ref("model", f"{facts.provider}/{self.model}@{version}"),
            Api(self.base_url, key, connect=self.connect_timeout),
            {"model": self.model, **({"dimensions": facts.dims} if shortened else {})},
            dims=facts.dims,
            max_tokens=self.max_tokens,
            batch=self.batch,
            parallel=self.parallel,
            timeout=self.timeout,
            prefixes={"query": self.prefixes.query, "document": self.prefixes.document},
        )
