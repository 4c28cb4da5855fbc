"""Language models that run on this machine already: which servers speak the OpenAI protocol, and what they offer."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from mlwright.kernel import aio
from mlwright.kernel.errors import MlwrightError, NotFound
from mlwright.kernel.fetch import Fetcher, open_fetcher
from mlwright.kernel.settings import load_settings

_PATIENCE_S = 0.4
_MOST_BYTES = 1_000_000
_NOT_FOR_CHAT = ("embed", "rerank", "minilm", "bge-")


@dataclass(frozen=True, slots=True)
class ModelServer:
    """A server that answers, and its models for chat, as it names them."""

    base_url: str
    models: tuple[str, ...]

    def writer(self, model: str) -> str:
        """One of its models as a part of a blueprint."""
        return f'{{use: openai, model: {json.dumps(model)}, base_url: "{self.base_url}", max_tokens: 500}}'

    @property
    def setting(self) -> str:
        """What makes its first model write the answers, as a line of a blueprint."""
        return f"models: {{chat: {{writer: {self.writer(self.models[0])}}}}}"


def servers_here() -> list[ModelServer]:
    """Those at the addresses of this machine's settings."""
    return model_servers(load_settings().model_servers.split(","))


def writer_here(model: str) -> str:
    """A model that a server on this machine has, as a part of a blueprint; as in `model_here`."""
    server, name = model_here(model)
    return server.writer(name)


def model_here(model: str) -> tuple[ModelServer, str]:
    """A model that a server on this machine has; the first of the first server for `auto`. Raises NotFound, naming
    those that there are."""
    found = servers_here()
    for server in found:
        for name in server.models:
            if model in ("auto", name):
                return server, name
    known = ", ".join(name for server in found for name in server.models)
    raise NotFound(
        f"no server on this machine has the language model {model!r}" if known else "no language model runs here",
        hint=f"there are: {known}" if known else "start one, as `ollama serve`; `mlwright doctor` says what it finds",
    )


def model_servers(addresses: Sequence[str]) -> list[ModelServer]:
    """Ask all addresses (`http://127.0.0.1:11434/v1`) at once which models they have, for less than half a second.
    Nothing else is sent, and nothing to anywhere but this machine: other addresses are refused. Silent ones, and those
    that answer something else, are left out."""
    return [one for one in aio.run(_asked(addresses)) if one is not None]


async def _asked(addresses: Sequence[str]) -> list[ModelServer | None]:
    fetcher = open_fetcher(allow=["127.0.0.0/8", "::1", "localhost"], max_bytes=_MOST_BYTES, timeout=_PATIENCE_S)
    try:
        return list(
            await asyncio.gather(*(_server(fetcher, one) for one in map(str.strip, addresses) if _is_here(one)))
        )
    finally:
        await fetcher.close()


def _is_here(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


async def _server(fetcher: Fetcher, base_url: str) -> ModelServer | None:
    try:
        answer = json.loads((await fetcher.get(f"{base_url}/models")).body)
        names = [str(one["id"]) for one in answer["data"]]
    except (MlwrightError, ValueError, KeyError, TypeError):  # nothing listens there, or it speaks another protocol
        return None
    chat = tuple(name for name in names if not any(word in name.lower() for word in _NOT_FOR_CHAT))
    return ModelServer(base_url, chat) if chat else None
