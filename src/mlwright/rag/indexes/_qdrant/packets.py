"""Postings in packets: a point of Qdrant for some terms of a segment, rather than one for each term.

The terms of a segment are divided by a hash into 1, 16 or 256 packets, by how much there is, so that a question reads
few more postings than it needs and a small change writes one point. The label of a packet says of how many it is one.
"""

import json
import zlib
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_OID, uuid5

import numpy as np

from mlwright.rag.indexes._records import Block

_BITS = (0, 4, 8)
_MOST = 2048
"""Postings in one packet, about."""


@dataclass(frozen=True, slots=True)
class Packet:
    segment: int
    born: int
    label: str
    data: str

    @property
    def id(self) -> str:
        return str(uuid5(NAMESPACE_OID, f"mlwright {self.segment} {self.born} {self.label}"))


def packets_of(blocks: Sequence[Block]) -> Iterator[Packet]:
    together: dict[tuple[int, int], list[Block]] = defaultdict(list)
    for block in blocks:
        together[block.segment, block.born].append(block)
    for (segment, born), some in together.items():
        total = sum(len(block.numbers) for block in some)
        bits = next((bits for bits in _BITS if total >> bits <= _MOST), _BITS[-1])
        by_label: dict[str, list[Block]] = defaultdict(list)
        for block in some:
            by_label[_label(block.term, bits)].append(block)
        for label, few in by_label.items():
            yield Packet(segment, born, label, _packed(segment, few))


def labels_of(terms: Collection[str]) -> list[str]:
    """Of every packet in which one of the terms may be."""
    return sorted({_label(term, bits) for term in terms for bits in _BITS})


def _label(term: str, bits: int) -> str:
    return f"{bits}:{zlib.crc32(term.encode()) & ((1 << bits) - 1)}"


def _packed(segment: int, blocks: Sequence[Block]) -> str:
    head = json.dumps([[block.term, len(block.numbers)] for block in blocks]).encode()
    lists = np.array(
        [
            [number - segment for block in blocks for number in block.numbers],
            [count for block in blocks for count in block.counts],
            [length for block in blocks for length in block.lengths],
        ],
        dtype="<u4",
    )
    return b64encode(zlib.compress(len(head).to_bytes(4, "little") + head + lists.tobytes(), 1)).decode()


def blocks_in(packet: Packet, terms: Collection[str] | None = None) -> Iterator[Block]:
    """Its blocks, of these terms where they are given."""
    data = zlib.decompress(b64decode(packet.data))
    begin = 4 + int.from_bytes(data[:4], "little")
    numbers, counts, lengths = np.frombuffer(data, dtype="<u4", offset=begin).reshape(3, -1).astype(np.int64)
    start = 0
    for term, size in json.loads(data[4:begin]):
        if terms is None or term in terms:
            part = slice(start, start + size)
            found = (numbers[part] + packet.segment, counts[part], lengths[part])
            yield Block(term, packet.segment, packet.born, *(values.tolist() for values in found))
        start += size
