"""Which release a user meets: always the same one, decided by a keyed hash and not by a table."""

import secrets
from hashlib import blake2b

from mlwright.kernel.ids import Ref


class Tickets:
    """Hashes users with the secret of the workspace, so that logs hold no name and nobody can choose a release."""

    def __init__(self, secret: str) -> None:
        self._key = bytes.fromhex(secret)

    def hash(self, user: str) -> str:
        """What stands in the request log for a user; empty for nobody."""
        return blake2b(user.encode(), key=self._key, digest_size=12, person=b"user").hexdigest() if user else ""

    def ticket(self, user: str, canary: Ref | None) -> float:
        """A number in [0, 1): fixed for a user and a canary, fresh for each request of nobody.

        The canary is hashed too, so that it is not the same people who try every new release first."""
        if not user:
            return secrets.randbits(53) / 2**53
        text = f"{canary}\n{user}".encode()
        return (int.from_bytes(blake2b(text, key=self._key, digest_size=8, person=b"ticket").digest()) >> 11) / 2**53
