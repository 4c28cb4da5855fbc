"""What a document is made of: headings, paragraphs, lists, tables, listings and figures, without any markup. Texts are
plain but for `code` in backticks; whoever renders them escapes them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlwright.architect.writing.proofs import Proof


@dataclass(frozen=True, slots=True)
class Code:
    """A name or a command within a text."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """To another document of the folder, and there to a heading."""

    text: str
    document: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Proved:
    """A statement within a text, with what proves it."""

    text: str
    proof: Proof


Piece = str | Code | Strong | Link | Proved
Words = Piece | tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 2 is a section, 3 a part of one."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    words: Words


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[Words, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table. What proves it stands in a column of its own, the last one."""

    cells: tuple[Words, ...]
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """`right` are the columns of numbers."""

    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    right: tuple[int, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether it has a column for proofs."""
        return any(row.proofs for row in self.rows)


@dataclass(frozen=True, slots=True)
class Listing:
    """Commands or code, to be copied."""

    text: str
    language: str = "sh"


@dataclass(frozen=True, slots=True)
class Figure:
    """A view of the system, drawn."""

    view: str
    title: str
    about: str


Block = Heading | Paragraph | Bullets | Table | Listing | Figure


def pieces(words: Words) -> tuple[Piece, ...]:
    """The same as a sequence in any case."""
    return words if isinstance(words, tuple) else (words,)


def coded(text: str) -> Iterator[str | Code]:
    """A text with what stands in `backticks` as code; all else stays as it is."""
    for number, part in enumerate(re.split("`([^`\n]+)`", text)):
        if part:
            yield Code(part) if number % 2 else part


def proofs_of(blocks: Iterable[Block]) -> Iterator[Proof]:
    """Every proof, in order: one for each statement that has one."""
    for block in blocks:
        match block:
            case Table():
                for row in block.rows:
                    yield from row.proofs
                    yield from (proof for cell in row.cells for proof in _within(cell))
            case Bullets():
                yield from (proof for item in block.items for proof in _within(item))
            case Paragraph():
                yield from _within(block.words)


def _within(words: Words) -> Iterator[Proof]:
    return (piece.proof for piece in pieces(words) if isinstance(piece, Proved))


def anchors(blocks: Sequence[Block]) -> Mapping[int, str]:
    """Position of each heading to its anchor, as code hosts make them: a second heading of the same words gets -1."""
    seen, found = dict[str, int](), dict[int, str]()
    for number, block in enumerate(blocks):
        if isinstance(block, Heading):
            slug = anchor(block.text)
            count = seen.get(slug, 0)
            seen[slug] = count + 1
            found[number] = f"{slug}-{count}" if count else slug
    return found


def anchor(text: str) -> str:
    """The anchor of a heading: small letters, digits, `_` and `-`, with `-` for spaces."""
    return re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")
