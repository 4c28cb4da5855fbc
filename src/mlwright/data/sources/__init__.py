"""The port of a source: what there is to read, and its bytes."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Protocol

from mlwright.kernel.errors import Unreadable
from mlwright.kernel.parts import Part, Slot


@dataclass(frozen=True, slots=True)
class Listed:
    """One file that the source sees. `stamp` changes whenever the content may have changed (size, mtime, inode), so an
    equal stamp spares reading the file again."""

    key: str
    size: int
    modified: datetime
    stamp: str


class Source(Protocol):
    """Contract: `list` yields every file once, in order of key, or an Unreadable (with its key) for one that cannot be
    read; `read` raises Unreadable too, and NotFound where the file has gone since. Neither follows a link out of the
    source's folder, nor a loop."""

    def list(self) -> Iterator[Listed | tuple[str, Unreadable]]: ...

    def read(self, listed: Listed) -> bytes: ...


class SourcePart(Part):
    @abstractmethod
    def build(self, base: Path) -> Source:
        """`base` is the folder of the blueprint: relative paths start there."""
        ...


AnySource = Annotated[SourcePart, Slot("mlwright.data.sources")]
