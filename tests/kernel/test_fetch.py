"""The fetcher against a real, badly behaved server on loopback."""

import asyncio
import gzip
import ipaddress
import socket
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.kernel.errors import MlwrightError, NotFound, ProviderError, Refused, TransientError, UserError
from mlwright.kernel.fetch import Fetched, Fetcher, open_fetcher
from mlwright.kernel.fetch._addresses import Guard
from mlwright.kernel.fetch.http import seconds_of
from mlwright.testing.upstream import Reply, Request, Upstream

HERE = ("127.0.0.1",)


def fetch(call: Callable[[Fetcher], Coroutine[Any, Any, Fetched]], **options: Any) -> Fetched:
    async def once() -> Fetched:
        fetcher = open_fetcher(**{"allow": HERE, "timeout": 20.0, **options})
        try:
            return await call(fetcher)
        finally:
            await fetcher.close()

    return asyncio.run(once())


def get(url: str, headers: dict[str, str] | None = None, **options: Any) -> Fetched:
    return fetch(lambda fetcher: fetcher.get(url, headers=headers), **options)


def test_a_page_comes_whole() -> None:
    with Upstream({"/a": Reply(b"hello", headers={"ETag": '"1"'})}) as up:
        read = get(up.url("/a#part"), {"X-Key": "k"})
    assert (read.url, read.status, read.body, read.headers["etag"]) == (up.url("/a"), 200, b"hello", '"1"')
    assert up.requests[0].headers["user-agent"] == "mlwright"
    assert up.requests[0].headers["x-key"] == "k"


def test_compressed_and_in_pieces() -> None:
    packed = Reply(gzip.compress(b"x" * 100_000), headers={"Content-Encoding": "gzip"})
    pieces = Reply(pieces=[b"ab", b"cd"], length=False)
    with Upstream({"/z": packed, "/p": pieces}) as up:
        assert get(up.url("/z")).body == b"x" * 100_000
        assert get(up.url("/p")).body == b"abcd"


def test_not_modified_is_an_answer() -> None:
    with Upstream({"/a": Reply(status=304)}) as up:
        assert get(up.url("/a"), {"If-None-Match": '"1"'}).status == 304


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://localhost/",
        "http://0.0.0.0/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[::127.0.0.1]/",
        "http://[fe80::1%25lo]/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "http://169.254.169.254/latest/meta-data/",
        "http://168.63.129.16/",
        "http://100.100.100.200/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.1.1:8080/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
    ],
)
def test_addresses_that_are_not_public_are_refused(url: str) -> None:
    with pytest.raises(Refused, match="not a public address"):
        get(url, allow=())


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "example.org", "", "http://", "http://[::1/",
     "http://example.org:port/", "http://user:secret@example.org/"],
)  # fmt: skip
def test_what_is_no_web_address_is_the_callers_mistake(url: str) -> None:
    with pytest.raises(UserError) as caught:
        get(url)
    assert "secret" not in str(caught.value)


def test_allowing_one_name_or_network_allows_no_other() -> None:
    with Upstream({"/a": Reply(b"ok")}) as up:
        assert get(up.url("/a", host="localhost"), allow=("localhost",)).body == b"ok"
        assert get(up.url("/a"), allow=("127.0.0.0/8",)).body == b"ok"
        with pytest.raises(Refused):
            get(up.url("/a"), allow=("localhost", "10.0.0.0/8", "::1"))


def test_a_redirect_is_checked_like_the_first_address() -> None:
    with Upstream({}) as up:
        up.route("/inside", Reply.redirect("http://169.254.169.254/latest/"))
        up.route("/file", Reply.redirect("file:///etc/passwd"))
        up.route("/number", Reply.redirect(up.url("/a")))
        with pytest.raises(Refused, match="not a public address"):
            get(up.url("/inside"))
        with pytest.raises(Refused, match="not a public address"):
            get(up.url("/number", host="localhost"), allow=("localhost",))
        with pytest.raises(UserError, match="not an http"):
            get(up.url("/file"))


def test_redirects_are_followed_but_not_for_ever() -> None:
    with Upstream({"/a": Reply.redirect("b", 301), "/b": Reply.redirect("/c", 307), "/c": Reply(b"end")}) as up:
        up.route("/loop", Reply.redirect("/loop"))
        read = get(up.url("/a"), {"Authorization": "Bearer k"})
        assert (read.url, read.body) == (up.url("/c"), b"end")
        assert up.requests[-1].headers["authorization"] == "Bearer k"
        with pytest.raises(Refused, match="more than 5 redirects"):
            get(up.url("/loop"))


