"""Documents as HTML without scripts, styles or resources of their own: for one page, and for the pages of a server."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

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
    anchors,
    coded,
    pieces,
)
from mlwright.architect.writing.labels import NOT_PROVED, labelled
from mlwright.architect.writing.links import Links
from mlwright.architect.writing.proofs import Proof, Unproved
from mlwright.blueprint import Blueprint


class Html:
    """Renders blocks. `diagrams` has the SVG of each view, `deeper` how many levels headings go down."""

    def __init__(self, blueprint: Blueprint, links: Links, diagrams: Mapping[str, str], *, deeper: int = 0) -> None:
        self._blueprint, self._links, self._diagrams, self._deeper = blueprint, links, diagrams, deeper

    def render(self, name: str, blocks: Sequence[Block]) -> str:
        """The blocks of document `name`, without its title."""
        named = anchors(blocks)
        lines = (
            line for number, block in enumerate(blocks) for line in self._block(block, name, named.get(number, ""))
        )
        return "\n".join(lines) + "\n"

    def _block(self, block: Block, name: str, anchor: str) -> Iterator[str]:
        match block:
            case Heading():
                level = block.level + self._deeper
                yield f'<h{level} id="{escape(self._links.anchor(name, anchor))}">{escape(block.text)}</h{level}>'
            case Paragraph():
                yield f"<p>{self._words(block.words)}</p>"
            case Bullets():
                items = "".join(f"<li>{self._words(item)}</li>" for item in block.items)
                yield f"<ol>{items}</ol>" if block.numbered else f"<ul>{items}</ul>"
            case Listing():
                yield f'<pre tabindex="0"><code>{escape(block.text)}</code></pre>'
            case Figure():
                label = escape(block.title)
                yield f'<figure><div class="diagram" tabindex="0" role="region" aria-label="{label}">'
                yield self._diagrams[block.view].strip()
                yield f"</div><figcaption>{_said(block.about)}</figcaption></figure>"
            case Table():
                yield from self._table(block)

    def _table(self, table: Table) -> Iterator[str]:
        if not table.rows:
            return
        heads = [*table.heads, *(["evidence"] if table.proved else [])]
        label = escape(f"Table of {', '.join(table.heads)}")
        yield f'<div class="table-wrap" role="region" aria-label="{label}" tabindex="0"><table>'
        shown = "".join(f'<th scope="col"{_number(at, table)}>{escape(head)}</th>' for at, head in enumerate(heads))
        yield f"<thead><tr>{shown}</tr></thead>"
        yield "<tbody>"
        for row in table.rows:
            cells = [*map(self._words, row.cells), *([self._proofs(row)] if table.proved else [])]
            yield f"<tr>{''.join(f'<td{_number(at, table)}>{cell}</td>' for at, cell in enumerate(cells))}</tr>"
        yield "</tbody></table></div>"

    def _proofs(self, row: Row) -> str:
        return ", ".join(map(self.proof, row.proofs))

    def _words(self, words: Words) -> str:
        return "".join(map(self._piece, pieces(words)))

    def _piece(self, piece: Piece) -> str:
        match piece:
            case str():
                return _said(piece)
            case Code():
                return f"<code>{escape(piece.text)}</code>"
            case Strong():
                return f"<strong>{escape(piece.text)}</strong>"
            case Link():
                return _linked(piece.text, self._links.document(piece.document, piece.anchor))
            case Proved():
                return f"{_said(piece.text)} ({self.proof(piece.proof)})" if piece.text else self.proof(piece.proof)

    def proof(self, proof: Proof) -> str:
        """A proof as a link to it."""
        if isinstance(proof, Unproved):
            return f'<strong class="badge warn">{NOT_PROVED}</strong> {_said(proof.remedy)}'
        return _linked(*labelled(proof, self._blueprint, self._links))


def _said(text: str) -> str:
    return "".join(
        f"<code>{escape(part.text)}</code>" if isinstance(part, Code) else escape(part) for part in coded(text)
    )


def _number(at: int, table: Table) -> str:
    return ' class="num"' if at in table.right else ""


def _linked(text: str, href: str) -> str:
    return f'<a href="{escape(href)}">{escape(text)}</a>' if href else escape(text)
