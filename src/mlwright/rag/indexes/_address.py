"""Addresses of servers: whether one is ours, as far as its name tells."""

import ipaddress
from urllib.parse import parse_qs, urlsplit


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
