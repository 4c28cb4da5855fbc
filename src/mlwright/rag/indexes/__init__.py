"""The port of an index: vectors and words of chunks, found together, filtered before they are ranked."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

from mlwright.kernel.parts import Part, Slot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Filter = Mapping[str, str | Sequence[str]]
"""Field to value, or to a set of values; all fields must hold."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One chunk for the index: `id` is the id of its Ref, `text` the text that is searched by words."""

    id: str
    text: str
    meta: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that was found. Vector scores are cosines; keyword scores are BM25 (k1 1.2, b 0.75)."""

    id: str
    score: float


class Index(Protocol):
    """Contract: `apply` is atomic and durable: after it returns, and after any crash before or in it, a reopened index
    holds either all of the change or none of it. It may be repeated (removing what is absent and adding what is
    present is no error). Readers see the state of the last `apply`, never a part of one. Filters are applied before
    ranking, with full recall. `generation` counts applied changes, or is the number that the caller gave."""

    def apply(
        self, generation: int, add: Sequence[Entry], vectors: "NDArray[np.float32]", remove: Sequence[str]
    ) -> None: ...

    @property
    def generation(self) -> int: ...

    def by_vector(self, vector: "NDArray[np.float32]", top: int, where: Filter | None = None) -> list[Found]: ...

    def by_words(self, question: str, top: int, where: Filter | None = None) -> list[Found]: ...

    def ids(self) -> set[str]:
        """Every entry, for checks of agreement with the rows."""
        ...

    def close(self) -> None: ...


class IndexPart(Part):
    @abstractmethod
    def build(self, home: Path, dims: int) -> Index:
        """Open the index in folder `home`, making it where it is absent."""
        ...


AnyIndex = Annotated[IndexPart, Slot("mlwright.rag.indexes")]
