"""What protects a server that browsers can reach: headers, the right host, the right origin, a key where one is due."""

import base64
import binascii
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from mlwright.faces.api.problems import HttpProblem

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = [
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]
"""On every response: nothing is loaded from elsewhere, nothing inline runs, nobody frames us. Other sites learn of no
referrer; with `no-referrer` our own forms would send `Origin: null`, and `check_origin` could not let them pass."""

CHALLENGE = {"www-authenticate": 'Bearer realm="mlwright", Basic realm="mlwright", charset="UTF-8"'}


def is_loopback(host: str) -> bool:
    return host in LOOPBACK or host.startswith("127.")


def check_host(headers: Mapping[bytes, bytes], allowed: Collection[str]) -> None:
    """On loopback only our own names may be asked for: a page of a stranger whose name was rebound to 127.0.0.1 sends
    its own. An empty `allowed` allows all. Raises HttpProblem."""
    if not allowed:
        return
    name = _name(headers.get(b"host", b"").decode("latin-1"))
    if name not in allowed:
        hint = "use http://127.0.0.1, or bind another address with --host"
        raise HttpProblem(421, "misdirected", "this server does not answer for that host", hint=hint)


def check_origin(method: str, headers: Mapping[bytes, bytes]) -> None:
    """A page of another site may not change anything here (CSRF). Programs send no Origin. Raises HttpProblem."""
    if method in _SAFE_METHODS:
        return
    origin = headers.get(b"origin")
    foreign = headers.get(b"sec-fetch-site") == b"cross-site"
    if origin is not None:
        foreign = foreign or urlsplit(origin.decode("latin-1")).netloc != headers.get(b"host", b"").decode("latin-1")
    if foreign:
        raise HttpProblem(403, "foreign-origin", "a page of another site may not do this")


UPLOADS = frozenset({"/v1/documents", "/documents/add"})
"""Where files come in, as `multipart/form-data`; their bodies may be longer."""


def check_json(method: str, path: str, headers: Mapping[bytes, bytes]) -> None:
    """The API reads JSON and nothing else, which a form of another site cannot send; files apart, for which the check
    of the origin has to do. Raises HttpProblem."""
    if method != "POST" or not path.startswith("/v1/"):
        return
    media, _, parameters = headers.get(b"content-type", b"").decode("latin-1").lower().partition(";")
    if path in UPLOADS and media.strip() == "multipart/form-data":
        return
    if media.strip() != "application/json" or ("charset" in parameters and "utf-8" not in parameters):
        hint = "send content-type: application/json, in UTF-8"
        raise HttpProblem(415, "not-json", "this route reads JSON", hint=hint)


def key_in(headers: Mapping[bytes, bytes]) -> str:
    """The key that a request carries: as `Bearer`, as the password of `Basic` (browsers ask for it), or `X-API-Key`."""
    scheme, _, value = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return headers.get(b"x-api-key", b"").decode("latin-1").strip()


def _name(host: str) -> str:
    """`localhost:8700` and `[::1]:8700` without the port, in lower case."""
    host = host.lower()
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
