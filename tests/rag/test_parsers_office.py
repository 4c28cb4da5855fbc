"""Word and PowerPoint: what other programs wrote is read with its structure, and bombs do no harm."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import docx as word
import pptx as point
import pytest

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parse import Reader, choose, every_parser
from mlwright.rag.parsers import docx, pptx
from mlwright.rag.types import Parsed
from mlwright.testing.parsers import ParserSuite

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def saved(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@cache
def manual() -> bytes:
    document = word.Document()
    about = document.core_properties
    about.title, about.author, about.keywords, about.comments = "Pump manual", "Ada", "pump, valve", ""
    about.created = datetime(2024, 5, 1, 12, tzinfo=UTC)
    document.add_heading("Pump manual", 0)
    document.add_heading("Care", 1)
    document.add_paragraph("Oil it\tweekly.\nReally.")
    for words, style in (
        ("one", "List Bullet"),
        ("two", "List Bullet 2"),
        ("first", "List Number"),
        ("second", "List Number"),
    ):
        document.add_paragraph(words, style=style)
    table = document.add_table(2, 3)
    for number, cell in enumerate(cell for row in table.rows for cell in row.cells):
        cell.text = f"c{number}|"
    table.cell(1, 0).merge(table.cell(1, 1)).text = "both"
    document.add_heading("Deep", 2)
    document.add_paragraph("Said.", style="Quote")
    return saved(document)


@cache
def talk() -> bytes:
    show = point.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = "Plan"
    frame = slide.placeholders[1].text_frame
    frame.text = "a"
    deeper = frame.add_paragraph()
    deeper.text, deeper.level = "b", 1
    slide.notes_slide.notes_text_frame.text = "Say hello"
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "Table"
    table = slide.shapes.add_table(2, 2, 0, 0, 100, 100).table
    for (row, column), words in {(0, 0): "x", (0, 1): "y", (1, 0): "1", (1, 1): "2"}.items():
        table.cell(row, column).text = words
    show.slides.add_slide(show.slide_layouts[6])
    return saved(show)


class TestDocx(ParserSuite):
    config = docx.Config()
    samples = ((manual(), "a.docx"),)


class TestPptx(ParserSuite):
    config = pptx.Config()
    samples = ((talk(), "a.pptx"),)


def parsed(data: bytes, key: str = "a.docx") -> Parsed:
    return (docx if key.endswith("docx") else pptx).Config().build().parse(data, key)


def blocks(document: Parsed) -> list[tuple[str, int, str]]:
    return [(block.kind, block.level, document.text[block.start : block.end]) for block in document.blocks]


def reason(data: bytes, key: str = "a.docx") -> str:
    with pytest.raises(Unreadable) as caught:
        parsed(data, key)
    assert key in caught.value.message
    assert caught.value.hint
    return caught.value.reason


def changed(data: bytes, name: str, change: Callable[[str], str]) -> bytes:
    """The package with one part rewritten."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, change(content.decode()).encode() if part == name else content)
    return out.getvalue()


def test_a_word_document_keeps_its_structure() -> None:
    document = parsed(manual())
    assert blocks(document) == [
        ("heading", 1, "Pump manual"),
        ("heading", 1, "Care"),
        ("paragraph", 0, "Oil it\tweekly.\nReally."),
        ("item", 0, "- one"),
        ("item", 0, "- two"),
        ("item", 0, "1. first"),
        ("item", 0, "2. second"),
        ("table", 0, "| c0\\| | c1\\| | c2\\| |\n| --- | --- | --- |\n| both | both | c5\\| |"),
        ("heading", 2, "Deep"),
        ("quote", 0, "Said."),
    ]
    assert document.title == "Pump manual"
    assert (document.meta["author"], document.meta["created"]) == ("Ada", "2024-05-01T12:00:00Z")
    assert document.meta["tags"] == ("pump", "valve")


def test_changes_notes_and_boxes_of_word() -> None:
    body = (
        f'<w:body xmlns:w="{W}"><w:p><w:r><w:t>Keep </w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>'
        "<w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>"
        "<w:sdt><w:sdtContent><w:p><w:pPr><w:outlineLvl w:val='1'/></w:pPr><w:r><w:t>Inside</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        "<w:p><w:r><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></w:r></w:p></w:body>"
    )
    data = changed(manual(), "word/document.xml", lambda xml: xml[: xml.index("<w:body")] + body + "</w:document>")
    assert blocks(parsed(data)) == [
        ("paragraph", 0, "Keep new"),
        ("heading", 2, "Inside"),
        ("paragraph", 0, "In a box"),
    ]


def test_slides_are_pages_with_notes() -> None:
    document = parsed(talk(), "a.pptx")
    assert blocks(document) == [
        ("heading", 1, "Plan"),
        ("item", 0, "- a"),
        ("item", 0, "  - b"),
        ("paragraph", 0, "Notes: Say hello"),
        ("heading", 1, "Table"),
        ("table", 0, "| x | y |\n| --- | --- |\n| 1 | 2 |"),
    ]
    assert len(document.pages) == 3
    assert document.text[document.pages[1] :].startswith("Table")
    assert document.notes == ("slide 3 has no text (it shows nothing)",)


@pytest.mark.parametrize("key", ["a.docx", "a.pptx", "a.txt", "a.pdf", "a"])
def test_the_content_tells_which_it_is(key: str) -> None:
    assert choose(every_parser(), manual(), key).use == "docx"
    assert choose(every_parser(), talk(), key).use == "pptx"


def test_bombs_are_refused_before_they_unpack() -> None:
    bomb = changed(manual(), "word/document.xml", lambda xml: xml.replace("</w:body>", " " * (160 << 20) + "</w:body>"))
    assert len(bomb) < 1 << 20
    assert reason(bomb) == "too_large"
    with Reader(workers=1, memory=1 << 30) as reader, pytest.raises(Unreadable) as caught:
        reader.read(bomb, "bomb.docx")
    assert caught.value.reason == "too_large"


def test_entities_are_not_expanded_and_files_not_read() -> None:
    laughs = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<!DOCTYPE x [<!ENTITY e0 "ha"><!ENTITY f SYSTEM "file:///etc/passwd">{laughs}]>'

    def hostile(xml: str) -> str:
        start = xml.index("<w:document")
        return xml[:start] + head + xml[start:].replace("weekly", "weekly&e11;&f;")

    try:
        text = parsed(changed(manual(), "word/document.xml", hostile)).text
    except Unreadable as error:
        assert error.reason == "broken"
    else:
        assert "root:" not in text
        assert len(text) < 10_000


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"PK\x03\x04 nothing", "broken"),
        (manual()[:-400], "broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_format"),
        (changed(manual(), "word/document.xml", lambda xml: xml[:200]), "broken"),
        (changed(manual(), "_rels/.rels", lambda _: "<Relationships/>"), "broken"),
        (saved(word.Document()), "no_text"),
    ],
)
def test_what_cannot_be_read_has_a_reason(data: bytes, expected: str) -> None:
    assert reason(data) == expected


def test_a_spreadsheet_is_no_document() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(Unreadable) as caught:
        choose(every_parser(), out.getvalue(), "a.xlsx")
    assert caught.value.reason == "binary"
