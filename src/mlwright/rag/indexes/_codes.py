"""Vectors in fewer bytes: float16, int8 scaled per vector, or one bit per number, with scores near enough to choose
candidates by. They stay in memory, while the full vectors are read from disk for the candidates alone."""

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from mlwright.rag.indexes import Quantize

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 8192


class Codes:
    """The codes of the first `count` rows, in order. `breadth` says how many candidates are scored again for each
    result that is wanted, at least `fewest`."""

    breadth: int
    fewest: int

    def __init__(self, dims: int) -> None:
        self.dims, self.count = dims, 0

    @abstractmethod
    def extend(self, vectors: "NDArray[np.float32]") -> None:
        """Take in the following rows."""

    @abstractmethod
    def scores(self, vector: "NDArray[np.float32]", count: int) -> "NDArray[np.float32]":
        """Scores of the first `count` rows, greater is nearer."""


def codes_of(quantize: Quantize, dims: int) -> Codes | None:
    """None for full vectors."""
    match quantize:
        case "none":
            return None
        case "f16":
            return _Halves(dims)
        case "i8":
            return _Bytes(dims)
        case "binary":
            return _Bits(dims)


def _grown(held: "NDArray[np.generic]", used: int, rows: "NDArray[np.generic]") -> "NDArray[np.generic]":
    """`held` with `rows` behind its first `used`; a longer copy where there is no room. Views of it stay valid."""
    if used + len(rows) > len(held):
        longer = np.empty((max(used + len(rows), used + used // 4), *held.shape[1:]), dtype=held.dtype)
        longer[:used] = held[:used]
        held = longer
    held[used : used + len(rows)] = rows
    return held


class _Halves(Codes):
    """Half precision: half the bytes, no loss that a ranking shows."""

    breadth, fewest = 2, 20

    def __init__(self, dims: int) -> None:
        super().__init__(dims)
        self._rows: NDArray[np.generic] = np.empty((0, dims), dtype=np.float16)

    def extend(self, vectors: "NDArray[np.float32]") -> None:
        self._rows = _grown(self._rows, self.count, vectors.astype(np.float16))
        self.count += len(vectors)

    def scores(self, vector: "NDArray[np.float32]", count: int) -> "NDArray[np.float32]":
        found, rows = np.empty(count, dtype=np.float32), self._rows
        for start in range(0, count, _BLOCK):
            found[start : start + _BLOCK] = rows[start : min(start + _BLOCK, count)].astype(np.float32) @ vector
        return found


class _Bytes(Codes):
    """A quarter of the bytes: each vector is scaled so that its greatest number becomes 127."""

    breadth, fewest = 4, 40

    def __init__(self, dims: int) -> None:
        super().__init__(dims)
        self._rows: NDArray[np.generic] = np.empty((0, dims), dtype=np.int8)
        self._scales: NDArray[np.float32] = np.empty((0,), dtype=np.float32)

    def extend(self, vectors: "NDArray[np.float32]") -> None:
        scales = np.maximum(np.abs(vectors).max(axis=1, initial=0.0), np.float32(1e-12)) / np.float32(127)
        rows = np.rint(vectors / scales[:, None]).astype(np.int8)
        self._rows = _grown(self._rows, self.count, rows)
        self._scales = _grown(self._scales, self.count, scales).astype(np.float32, copy=False)
        self.count += len(vectors)

    def scores(self, vector: "NDArray[np.float32]", count: int) -> "NDArray[np.float32]":
        found, rows = np.empty(count, dtype=np.float32), self._rows
        for start in range(0, count, _BLOCK):
            found[start : start + _BLOCK] = rows[start : min(start + _BLOCK, count)].astype(np.float32) @ vector
        scaled: NDArray[np.float32] = found * self._scales[:count]
        return scaled


class _Bits(Codes):
    """A thirty-second of the bytes: the signs alone. Nearness is the number of equal signs."""

    breadth, fewest = 20, 400

    def __init__(self, dims: int) -> None:
        super().__init__(dims)
        self._words = -(-dims // 64)
        self._rows: NDArray[np.generic] = np.empty((0, self._words), dtype=np.uint64)

    def _signs(self, vectors: "NDArray[np.float32]") -> "NDArray[np.uint64]":
        packed = np.zeros((len(vectors), self._words * 8), dtype=np.uint8)
        packed[:, : -(-self.dims // 8)] = np.packbits(vectors > 0, axis=1)
        return packed.view(np.uint64)

    def extend(self, vectors: "NDArray[np.float32]") -> None:
        self._rows = _grown(self._rows, self.count, self._signs(vectors))
        self.count += len(vectors)

    def scores(self, vector: "NDArray[np.float32]", count: int) -> "NDArray[np.float32]":
        differ = np.bitwise_count(np.bitwise_xor(self._rows[:count], self._signs(vector[None])))
        found: NDArray[np.float32] = -differ.sum(axis=1, dtype=np.float32)
        return found
