"""A server that speaks the OpenAI protocol or one like it: pooled connections, time limits, errors in our words."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import aiohttp
import orjson

from mlwright.kernel.errors import ProviderError, TransientError
from mlwright.models.prices import is_loopback

_TRANSIENT = {408, 409, 429}
_EXCERPT = 300


class Api:
    """One base URL and its key. Sessions are pooled per event loop; the key appears in no message."""

    def __init__(self, base_url: str, key: str, *, connect: float, protocol: str = "the OpenAI protocol") -> None:
        self._base, self._key, self._connect, self._protocol = base_url.rstrip("/"), key, connect, protocol
        self._host = urlsplit(base_url).netloc.rpartition("@")[2]
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()

    @contextlib.asynccontextmanager
    async def post(
        self, path: str, body: Mapping[str, Any], *, timeout: float
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """POST JSON; the response is open inside the `with`. `timeout` is in seconds and holds until its end.

        Raises TransientError (no connection, cut off, too slow, 408, 409, 429, 5xx) and ProviderError (the rest).
        """
        limits = aiohttp.ClientTimeout(total=timeout, connect=min(self._connect, timeout))
        request = self._session().post(
            f"{self._base}/{path}",
            data=orjson.dumps(body),
            headers={"Content-Type": "application/json", **self._credentials()},
            timeout=limits,
            allow_redirects=False,
        )
        try:
            async with request as response:
                if response.status != 200:
                    raise await self._refusal(path, response)
                yield response
        except TimeoutError as error:
            raise TransientError(
                f"{self._host} did not finish /{path} within {timeout:g} s",
                hint="raise the timeout of the model, or check the load of the server",
            ) from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise ProviderError(
                f"the certificate of {self._host} is not trusted: {error.certificate_error}",
                hint="check base_url, or install the certificate authority on this machine",
            ) from error
        except aiohttp.InvalidURL as error:
            raise ProviderError(
                f"{self._base} is not a URL", hint="write base_url like http://localhost:11434/v1"
            ) from error
        except aiohttp.ClientConnectorError as error:
            raise TransientError(
                f"no connection to {self._host}: {error.os_error.strerror or error.os_error}",
                hint=f"is a server running at {self._base}? Is the network up?",
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise TransientError(
                f"{self._host} broke off /{path}: {type(error).__name__}", hint="the same call may succeed later"
            ) from error

    async def close(self) -> None:
        """Close the sessions of all loops; the next call opens a fresh one."""
        here = asyncio.get_running_loop()
        sessions = list(self._sessions.items())
        self._sessions.clear()
        for loop, session in sessions:
            if loop is here:
                await session.close()
            elif loop.is_running():
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(session.close(), loop))
            else:  # its loop is gone, and its sockets with it
                session.detach()

    def broken(self, path: str, why: str) -> ProviderError:
        """The error for an answer with status 200 that is not what the protocol says."""
        return ProviderError(
            f"{self._host} answered /{path} with something else than {self._protocol}: {why}",
            hint=f"does {self._base} speak {self._protocol}? The URL usually ends in /v1",
        )

    def refusal(self, path: str, status: int, text: str, *, retry_after: float | None = None) -> ProviderError:
        """The error for a status and a body, naming host, status and an excerpt."""
        excerpt = " ".join(self._without_key(text).split())[:_EXCERPT]
        message = f"{self._host} refused /{path} with status {status}: {excerpt or 'no reason given'}"
        # An empty account also says 429, but no waiting fills it.
        if (status in _TRANSIENT or status >= 500) and "insufficient_quota" not in text:
            return TransientError(message, hint="the same call may succeed later", retry_after=retry_after)
        return ProviderError(message, hint=_hint(status, self._base))

    async def _refusal(self, path: str, response: aiohttp.ClientResponse) -> ProviderError:
        body = await response.content.read(8192)
        text = body.decode("utf-8", errors="replace")
        return self.refusal(path, response.status, _reason(text), retry_after=_retry_after(response.headers))

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            # A proxy of the environment is for other machines, never for this one.
            session = aiohttp.ClientSession(trust_env=not is_loopback(self._base))
            self._sessions[loop] = session
        return session

    def _credentials(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}"} if self._key else {}

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key else text


def _reason(text: str) -> str:
    """The message inside an error body; insufficient_quota stays visible; the body itself where it has no message."""
    try:
        error = orjson.loads(text)["error"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return text
    if not isinstance(error, Mapping):
        return str(error)
    code = error.get("code") or error.get("type")
    return f"{error.get('message', '')} ({code})" if code else str(error.get("message", text))


def _hint(status: int, base: str) -> str:
    if status in (401, 403):
        return "check api_key in the blueprint, as in api_key: ${OPENAI_API_KEY}"
    if status == 404:
        return f"does the server at {base} have this model? GET {base}/models lists them"
    if 300 <= status < 400:
        return "the server redirects; write its final address as base_url"
    return "the message of the server says what it wants"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from `retry-after-ms` or `Retry-After` (seconds, or a date); None where absent or unreadable."""
    with contextlib.suppress(ValueError, KeyError):
        return max(0.0, float(headers["retry-after-ms"]) / 1000)
    value = headers.get("Retry-After", "")
    with contextlib.suppress(ValueError):
        return max(0.0, float(value))
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    return None
