"""What every embedding model behind a server has in common: its settings, its facts, and the client."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import Field, SecretStr, model_validator

from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref, digest
from mlwright.kernel.parts import need
from mlwright.kernel.units import Count, Seconds
from mlwright.models.embed import Embedder, EmbedFacts, EmbedPart, Kind
from mlwright.models.prices import FREE, Price, is_loopback, lookup, provider_of


@dataclass(frozen=True, slots=True)
class Vendor:
    """Who made the protocol: where it is served, the path, and what is known of the vendor's models."""

    name: str
    url: str
    path: str
    protocol: str
    dims: Mapping[str, int]
    tokens: Mapping[str, int]


class ServedPart(EmbedPart):
    """One file a vendor says what is asked and how the answer is read; the rest stands here."""

    vendor: ClassVar[Vendor]
    model: str = Field(min_length=1)
    """The model, as the server calls it."""
    base_url: str = Field(pattern=r"^https?://")
    """The server, up to what stands before the path."""
    api_key: SecretStr | None = None
    """Written `${NAME}`, never as a literal. A server on this machine usually wants none."""
    dims: int | None = Field(default=None, ge=1)
    """Length of a vector. Needed for models that mlwright does not know; less than the model's own shortens them."""
    max_tokens: Count | None = Field(default=None, ge=1)
    """The model's input limit. Needed for models that mlwright does not know."""
    batch: int = Field(default=128, ge=1)
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
    def _known(self) -> Self:
        if self.dims is None and self.model not in self.vendor.dims:
            raise ValueError(f"say how long a vector of {self.model} is, as in dims: 768")
        if self.max_tokens is None and self.model not in self.vendor.tokens:
            raise ValueError(f"say how many tokens {self.model} reads, as in max_tokens: 512")
        return self

    def facts(self) -> EmbedFacts:
        """Free on this machine; elsewhere the price of the blueprint, else of the table, else none."""
        here, provider = is_loopback(self.base_url), provider_of(self.base_url)
        own = None if self.price is None else Price(self.price, source="the blueprint")
        return EmbedFacts(
            model=self.model,
            provider=provider,
            embedded=False,
            leaves_machine=not here,
            dims=self.dims or self.vendor.dims[self.model],
            max_tokens=self.max_tokens or self.vendor.tokens[self.model],
            price=own or (FREE if here else lookup(provider, self.model)),
            prefixes=self.before,
        )

    def build(self) -> Embedder:
        """Raises UserError where the vendor itself is meant and no key is given, and MissingExtra without numpy."""
        vendor = self.vendor
        if self.base_url == vendor.url and self.api_key is None:
            raise UserError(
                f"the embedding model {self.model} of {vendor.name} has no api_key",
                hint=f"write api_key: ${{{vendor.name.upper()}_API_KEY}}, or name another server in base_url",
            )
        need("numpy", "local")
        from mlwright.models.embed._remote import Remote
        from mlwright.models.openai_api import Api

        facts = self.facts()
        version = f"{facts.dims}" + (f"-{digest(repr(facts.prefixes).encode())[:8]}" if any(facts.prefixes) else "")
        query, document = facts.prefixes
        key = self.api_key.get_secret_value() if self.api_key else ""
        return Remote(
            Ref("model", f"{facts.provider}/{self.model}@{version}"),
            Api(self.base_url, key, connect=self.connect_timeout, protocol=vendor.protocol),
            vendor.path,
            self.asked,
            self.rows,
            dims=facts.dims,
            max_tokens=facts.max_tokens,
            batch=self.batch,
            parallel=self.parallel,
            timeout=self.timeout,
            prefixes={"query": query, "document": document},
        )

    @property
    def shortened(self) -> int | None:
        """The length that is asked for, where it is not the model's own."""
        return None if self.dims == self.vendor.dims.get(self.model, self.dims) else self.dims

    @property
    def before(self) -> tuple[str, str]:
        """What is written before a question and before a document, where the protocol does not tell them apart."""
        return "", ""

    @abstractmethod
    def asked(self, texts: Sequence[str], kind: Kind) -> dict[str, Any]:
        """The body of a request."""

    @abstractmethod
    def rows(self, answer: Any) -> Sequence[Sequence[float]]:
        """The vectors of an answer, in the order of the texts. Raises KeyError, TypeError and the like."""


def in_order(answer: Any) -> Sequence[Sequence[float]]:
    """The vectors of an answer in OpenAI's form, whose rows say where they belong."""
    return [row["embedding"] for row in sorted(answer["data"], key=lambda row: int(row["index"]))]
