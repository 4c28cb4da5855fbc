"""Messages between a reader and its worker processes: lengths, a JSON header, raw bytes. None is executed."""

import json
import re
import struct
from typing import Any, BinaryIO

from mlwright.rag.types import Block, MetaValue, Parsed, meta_of

_LENGTHS = struct.Struct(">IQ")
_UNHELD = re.compile("[\0\ud800-\udfff]")


def send(stream: BinaryIO, header: dict[str, Any], body: bytes = b"") -> None:
    """Write one message. Raises OSError when the other end is gone."""
    head = json.dumps(header).encode("ascii")
    stream.write(_LENGTHS.pack(len(head), len(body)))
    stream.write(head)
    stream.write(body)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """Read one message. Raises EOFError when the other end is gone."""
    head, body = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    return json.loads(_exactly(stream, head)), _exactly(stream, body)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError("the other end of the pipe closed")
    return data


def pack(parsed: Parsed) -> tuple[dict[str, Any], bytes]:
    """A parsed document as header and body, all of it clean."""
    header = {
        "title": clean(parsed.title),
        "blocks": [[block.kind, block.start, block.end, block.level] for block in parsed.blocks],
        "pages": parsed.pages,
        "meta": {clean(name): _clean(value) for name, value in parsed.meta.items()},
        "media_type": parsed.media_type,
        "notes": tuple(map(clean, parsed.notes)),
    }
    return header, clean(parsed.text).encode()


def clean(text: str) -> str:
    """What every store can hold, of the same length: halves of surrogate pairs, which UTF-8 cannot write, and null
    characters, which PostgreSQL refuses, become U+FFFD."""
    return _UNHELD.sub("\ufffd", text)


def _clean(value: MetaValue) -> MetaValue:
    return clean(value) if isinstance(value, str) else tuple(map(clean, value))


def unpack(header: dict[str, Any], body: bytes) -> Parsed:
    return Parsed(
        text=body.decode("utf-8"),
        blocks=tuple(Block(*fields) for fields in header["blocks"]),
        title=header["title"],
        pages=tuple(header["pages"]),
        meta=meta_of(header["meta"]),
        media_type=header["media_type"],
        notes=tuple(header["notes"]),
    )