def test_credentials_stay_with_their_host() -> None:
    with Upstream({"/b": Reply(b"ok")}) as other, Upstream({"/a": Reply.redirect(other.url("/b"))}) as up:
        get(up.url("/a"), {"Authorization": "Bearer k", "Cookie": "s=1", "X-Api-Key": "k", "Accept": "text/html"})
    kept = other.requests[0].headers
    assert not {"authorization", "cookie", "x-api-key"} & set(kept)
    assert kept["accept"] == "text/html"


def test_cookies_are_not_kept() -> None:
    async def twice() -> None:
        fetcher = open_fetcher(allow=HERE)
        await fetcher.get(up.url("/a"))
        await fetcher.get(up.url("/a"))
        await fetcher.close()

    with Upstream({"/a": Reply(headers={"Set-Cookie": "s=1"})}) as up:
        asyncio.run(twice())
    assert all("cookie" not in request.headers for request in up.requests)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, NotFound), (410, NotFound), (401, ProviderError), (418, ProviderError), (408, TransientError),
     (429, TransientError), (500, TransientError), (503, TransientError), (300, ProviderError)],
)  # fmt: skip
def test_each_status_is_the_error_that_it_means(status: int, kind: type[MlwrightError]) -> None:
    with Upstream({"/a": Reply(status=status)}) as up, pytest.raises(kind, match=str(status)) as caught:
        get(up.url("/a"))
    assert type(caught.value) is kind


def test_retry_after_is_told() -> None:
    with (
        Upstream({"/a": Reply(status=429, headers={"Retry-After": "7"})}) as up,
        pytest.raises(TransientError) as caught,
    ):
        get(up.url("/a"))
    assert caught.value.retry_after == 7.0


def test_retry_after_in_its_three_spellings() -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    assert 3500 < (seconds_of(format_datetime(soon, usegmt=True)) or 0) <= 3600
    assert seconds_of("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert (seconds_of("12"), seconds_of("soon"), seconds_of(""), seconds_of(None)) == (12.0, None, None, None)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"x" * 1000, repeat=3000),
        Reply(b"x" * 1000, repeat=3000, length=False),
        Reply(gzip.compress(b"\0" * 50_000_000), headers={"Content-Encoding": "gzip"}),
    ],
)
def test_what_is_too_big_is_refused(reply: Reply) -> None:
    with Upstream({"/a": reply}) as up, pytest.raises(Refused, match="larger than 1,000,000 bytes"):
        get(up.url("/a"), max_bytes=1_000_000)


def test_slow_and_broken_servers_may_be_tried_again() -> None:
    slow, dripping = Reply(b"late", delay=30), Reply(pieces=[b"x"] * 1000, pause=0.05)
    with Upstream({"/slow": slow, "/drip": dripping, "/cut": Reply(b"x" * 1000, cut=10)}) as up:
        for path in ("/slow", "/drip"):
            with pytest.raises(TransientError, match=r"did not answer within 0.3 s"):
                get(up.url(path), timeout=0.3)
        with pytest.raises(TransientError):
            get(up.url("/cut"))
    with pytest.raises(TransientError):
        get(up.url("/gone"))  # nobody listens there any more


def test_a_name_that_is_not_known_may_be_tried_again() -> None:
    with pytest.raises(TransientError, match=r"nowhere\.invalid"):
        get("http://nowhere.invalid/")


def test_post_sends_bytes_and_follows_nothing() -> None:
    def echo(request: Request) -> Reply:
        return Reply(request.body[::-1])

    with Upstream({"/echo": echo, "/moved": Reply.redirect("/echo", 307)}) as up:
        sent = fetch(lambda fetcher: fetcher.post(up.url("/echo"), b"abc", headers={"Content-Type": "text/plain"}))
        assert sent.body == b"cba"
        with pytest.raises(Refused, match="redirects to"):
            fetch(lambda fetcher: fetcher.post(up.url("/moved"), b"abc"))


@given(st.ip_addresses(v=4))
def test_an_address_and_its_disguises_are_judged_alike(address: ipaddress.IPv4Address) -> None:
    guard, number = Guard(()), int(address)
    disguises = [
        ipaddress.IPv6Address(f"::ffff:{address}"),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
        ipaddress.IPv6Address((0x2002 << 112) | number << 80),
    ]
    assert {guard.permits("h", str(each)) for each in disguises} == {guard.permits("h", str(address))}


@given(st.ip_addresses())
def test_nothing_permitted_is_private(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if Guard(()).permits("h", str(address)):
        assert not (address.is_private or address.is_loopback or address.is_link_local or address.is_multicast)


def test_public_addresses_are_permitted() -> None:
    guard = Guard(())
    public = ("93.184.215.14", "8.8.8.8", "2606:4700::1111", "2a00:1450:4001:800::200e", "::ffff:8.8.8.8")
    assert all(guard.permits("h", each) for each in public)


def test_loopback_resolves_here() -> None:
    assert socket.getaddrinfo("localhost", 80), "the tests above need the name localhost"
