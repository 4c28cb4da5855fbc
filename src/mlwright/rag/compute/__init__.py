"""The port of compute: where documents are parsed, cut and embedded. What comes of it does not depend on where."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Protocol

from mlwright.kernel.errors import Unreadable
from mlwright.kernel.parts import Part, Slot
from mlwright.models import Embedder, EmbedPart
from mlwright.rag.chunkers import ChunkerPart
from mlwright.rag.spec import ParseSpec
from mlwright.rag.types import Cut, Parsed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done with every document. `embed` is the part behind `embedder`, for processes elsewhere that have
    to build one of their own; None where nobody said. `room` tokens of the embedder's limit are left free in each
    chunk, for its context."""

    chunk: ChunkerPart
    embedder: Embedder
    embed: EmbedPart | None = None
    parse: ParseSpec = field(default_factory=ParseSpec)
    room: int = 0


@dataclass(frozen=True, slots=True)
class Divided:
    """A document as it was parsed, and its cuts. `asked` counts the texts that were embedded to find them."""

    parsed: Parsed
    cuts: tuple[Cut, ...]
    asked: int = 0


class Compute(Protocol):
    """Contract: `read` and `embed` give one result for each input, in order, and the same results wherever they run;
    they may be called again while they run, `slots` times side by side, and more wait. They write nothing: what comes
    of them is kept by the caller. Work that was lost with a machine is done again. A call that is cancelled gives its
    work up. After `close` nothing runs any more."""

    slots: int
    """How many calls are worth having under way: it bounds what is held in memory."""
    where: str
    """For people, as `2 nodes of Ray with 8 CPUs`; empty for this machine."""

    async def read(self, files: Sequence[tuple[bytes, str]]) -> list[Divided | Unreadable]:
        """Parse and cut files, given as content and key. A file that cannot be read is its error."""
        ...

    async def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Unit vectors of documents, shape (len(texts), dims)."""
        ...

    async def close(self) -> None: ...


class ComputePart(Part):
    @abstractmethod
    def build(self, work: Work) -> Compute:
        """Ready to work. May block while it connects."""
        ...


AnyCompute = Annotated[ComputePart, Slot("mlwright.rag.compute")]
