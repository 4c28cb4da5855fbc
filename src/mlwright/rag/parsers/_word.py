"""Reads Word documents: the body in order, with styles, lists, tables, text boxes and notes."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml.etree import _Element as Element

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parsers._fields import one_line
from mlwright.rag.parsers._package import MC, Package, W
from mlwright.rag.parsers._sheet import Sheet, table
from mlwright.rag.parsers._styles import Lists, Styles
from mlwright.rag.types import BlockKind, Parsed

_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_GONE = {f"{W}del", f"{W}moveFrom", f"{W}instrText", f"{W}delText", f"{MC}Fallback", f"{W}rPr", f"{W}pPr"}
_BREAKS = {f"{W}br": "\n", f"{W}cr": "\n", f"{W}tab": "\t", f"{W}noBreakHyphen": "-"}
_INSIDE = {f"{W}{name}" for name in ("sdt", "sdtContent", "ins", "moveTo", "smartTag", "customXml")}


class Word:
    """Deletions that are not accepted yet are left out, insertions are kept."""

    def parse(self, data: bytes, key: str) -> Parsed:
        package = Package.open(data, key)
        main = package.main()
        body = package.xml(main).find(f"{W}body")
        styles, numbering = package.one_related(main, "styles"), package.one_related(main, "numbering")
        writer = _Writer(
            Styles.of(package.xml(styles) if styles else None),
            Lists.of(package.xml(numbering) if numbering else None),
        )
        for element in body if body is not None else ():
            writer.block(element)
        for kind in ("footnotes", "endnotes"):
            part = package.one_related(main, kind)
            writer.notes(package.xml(part) if part else None)
        text, blocks, _ = writer.sheet.done()
        if not text.strip():
            raise Unreadable(f"{key} holds no text", reason="no_text", hint="if it shows scans, make a PDF and run OCR")
        meta = package.meta()
        title = one_line(meta.get("title", "")) or writer.title or writer.sheet.first()
        return Parsed(text, blocks, title, (), meta, _TYPE, tuple(_left_out(package, main, body)))


@dataclass(slots=True)
class _Writer:
    styles: Styles
    lists: Lists
    sheet: Sheet = field(default_factory=Sheet)
    title: str = ""
    marks: dict[str, str] = field(default_factory=dict)

    def block(self, element: Element) -> None:
        """A paragraph, a table, or what holds such."""
        if element.tag == f"{W}p":
            self.paragraph(element)
        elif element.tag == f"{W}tbl":
            self.sheet.add("table", table(list(self._rows(element))))
        elif element.tag in _INSIDE:
            for inner in element:
                self.block(inner)

    def paragraph(self, element: Element) -> None:
        words = "".join(self._words(element))
        style = self.styles.of_paragraph(element)
        number = self.styles.numbering(element)
        boxes = [box for box in element.iter(f"{W}txbxContent") if not _inside(box, f"{MC}Fallback", element)]
        if style.level and words.strip():
            mark = self.lists.mark(*number) if number else ""
            self.sheet.add("heading", " ".join((mark.strip("-") + words).split()), style.level)
            self.title = self.title or (" ".join(words.split()) if style.is_title else "")
        elif number and words.strip():
            self.sheet.add("item", "  " * number[1] + self.lists.mark(*number) + words.strip())
        else:
            kind: BlockKind = style.kind
            self.sheet.add(kind, words)
        for box in boxes:
            for inner in box:
                self.block(inner)

    def notes(self, part: Element | None) -> None:
        """Footnotes and endnotes, under the marks that stand in the text."""
        for note in part if part is not None else ():
            mark = self.marks.get(f"{note.tag}:{note.get(f'{W}id')}".replace("Reference", ""), "")
            words = " ".join(" ".join("".join(self._words(one)) for one in note.iter(f"{W}p")).split())
            if mark and words:
                self.sheet.add("paragraph", f"{mark} {words}")

    def _words(self, element: Element) -> Iterator[str]:
        for child in element:
            tag = child.tag
            if tag in _GONE or not isinstance(tag, str) or tag == f"{W}txbxContent":
                continue
            if tag == f"{W}t":
                yield child.text or ""
            elif tag in _BREAKS:
                yield _BREAKS[tag]
            elif tag in (f"{W}footnoteReference", f"{W}endnoteReference"):
                yield self._mark(child)
            else:
                yield from self._words(child)

    def _mark(self, reference: Element) -> str:
        name = f"{str(reference.tag).replace('Reference', '')}:{reference.get(f'{W}id')}"
        return self.marks.setdefault(name, f"[{len(self.marks) + 1}]")

    def _rows(self, element: Element) -> Iterator[list[str]]:
        """Cells that span columns or rows stand in each of them, so that a row reads by itself."""
        above: dict[int, str] = {}
        for row in _children(element, f"{W}tr"):
            cells: list[str] = []
            for cell in _children(row, f"{W}tc"):
                words = " ".join("".join(self._words(one)) for one in cell.iter(f"{W}p"))
                span, merge = cell.find(f"{W}tcPr/{W}gridSpan"), cell.find(f"{W}tcPr/{W}vMerge")
                wide = _number(span.get(f"{W}val") if span is not None else None)
                if merge is not None and merge.get(f"{W}val") != "restart":
                    words = above.get(len(cells), words)
                above |= {len(cells) + column: words for column in range(wide)}
                cells += [words] * wide
            yield cells


def _children(element: Element, tag: str) -> Iterator[Element]:
    """Those of a tag, also inside content controls and insertions."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag in _INSIDE:
            yield from _children(child, tag)


def _inside(element: Element, tag: str, root: Element) -> bool:
    for parent in element.iterancestors():
        if parent is root:
            return False
        if parent.tag == tag or parent.tag == f"{W}txbxContent":
            return True
    return False


def _number(text: str | None) -> int:
    return min(max(int(text), 1), 50) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1


def _left_out(package: Package, main: str, body: Element | None) -> Iterator[str]:
    pictures = sum(1 for _ in body.iter(f"{{{_PICTURE}}}pic")) if body is not None else 0
    if pictures:
        yield f"{pictures} pictures were left out"
    if package.one_related(main, "comments"):
        yield "comments were left out"
    if any(kind in ("header", "footer") for kind, _ in package.related(main).values()):
        yield "headers and footers were left out"


_PICTURE = "http://schemas.openxmlformats.org/drawingml/2006/picture"
