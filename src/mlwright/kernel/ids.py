"""Names of things: unique and sortable for events, hashed for content (equal content, equal name)."""

import hashlib
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32, lower case


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """A typed name of anything, written `kind:id`: `index:9f2c…`, `run:01jd…`. The unit of lineage."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Ref":
        """Read `kind:id`; the id may hold further colons. Raises ValueError where either side is empty."""
        kind, colon, id_ = text.partition(":")
        if not (kind and colon and id_):
            raise ValueError(f"{text!r} is not a reference; write kind:id, as in answer:01jd…")
        return cls(kind, id_)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> "CoreSchema":
        """At the borders a reference is its text, in both directions."""
        from pydantic_core import core_schema

        text, written = core_schema.str_schema(), core_schema.to_string_ser_schema()
        read = core_schema.no_info_after_validator_function(cls.parse, text)
        return core_schema.json_or_python_schema(
            json_schema=read,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), read]),
            serialization=written,
        )


class _Sequence:
    """Ids of one process never go backwards, even when the wall clock does."""

    def __init__(self) -> None:
        self._last, self._lock = 0, threading.Lock()

    def next(self) -> int:
        fresh = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
        with self._lock:
            self._last = fresh if fresh >> 80 > self._last >> 80 else self._last + 1 + secrets.randbits(32)
            return self._last


_sequence = _Sequence()


def new_id() -> str:
    """A fresh id of 26 characters that sorts by time of creation (the ULID layout: 48 bits of ms, 80 random)."""
    number = _sequence.next()
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def new_ref(kind: str) -> Ref:
    return Ref(kind, new_id())


def digest(data: bytes) -> str:
    """SHA-256 in 64 hex digits: the name of a blob."""
    return hashlib.sha256(data).hexdigest()


def content_ref(kind: str, fields: Mapping[str, object], *, format: int = 1) -> Ref:
    """The name of a thing with exactly these fields.

    `fields` must be JSON (no sets, no dates: the caller says how they are written), and `format` is raised
    on purpose when their meaning changes. Nothing else goes into the hash. Raises TypeError or ValueError for what is
    not JSON (NaN and infinities too).
    """
    text = json.dumps(
        {"kind": kind, "format": format, "fields": fields},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )
    return Ref(kind, digest(text.encode())[:32])
