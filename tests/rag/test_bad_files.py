"""Bad files of every kind: each is read or refused with a reason and a remedy, soon, and the reader lives on."""

import codecs
import io
import zipfile
from collections.abc import Iterator

import pypdfium2 as pdfium
import pytest

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parse import Reader
from mlwright.rag.types import Parsed


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(workers=1, seconds=30, memory=2 << 30) as opened:
        yield opened


def outcome(reader: Reader, data: bytes, key: str) -> Parsed | str:
    """The document, or the reason of the refusal; whichever it is, the next file is read."""
    try:
        found: Parsed | str = reader.read(data, key)
    except Unreadable as error:
        assert key in error.message
        assert error.hint
        found = error.reason
    assert reader.read(b"still here", "after.txt").text == "still here"
    return found


def hostile_pdf(body: bytes) -> bytes:
    return b"%PDF-1.7\n" + body + b"\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.4\n",
        hostile_pdf(b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1>>endobj"),
        hostile_pdf(b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 99999999>>endobj"),
        hostile_pdf(b"1 0 obj" + b"[" * 200_000 + b"endobj"),
        hostile_pdf(b"1 0 obj<</Length 9999999999>>stream\nx\nendstream endobj"),
    ],
    ids=["cut", "circle", "count", "nest", "length"],
)
def test_hostile_pdfs_are_refused(reader: Reader, data: bytes) -> None:
    assert outcome(reader, data, "a.pdf") in ("broken", "no_text", "too_large")


def test_an_empty_pdf_has_no_text(reader: Reader) -> None:
    document, out = pdfium.PdfDocument.new(), io.BytesIO()
    document.new_page(100, 100)
    document.save(out)
    assert outcome(reader, out.getvalue(), "a.pdf") == "no_text"


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 50_000 + "deep" + "</div>" * 50_000,
        "<table>" * 3_000 + "<tr><td>x",
        "<html><body>" + "<p>word</p>" * 50_000,
        "<html><body><p " + " ".join(f"a{n}=1" for n in range(5_000)) + ">words",
        "<html><body><table><tr><td colspan=999999 rowspan=999999>x</td></tr></table>",
        "<html><body>" + "&lt;" * 500_000,
        "<html><body><!--" + "-" * 500_000,
    ],
    ids=["nested", "tables", "wide", "attributes", "spans", "entities", "comment"],
)
def test_bombs_of_html_do_no_harm(reader: Reader, source: str) -> None:
    found = outcome(reader, source.encode(), "a.html")
    assert isinstance(found, Parsed) or found in ("no_text", "too_nested", "too_much_memory", "unreadable")


def test_a_zip_bomb_in_word_is_refused(reader: Reader) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
        archive.writestr(
            "_rels/.rels",
            f'<Relationships><Relationship Id="a" Type="{relation}" Target="word/document.xml"/></Relationships>',
        )
        archive.writestr("word/document.xml", b" " * (200 << 20))
    assert len(out.getvalue()) < 1 << 20
    assert outcome(reader, out.getvalue(), "bomb.docx") == "too_large"


def test_one_line_of_fifty_megabytes_is_read_or_refused(reader: Reader) -> None:
    found = outcome(reader, b"word " * (10 << 20), "line.md")
    assert found in ("timeout", "too_much_memory") or isinstance(found, Parsed)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Die Größe der Tür beträgt fünf Meter, und die Prüfung läuft."),
        ("utf-16", "Größe"),
        ("shift_jis", "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。" * 4),
        ("koi8-r", "Все люди рождаются свободными и равными в своем достоинстве и правах. " * 4),
    ],
)
def test_another_charset_is_found_or_told(reader: Reader, encoding: str, text: str) -> None:
    found = outcome(reader, text.encode(encoding), "a.txt")
    assert isinstance(found, Parsed)
    assert found.text.strip("\ufeff") == text or found.notes
    if encoding in ("cp1252", "utf-16"):
        assert found.text == text


def test_a_wrong_declaration_of_charset_is_survived(reader: Reader) -> None:
    page = '<html><head><meta charset="iso-8859-1"></head><body><p>Grüße und 漢字 für alle Menschen</p></body></html>'
    found = outcome(reader, page.encode("utf-8"), "a.html")
    assert isinstance(found, Parsed)
    assert "Grüße und 漢字" in found.text


@pytest.mark.parametrize(
    "text",
    [
        "שלום עולם, זה טקסט מימין לשמאל.\n\nفقرة بالعربية هنا.",
        "日本語の文章です。\n\n中文段落。\n\n한국어 문단.",
        "Family 👨‍👩‍👧‍👦 and flag 🏳️‍🌈 and e\u0301.",
        "a\u202eb\u2066c\u200bd\ufeffe",
        "one\x00two\n\nthree",
    ],
    ids=["rtl", "cjk", "emoji", "marks", "null"],
)
@pytest.mark.parametrize("key", ["a.md", "a.txt", "a.rst", "a.py"])
def test_every_script_keeps_its_characters(reader: Reader, text: str, key: str) -> None:
    found = outcome(reader, text.encode(), key)
    if "\x00" in text:
        assert found == "binary" or (isinstance(found, Parsed) and found.text == text)
        return
    assert isinstance(found, Parsed)
    assert found.text == text
    assert all(text[block.start : block.end].strip() for block in found.blocks)


@pytest.mark.parametrize(
    "key", ["a.md", "a.html", "a.pdf", "a.docx", "a.pptx", "a.csv", "a.json", "a.eml", "a.ipynb", "a.py", "a.rst"]
)
@pytest.mark.parametrize(
    "data",
    [b"\0" * 5000, bytes(range(256)) * 20, codecs.BOM_UTF8, b"PK\x03\x04" + b"\xff" * 3000],
    ids=["null", "all", "mark", "zip"],
)
def test_junk_under_every_name_is_refused(reader: Reader, data: bytes, key: str) -> None:
    found = outcome(reader, data, key)
    assert isinstance(found, str) or not found.text.strip("\ufeff"), "junk is no document"
