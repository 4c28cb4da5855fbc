"""The port of a source: what there is to read, and its bytes."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import Field, field_validator

from mlwright.data.sources._refresh import schedule_of
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
    refresh: str = Field(default="", examples=["daily 02:00"])
    """When it is read again by itself while the system serves, in UTC: `hourly`, `daily 02:00`, `weekly`, or a cron
    schedule of five fields. Only when asked to where absent."""

    @field_validator("refresh", mode="after")
    @classmethod
    def _comes_round(cls, value: str) -> str:
        if value:
            schedule_of(value)
        return value

    @property
    def schedule(self) -> str:
        """`refresh` as five fields; empty where it is absent."""
        return schedule_of(self.refresh) if self.refresh else ""

    @abstractmethod
    def build(self, base: Path) -> Source:
        """`base` is the folder of the blueprint: relative paths start there."""
        ...


AnySource = Annotated[SourcePart, Slot("mlwright.data.sources")]
