"""Addresses of servers: whether one is ours, as far as its name tells, and what an index is called there."""

import ipaddress
import re
from urllib.parse import parse_qs, urlsplit

from mlwright.kernel.ids import digest


def is_near(url: str) -> bool:
    """A socket, this machine, a private network, or a name without a dot; every other name may be another company's."""
    parts = urlsplit(url)
    host = parts.hostname or parse_qs(parts.query).get("host", [""])[0]
    if not host or host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".svc"))


def called(prefix: str, name: str) -> str:
    """The name of an index among those of others: short, of letters, digits and `_`, and its own."""
    short = re.sub(r"[^a-z0-9]+", "_", name.lower())[:20].strip("_")
    return f"{prefix}_{short}_{digest(name.encode())[:8]}"
