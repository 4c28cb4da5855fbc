"""Keys to the API: `mw_<id>_<secret>`, of which only a MAC of the secret is kept.

A secret has 256 random bits, so a fast HMAC-SHA256 with the secret of the workspace is enough; slow hashes are for
passwords that people invent.
"""

import hashlib
import hmac
import re
import secrets
from time import monotonic

from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import stamp
from mlwright.kernel.errors import Conflict, NotFound
from mlwright.kernel.ids import new_id
from mlwright.serving import tables
from mlwright.serving.types import ApiKey

_SHAPE = re.compile(r"mw_([0-9a-z]{26})_([A-Za-z0-9_-]{43})")
_FRESH_S = 1.0
_NOBODY = "0" * 64


class Keys:
    """The keys of a workspace. A check costs one HMAC; a revoked key is dead in every process within a second."""

    def __init__(self, kernel: Kernel, pepper: str) -> None:
        self._kernel, self._pepper = kernel, bytes.fromhex(pepper)
        self._known: dict[str, tuple[ApiKey, str]] = {}
        self._read_at = float("-inf")

    def create(self, name: str) -> str:
        """A new key: its text, which cannot be read again. Raises Conflict where a working key has that name."""
        if any(key.name == name and key.revoked is None for key in self.list()):
            raise Conflict(f"there is a key named {name!r}", hint="revoke it first, or choose another name")
        key, secret = ApiKey(new_id(), name, self._kernel.clock.now(), None), secrets.token_urlsafe(32)
        tables.add_key(self._kernel.store, key, self._mac(secret))
        self._read_at = float("-inf")
        return f"mw_{key.id}_{secret}"

    def list(self) -> list[ApiKey]:
        """All keys ever made, oldest first; a revoked one says when."""
        return [key for key, _ in tables.keys(self._kernel.store)]

    def any(self) -> bool:
        """Is there a key that works?"""
        return any(key.revoked is None for key in self.list())

    def revoke(self, name: str) -> None:
        """End the key of that name. Raises NotFound where none works."""
        if not tables.revoke_key(self._kernel.store, name, stamp(self._kernel.clock.now())):
            known = ", ".join(key.name for key in self.list() if key.revoked is None) or "none"
            raise NotFound(f"there is no working key named {name!r}", hint=f"working keys: {known}")
        self._read_at = float("-inf")

    def check(self, text: str) -> ApiKey | None:
        """The key, if it is one that works. Compares in constant time, also where the id is unknown."""
        match = _SHAPE.fullmatch(text)
        if match is None:
            return None
        key, mac = self._lookup().get(match[1], (None, _NOBODY))
        return key if hmac.compare_digest(mac, self._mac(match[2])) else None

    def _lookup(self) -> dict[str, tuple[ApiKey, str]]:
        if monotonic() - self._read_at > _FRESH_S:
            self._known = {key.id: (key, mac) for key, mac in tables.keys(self._kernel.store) if key.revoked is None}
            self._read_at = monotonic()
        return self._known

    def _mac(self, secret: str) -> str:
        return hmac.new(self._pepper, secret.encode(), hashlib.sha256).hexdigest()
