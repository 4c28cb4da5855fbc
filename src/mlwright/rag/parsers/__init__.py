"""The port of a parser: the bytes of one file become text with positions."""

from abc import abstractmethod
from typing import ClassVar, Literal, Protocol

from mlwright.kernel.parts import Part
from mlwright.rag.types import Parsed

When = Literal["auto", "never", "always"]
"""When characters are recognised in the images of pages."""


class Parser(Protocol):
    """Contract: `parse` is a pure function of its arguments and runs in a subprocess with time and memory caps. It
    raises Unreadable with a reason where there is no text to be had, and never returns blocks outside the text."""

    def parse(self, data: bytes, key: str) -> Parsed: ...


class Drawer(Parser, Protocol):
    """A parser of a format whose pages have a look of their own. Contract: as for `parse`."""

    def draw(self, data: bytes, key: str, page: int, width: int) -> bytes:
        """A page, counted from 1, as a PNG that is `width` pixels wide, or less where the page is very long. Raises
        Unreadable, also where there is no such page."""
        ...


class ParserPart(Part):
    """`suffixes` are lower case with the dot; `matches` looks at the first bytes, for files with a wrong name. Of an
    archive it sees the end too, where the names of its parts stand. With `draws` its parser is a `Drawer`."""

    suffixes: ClassVar[tuple[str, ...]]
    media_type: ClassVar[str]
    draws: ClassVar[bool] = False

    @classmethod
    def matches(cls, head: bytes) -> bool:
        return False

    @abstractmethod
    def build(self) -> Parser: ...
