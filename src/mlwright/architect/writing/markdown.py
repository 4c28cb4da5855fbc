"""Documents as Markdown, in the flavour that code hosts render. Whatever comes from elsewhere stays text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from mlwright.architect.writing.blocks import (
    Block,
    Bullets,
    Code,
    Figure,
    Heading,
    Link,
    Listing,
    Paragraph,
    Piece,
    Proved,
    Row,
    Strong,
    Table,
    Words,
    coded,
    pieces,
)
from mlwright.architect.writing.labels import NOT_PROVED, labelled
from mlwright.architect.writing.links import Links
from mlwright.architect.writing.proofs import Proof, Unproved
from mlwright.blueprint import Blueprint

_SPECIAL = re.compile(r"([\\`*\[\]|~$])|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_STARTS = re.compile(r"^(\d+)([.)])|^([#+\-=])")
_SAFE = "/#?&=:@!$,;+~%"
_RUNS = re.compile("`+")
_BAR = re.compile(r"(?<!\\)\|")


class Markdown:
    """Renders blocks. `diagrams` has the Mermaid text of each view."""

    def __init__(self, blueprint: Blueprint, links: Links, diagrams: Mapping[str, str]) -> None:
        self._blueprint, self._links, self._diagrams = blueprint, links, diagrams

    def render(self, title: str, blocks: Sequence[Block]) -> str:
        """A whole document, one title first."""
        parts = [f"# {_line(title)}", *("\n".join(self._block(block)) for block in blocks)]
        return "\n\n".join(part for part in parts if part) + "\n"

    def _block(self, block: Block) -> Iterator[str]:
        match block:
            case Heading():
                yield f"{'#' * block.level} {_line(block.text)}"
            case Paragraph():
                yield _started(self._words(block.words))
            case Bullets():
                for number, item in enumerate(block.items, start=1):
                    yield f"{f'{number}.' if block.numbered else '-'} {_started(self._words(item))}"
            case Listing():
                yield from _fenced(block.text, block.language)
            case Figure():
                yield from self._figure(block)
            case Table():
                yield from self._table(block)

    def _figure(self, figure: Figure) -> Iterator[str]:
        yield f"![{_line(figure.title)}](diagrams/{figure.view}.svg)"
        yield ""
        yield _started(_said(figure.about))
        yield ""
        yield "<details><summary>The same as Mermaid</summary>"
        yield ""
        yield from _fenced(self._diagrams[figure.view], "mermaid")
        yield ""
        yield "</details>"

    def _table(self, table: Table) -> Iterator[str]:
        if not table.rows:
            return
        heads = [*map(_line, table.heads), *(["evidence"] if table.proved else [])]
        rules = ["--:" if number in table.right else "---" for number in range(len(heads))]
        yield _cells(heads)
        yield f"|{'|'.join(rules)}|"
        for row in table.rows:
            yield _cells([*map(self._words, row.cells), *([self._proofs(row)] if table.proved else [])])

    def _proofs(self, row: Row) -> str:
        return ", ".join(map(self.proof, row.proofs))

    def _words(self, words: Words) -> str:
        return "".join(map(self._piece, pieces(words)))

    def _piece(self, piece: Piece) -> str:
        match piece:
            case str():
                return _said(piece)
            case Code():
                return _code(piece.text)
            case Strong():
                return f"**{_line(piece.text)}**"
            case Link():
                return _linked(_text(piece.text), self._links.document(piece.document, piece.anchor))
            case Proved():
                return f"{_said(piece.text)} ({self.proof(piece.proof)})" if piece.text else self.proof(piece.proof)

    def proof(self, proof: Proof) -> str:
        """A proof as a link to it."""
        if isinstance(proof, Unproved):
            return f"**{NOT_PROVED}**: {_said(proof.remedy)}"
        name, href = labelled(proof, self._blueprint, self._links)
        return _linked(_text(name), href)


def _line(text: str) -> str:
    """A text that must not begin a line with what has a meaning there."""
    return _text(text).strip()


def _said(text: str) -> str:
    """A text with its `code`."""
    return "".join(_code(part.text) if isinstance(part, Code) else _text(part) for part in coded(text))


def _text(text: str) -> str:
    """Plain text: nothing in it is markup or an address to click. Line breaks become spaces."""
    flat = re.sub(r"\s+", " ", text)
    marked = _SPECIAL.sub(lambda found: f"\\{found[0]}", flat)
    safe = re.sub("[&<>]", lambda found: _ENTITIES[found[0]], marked)
    return safe.replace("://", "&#58;//").replace("www.", "www&#46;")


def _started(text: str) -> str:
    """The same, where it begins a line."""
    return _STARTS.sub(lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}", text.lstrip())


def _code(text: str) -> str:
    """Code within a text, in as many backticks as keep it whole."""
    flat = " ".join(text.split())
    fence = "`" * (max(map(len, _RUNS.findall(flat)), default=0) + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") or not flat else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def _fenced(text: str, language: str) -> Iterator[str]:
    fence = "`" * max(3, max(map(len, _RUNS.findall(text)), default=0) + 1)
    yield f"{fence}{language}"
    yield from text.rstrip("\n").split("\n")
    yield fence


def _linked(text: str, href: str) -> str:
    return f"[{text}]({quote(href, safe=_SAFE)})" if href else text


def _cells(cells: Sequence[str]) -> str:
    """One line of a table. A bar within code would end its cell."""
    whole = (_BAR.sub(r"\|", cell) for cell in cells)
    return f"| {' | '.join(whole)} |"
