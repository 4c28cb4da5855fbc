"""The fetcher on aiohttp."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn
from urllib.parse import urldefrag, urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from mlwright.kernel.errors import NotFound, ProviderError, Refused, TransientError, UserError
from mlwright.kernel.fetch import Fetched
from mlwright.kernel.fetch._addresses import Guard

_AGENT = "mlwright"
_HARMLESS = frozenset({"accept", "accept-language", "user-agent", "if-none-match", "if-modified-since"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRANSIENT = frozenset({408, 425, 429})
_CHUNK = 64 * 1024


class HttpFetcher:
    """One pool of connections, on the loop of its first call."""

    def __init__(self, *, allow: Sequence[str], max_bytes: int, timeout: float, max_redirects: int) -> None:
        self._guard, self._max_bytes, self._timeout, self._redirects = Guard(allow), max_bytes, timeout, max_redirects
        self._session: aiohttp.ClientSession | None = None

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Fetched:
        sent = dict(headers or {})
        async with self._bounded(url):
            for _ in range(self._redirects + 1):
                fetched, onward = await self._once("GET", url, sent, None)
                if onward is None:
                    return fetched
                sent = _carried(url, onward, sent)
                url = onward
        raise Refused(f"{url}: more than {self._redirects} redirects", hint="give the address where they end")

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str] | None = None) -> Fetched:
        async with self._bounded(url):
            fetched, onward = await self._once("POST", url, dict(headers or {}), body)
        if onward is not None:
            raise Refused(f"{url} redirects to {onward}", hint="give that address")
        return fetched

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    @asynccontextmanager
    async def _bounded(self, url: str) -> AsyncIterator[None]:
        """The time of a whole call, and errors of the network in our words."""
        try:
            async with asyncio.timeout(self._timeout):
                yield
        except TimeoutError as error:
            raise TransientError(f"{url} did not answer within {self._timeout:g} s") from error
        except aiohttp.ClientError as error:
            raise TransientError(f"{url}: {_words(error)}", hint="check the address and the network") from error

    async def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[Fetched, str | None]:
        """One exchange: the answer, and where it leads on if it is a redirect."""
        self._check(url)
        request = self._open().request(
            method, url, headers={"User-Agent": _AGENT, **headers}, data=body, allow_redirects=False
        )
        async with request as response:
            location = response.headers.get("Location")
            if response.status in _REDIRECTS and location:
                return Fetched(url, response.status, {}, b""), _onward(url, location)
            if not (200 <= response.status < 300 or response.status == 304):
                _raise(url, response.status, response.headers.get("Retry-After"))
            content = await self._read(url, response)
            named = {name.lower(): value for name, value in response.headers.items()}
            return Fetched(urldefrag(url).url, response.status, named, content), None

    def _check(self, url: str) -> None:
        """Refuse what is no web address. Addresses in numbers are judged here, names when they are resolved."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise UserError(f"{url} is not an address: {error}", hint="write https://host/path") from error
        if parts.scheme not in ("http", "https") or not host:
            raise UserError(f"{url} is not an http or https address", hint="write https://host/path")
        if parts.username is not None or parts.password is not None:
            raise UserError(f"an address of {host} holds a password", hint="send it as a header instead")
        literal = _literal(host)
        if literal is not None and not self._guard.permits(host, literal):
            raise _refusal(host, literal)

    async def _read(self, url: str, response: aiohttp.ClientResponse) -> bytes:
        length = response.content_length
        if length is not None and length > self._max_bytes:
            raise self._too_big(url)
        pieces, size = [], 0
        async for piece in response.content.iter_chunked(_CHUNK):
            size += len(piece)
            if size > self._max_bytes:
                raise self._too_big(url)
            pieces.append(piece)
        return b"".join(pieces)

    def _too_big(self, url: str) -> Refused:
        return Refused(f"{url} is larger than {self._max_bytes:,} bytes", hint="raise the limit, or fetch it yourself")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=_Resolver(self._guard), use_dns_cache=False),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                trust_env=False,
            )
        return self._session


class _Resolver(AbstractResolver):
    """Resolves a name once, and hands over only addresses that may be reached; the connection goes to those."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        addresses = [(family, str(where[0]), int(where[1])) for family, _, _, _, where in found]
        for _, address, _ in addresses:
            if not self._guard.permits(host, address):
                raise _refusal(host, address)
        return [
            ResolveResult(hostname=host, host=address, port=to, family=family, proto=0, flags=socket.AI_NUMERICHOST)
            for family, address, to in addresses
        ]

    async def close(self) -> None: ...


def _refusal(host: str, address: str) -> Refused:
    which = host if host == address else f"{host} ({address})"
    return Refused(f"{which} is not a public address", hint="allow it by name or network if you trust it")


def _literal(host: str) -> str | None:
    """The address that a host in numbers means, in any spelling that the system understands (127.1, 0x7f000001)."""
    try:
        bare = host.partition("%")[0]  # without the zone of a link-local address
        found = socket.getaddrinfo(bare, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None
    return str(found[0][4][0])


def _onward(url: str, location: str) -> str:
    onward = urljoin(url, location)
    if urlsplit(url).scheme == "https" and urlsplit(onward).scheme != "https":
        raise Refused(f"{url} redirects from https to {urlsplit(onward).scheme}", hint="do not follow it")
    return onward


def _carried(url: str, onward: str, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers for the next address: to another host, port or scheme only those that say nothing about us."""
    before, after = urlsplit(url), urlsplit(onward)
    if (before.scheme, before.netloc) == (after.scheme, after.netloc):
        return dict(headers)
    return {name: value for name, value in headers.items() if name.lower() in _HARMLESS}


def _raise(url: str, status: int, retry_after: str | None) -> NoReturn:
    if status in (404, 410):
        raise NotFound(f"{url} is not there ({status})", hint="check the address")
    if status in _TRANSIENT or status >= 500:
        raise TransientError(f"{url} answered {status}", retry_after=seconds_of(retry_after))
    raise ProviderError(f"{url} answered {status}", hint="it wants other credentials, or refuses robots")


def seconds_of(retry_after: str | None) -> float | None:
    """A Retry-After header (seconds or a date, RFC 9110) in seconds from now; None where there is none."""
    if not retry_after:
        return None
    if retry_after.strip().isascii() and retry_after.strip().isdigit():
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
