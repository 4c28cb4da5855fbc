"""Language models that run on this machine already: which servers speak the OpenAI protocol, and what they offer."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from mlwright.kernel import aio
from mlwright.kernel.errors import MlwrightError
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

    @property
    def setting(self) -> str:
        """What makes its first model write the answers, as a line of a blueprint."""
        writer = f'use: openai, model: {json.dumps(self.models[0])}, base_url: "{self.base_url}", max_tokens: 500'
        return f"models: {{chat: {{writer: {{{writer}}}}}}}"


def servers_here() -> list[ModelServer]:
    """Those at the addresses of this machine's settings."""
    return model_servers(load_settings().model_servers.split(","))


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
