"""Fetching: the one way to read an address that somebody else wrote. The port; each other file is one client.

What every client promises: only http and https; names are resolved once and the connection goes to an address that was
checked; private, loopback, link-local, metadata and multicast addresses are refused, also in their IPv6 disguises,
unless they are allowed by name or network; each redirect is checked like the first address, never leads from https to
http, and carries no credentials to another host; bytes (after decompression) and seconds are bounded; no proxy of the
environment, no cookies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: `url` is where it came from after redirects, header names are lower case. 304 has no body."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Fetcher(Protocol):
    """An HTTP client for addresses that are not trusted. `close` ends its connections."""

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Fetched:
        """Read an address: status 2xx or 304.

        Raises UserError for an address that is none, Refused for one that must not be reached or an answer that is too
        big, NotFound for 404 and 410, TransientError (with `retry_after` where the server said so) for 408, 425, 429,
        5xx, time-outs and broken connections, and ProviderError for anything else.
        """

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str] | None = None) -> Fetched:
        """Send bytes; redirects are not followed. Raises like `get`."""

    async def close(self) -> None: ...


def open_fetcher(
    *,
    allow: Sequence[str] = (),
    max_bytes: int = 50_000_000,
    timeout: float = 30.0,
    max_redirects: int = 5,
) -> Fetcher:
    """A fetcher. `allow` lists host names, addresses and networks (`10.0.0.0/8`) that may be reached although they are
    private; `timeout` is for a whole call, redirects included, in seconds."""
    from mlwright.kernel.fetch.http import HttpFetcher

    return HttpFetcher(allow=allow, max_bytes=max_bytes, timeout=timeout, max_redirects=max_redirects)
