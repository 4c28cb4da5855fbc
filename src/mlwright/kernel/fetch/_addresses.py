"""Which addresses may be reached: the public internet, and what is allowed by name or network.

Ranges: IANA's registries of special-purpose addresses (RFC 6890 and updates); the lists of the standard library
differ between Python versions, so those that matter stand here too.
"""

import ipaddress
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_REFUSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
        "::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16",
        "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Guard:
    """Decides by the address that would be connected to; names only widen what is allowed."""

    def __init__(self, allow: Sequence[str]) -> None:
        self._networks: list[Network] = []
        self._names: set[str] = set()
        for entry in allow:
            try:
                self._networks.append(ipaddress.ip_network(entry.strip("[]"), strict=False))
            except ValueError:
                self._names.add(entry.lower().rstrip("."))

    def permits(self, host: str, text: str) -> bool:
        """Whether a connection to `text`, an address of `host`, may be made."""
        address = ipaddress.ip_address(text.partition("%")[0])
        faces = _faces(address)
        if host.lower().rstrip(".") in self._names:
            return True
        if all(any(_inside(face, network) for network in self._networks) for face in faces):
            return True
        return not any(_special(face) for face in faces)


def _special(address: Address) -> bool:
    listed = any(_inside(address, network) for network in _REFUSED)
    return listed or address.is_multicast or address.is_private or address.is_reserved


def _inside(address: Address, network: Network) -> bool:
    return network.version == address.version and address in network


def _faces(address: Address) -> list[Address]:
    """The IPv4 address that an IPv6 one stands for (mapped, compatible, 6to4, Teredo, NAT64), else the address."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    if address.sixtofour is not None:
        return [address.sixtofour]
    if address.teredo is not None:
        return [*address.teredo]
    if int(address) >> 32 == 0 and int(address) > 1:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address]
