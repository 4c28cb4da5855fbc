"""Reads presentations: slides in their order, shapes in theirs, notes behind each slide."""

from collections.abc import Iterator

from lxml.etree import _Element as Element

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parsers._fields import one_line
from mlwright.rag.parsers._package import MC, A, P, Package, R
from mlwright.rag.parsers._sheet import Sheet, table
from mlwright.rag.types import Parsed

_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_TITLES = {"title", "ctrTitle"}
_SILENT = {"dt", "ftr", "sldNum", "hdr", "sldImg"}
"""Placeholders that repeat on every slide, or show the slide itself."""


class Slides:
    """A slide is a page. Hidden slides are kept, and named."""

    def parse(self, data: bytes, key: str) -> Parsed:
        package = Package.open(data, key)
        sheet, notes = Sheet(), []
        for number, name in enumerate(_slides(package), start=1):
            slide = package.xml(name)
            sheet.page()
            if not _write(sheet, slide):
                shown = "pictures" if next(slide.iter(f"{P}pic"), None) is not None else "nothing"
                notes.append(f"slide {number} has no text (it shows {shown})")
            if slide.get("show") == "0":
                notes.append(f"slide {number} is hidden in the presentation")
            spoken = package.one_related(name, "notesSlide")
            for shape in _shapes(package.xml(spoken)) if spoken else ():
                if _placeholder(shape) == "body":
                    said = "\n".join(words for words, _ in _paragraphs(shape))
                    sheet.add("paragraph", f"Notes: {said}" if said.strip() else "")
        text, blocks, pages = sheet.done()
        if not text.strip():
            raise Unreadable(
                f"{key} holds no text on its {len(pages)} slides", reason="no_text", hint="export it as PDF and run OCR"
            )
        meta = package.meta()
        return Parsed(text, blocks, one_line(meta.get("title", "")) or sheet.first(), pages, meta, _TYPE, tuple(notes))


def _slides(package: Package) -> Iterator[str]:
    """The parts of the slides, in the order in which they are shown."""
    main = package.main()
    related = package.related(main)
    for one in package.xml(main).iter(f"{P}sldId"):
        kind, part = related.get(one.get(f"{R}id") or "", ("", ""))
        if kind == "slide" and package.has(part):
            yield part


def _write(sheet: Sheet, slide: Element) -> bool:
    """The title first, then the other shapes; whether there was anything."""
    shapes = [shape for shape in _shapes(slide) if _placeholder(shape) not in _SILENT]
    wrote = False
    for shape in sorted(shapes, key=lambda shape: _placeholder(shape) not in _TITLES):
        kind = _placeholder(shape)
        if shape.tag == f"{P}graphicFrame":
            for grid in shape.iter(f"{A}tbl"):
                rows = [[_cell(cell) for cell in row.iterfind(f"{A}tc")] for row in grid.iterfind(f"{A}tr")]
                sheet.add("table", table(rows))
                wrote = True
        elif kind in _TITLES:
            words = " ".join(" ".join(words for words, _ in _paragraphs(shape)).split())
            sheet.add("heading", words, 1)
            wrote = wrote or bool(words)
        else:
            for words, depth in _paragraphs(shape):
                in_list = kind in ("body", "obj", "") and _is_placeholder(shape)
                sheet.add("item" if in_list else "paragraph", "  " * depth + "- " + words if in_list else words)
                wrote = True
    return wrote


def _shapes(slide: Element) -> Iterator[Element]:
    """Shapes and tables in order, also inside groups."""
    for element in slide.iter(f"{P}sp", f"{P}graphicFrame"):
        if not any(parent.tag == f"{MC}Fallback" for parent in element.iterancestors()):
            yield element


def _placeholder(shape: Element) -> str:
    found = next(shape.iter(f"{P}ph"), None)
    return (found.get("type") or "obj") if found is not None else ""


def _is_placeholder(shape: Element) -> bool:
    return next(shape.iter(f"{P}ph"), None) is not None


def _paragraphs(shape: Element) -> Iterator[tuple[str, int]]:
    """The words of each paragraph that has some, and how deep it is indented."""
    for paragraph in shape.iter(f"{A}p"):
        words = " ".join(_text(paragraph).split())
        given = paragraph.find(f"{A}pPr")
        depth = (given.get("lvl") or "0") if given is not None else "0"
        if words:
            yield words, min(8, int(depth)) if depth.isdigit() else 0


def _text(element: Element) -> str:
    parts = []
    for one in element.iter(f"{A}t", f"{A}br", f"{A}tab"):
        parts.append(one.text or "" if one.tag == f"{A}t" else " ")
    return "".join(parts)


def _cell(cell: Element) -> str:
    return " ".join(_text(paragraph) for paragraph in cell.iter(f"{A}p"))
