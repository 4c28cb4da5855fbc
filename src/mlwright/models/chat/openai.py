"""Any chat model behind the OpenAI protocol: OpenAI itself, vLLM, Ollama, llama.cpp, most vendors."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref
from mlwright.kernel.units import Count, Seconds
from mlwright.models.chat import ChatFacts, ChatModel, ChatPart
from mlwright.models.prices import FREE, Price, is_loopback, lookup, provider_of

OPENAI = "https://api.openai.com/v1"


class OwnPrice(BaseModel):
    """US dollars per million tokens, where you pay another price than the table says."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    input: float = Field(ge=0, description="For the prompt.")
    output: float = Field(ge=0, description="For the answer.")
    cached_input: float | None = Field(default=None, ge=0, description="For what the provider's cache holds.")


class Config(ChatPart):
    """A chat model behind the OpenAI protocol (`/chat/completions`), streamed. `base_url` names the server: leave it
    out for OpenAI, write http://localhost:11434/v1 for Ollama on this machine."""

    use: Literal["openai"] = "openai"
    model: str = Field(min_length=1)
    """The model, as the server calls it."""
    base_url: str = Field(default=OPENAI, pattern=r"^https?://")
    """The server, up to `/v1`; OpenAI where absent, `http://127.0.0.1:11434/v1` for Ollama on this machine."""
    api_key: SecretStr | None = None
    """Written `${OPENAI_API_KEY}`, never as a literal. Servers on this machine usually want none."""
    max_tokens: Count | None = Field(default=None, ge=1)
    """The longest answer asked for."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    """How much chance there is in an answer; 0 for the least. The server's own where absent."""
    timeout: Seconds = Field(default=60.0, gt=0)
    """For a whole answer."""
    connect_timeout: Seconds = Field(default=10.0, gt=0)
    """For the connection."""
    context: Count | None = Field(default=None, ge=1)
    """The model's window in tokens, where the price table does not know it."""
    price: OwnPrice | None = None
    """US dollars per million tokens, where you pay another price than the table says."""
    stream_usage: bool = True
    """Ask for token counts in the stream; false for an old server that refuses to (then they are estimated)."""

    def facts(self) -> ChatFacts:
        here = is_loopback(self.base_url)
        provider = provider_of(self.base_url)
        listed = lookup(provider, self.model)
        return ChatFacts(
            model=self.model,
            provider=provider,
            embedded=False,
            leaves_machine=not here,
            context=self.context or (listed.context if listed else None),
            max_tokens=self.max_tokens,
            price=self._own_price() or (FREE if here else listed),
        )

    def build(self) -> ChatModel:
        """Raises UserError where OpenAI itself is meant and no key is given."""
        if self.base_url == OPENAI and self.api_key is None:
            raise UserError(
                f"the chat model {self.model} of OpenAI has no api_key",
                hint="write api_key: ${OPENAI_API_KEY}, or name another server in base_url",
            )
        from mlwright.models.chat._completions import Completions
        from mlwright.models.openai_api import Api

        key = self.api_key.get_secret_value() if self.api_key else ""
        return Completions(
            Ref("model", f"{provider_of(self.base_url)}/{self.model}"),
            Api(self.base_url, key, connect=self.connect_timeout),
            self._fields(),
            # OpenAI's newer models refuse the old name, most other servers do not know the new one.
            limit_field="max_completion_tokens" if self.base_url == OPENAI else "max_tokens",
            max_tokens=self.max_tokens,
            timeout=self.timeout,
        )

    def _fields(self) -> dict[str, object]:
        fields: dict[str, object] = {"model": self.model, "stream": True}
        if self.stream_usage:
            fields["stream_options"] = {"include_usage": True}
        if self.temperature is not None:
            fields["temperature"] = self.temperature
        return fields

    def _own_price(self) -> Price | None:
        if self.price is None:
            return None
        return Price(self.price.input, self.price.output, self.price.cached_input, source="the blueprint")
