"""Blobs: bytes under the name of their content. The port; each other file is one place to keep them.

What every place promises: a blob is written whole or not at all, and is durable when `put` returns; putting the same
bytes again is cheap and changes nothing; `get` checks what it read against the name; several processes may use one
place at once.
"""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Protocol

from mlwright.kernel.errors import UserError

GRACE_S = 3600.0
"""How long gc spares a blob that was just put: its owner may not have written down its name yet."""


class Blobs(Protocol):
    """Content-addressed bytes. A name is the SHA-256 in 64 lower-case hex digits; other names are a UserError."""

    def put(self, data: bytes) -> str:
        """Keep the bytes; their name."""

    def put_many(self, many: Iterable[bytes]) -> list[str]:
        """Keep many at once, which is cheaper for small ones; their names, in order. Durable when it returns."""

    def get(self, sha256: str) -> bytes:
        """The bytes of that name. Raises NotFound, or ProviderError where what is kept is damaged."""

    def has(self, sha256: str) -> bool:
        """Whether a blob of that name is kept."""

    def ids(self) -> Iterator[str]:
        """Every name once, in no particular order."""

    def gc(self, live: Collection[str], *, age_s: float = GRACE_S) -> int:
        """Drop every blob that is not in `live` and was last put more than `age_s` seconds ago; how many."""

    def drop(self, names: Iterable[str]) -> None:
        """Drop these, at once and whoever else may have put the same bytes: for what says in its bytes whose it is.
        Absent ones are none. Raises Conflict where another process packs them just now."""


def checked(sha256: str) -> str:
    """The name, if it is one: nothing else may become a part of a path. Raises UserError."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise UserError(
            f"{sha256[:80]!r} is not the name of a blob", hint="a name is 64 lower-case hex digits (SHA-256)"
        )
    return sha256


def open_blobs(url: str | Path) -> Blobs:
    """Open a folder (`path`, `file:///path`) or a bucket (`s3://bucket/prefix`); others are a UserError."""
    text = str(url)
    if text.startswith("s3://"):
        from mlwright.kernel.blobs.s3 import S3Blobs

        return S3Blobs.open(text)
    if text.startswith("file://"):
        text = text.removeprefix("file://")
    elif "://" in text:
        raise UserError(
            f"{text.partition('://')[0]}:// is not a place for blobs that mlwright knows",
            hint="write a path or s3://bucket/prefix",
        )
    from mlwright.kernel.blobs.local import LocalBlobs

    return LocalBlobs(Path(text))
