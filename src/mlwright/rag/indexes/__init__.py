"""The port of an index: vectors and words of chunks, found together, filtered before they are ranked."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from mlwright.kernel.parts import Part, Slot
from mlwright.rag.conditions import Filter
from mlwright.rag.types import Meta

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Quantize = Literal["none", "f16", "i8", "binary"]
"""How vectors are held while searching; candidates are then scored with the full vectors."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One chunk for the index: `id` is the id of its Ref, `text` the text that is searched by words."""

    id: str
    text: str
    meta: Meta


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that was found. Vector scores are cosines; keyword scores are BM25 (k1 1.2, b 0.75)."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class WordQuery:
    """A question as weighted terms of the analyser (see `Index.terms`): a score is the weighted sum over its terms."""

    terms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was forgotten: entries that no retained generation sees, and the bytes of disk that this gave back."""

    entries: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that disagrees: where, and what is wrong there."""

    place: str
    problem: str


@dataclass(frozen=True, slots=True)
class IndexStats:
    """`entries` are those of the newest generation, `past` those that only other retained generations see, `dead`
    those that nobody sees and `prune` forgets. `search` says how vectors are searched now, `bytes` is the disk."""

    entries: int
    past: int
    dead: int
    bytes: int
    search: str
    quantize: Quantize


class Index(Protocol):
    """Contract: `apply` is atomic and durable: after it returns, and after any crash before or in it, a reopened index
    holds either all of the change or none of it. It may be repeated (removing what is absent and adding what is
    present is no error). Readers see the state of the last `apply`, never a part of one. Filters are applied before
    ranking, with full recall. `generation` is the number that the caller gave with the last change.

    Generations are kept by `retain`; `at` reads one of them as it was, and raises NotFound, naming those that there
    are, for another. The newest one is always there."""

    def apply(
        self, generation: int, add: Sequence[Entry], vectors: "NDArray[np.float32]", remove: Sequence[str]
    ) -> None: ...

    @property
    def generation(self) -> int: ...

    def by_vector(
        self, vector: "NDArray[np.float32]", top: int, where: Filter | None = None, at: int | None = None
    ) -> list[Found]: ...

    def by_words(
        self, question: str | WordQuery, top: int, where: Filter | None = None, at: int | None = None
    ) -> list[Found]: ...

    def terms(self, text: str) -> list[str]:
        """The terms of a text as the analyser counts them, in order, repeated ones repeated."""
        ...

    def document_frequency(self, terms: Sequence[str]) -> tuple[int, Mapping[str, int]]:
        """How many entries there are, and how many have each term."""
        ...

    def vectors(self, ids: Sequence[str]) -> "NDArray[np.float32]":
        """The full vectors of entries, shape (len(ids), dims). Raises NotFound that names a missing id."""
        ...

    def ids(self, at: int | None = None) -> set[str]:
        """Every entry, for checks of agreement with the rows."""
        ...

    def retain(self, generations: Collection[int]) -> None:
        """From now on keep these readable, and the newest. Durable. Numbers that are not there are no error."""
        ...

    def retained(self) -> list[int]:
        """The generations that can be read, ascending; the newest is the last."""
        ...

    def prune(self) -> Pruned:
        """Forget what no retained generation sees, and give its space back."""
        ...

    def verify(self) -> list[Damage]:
        """What disagrees inside the index; reads all of it."""
        ...

    def repair(self) -> list[Damage]:
        """Mend what `verify` finds; entries that cannot be mended are removed. Returns what was mended."""
        ...

    def stats(self) -> IndexStats: ...

    def close(self) -> None: ...


class IndexPart(Part):
    def in_store(self, store: str) -> "IndexPart":
        """The same, in the workspace's database where it has no address of its own and can live there."""
        return self

    @abstractmethod
    def build(self, home: Path, dims: int, quantize: Quantize = "none") -> Index:
        """Open the index in folder `home`, making it where it is absent."""
        ...


AnyIndex = Annotated[IndexPart, Slot("mlwright.rag.indexes")]
