"""PDF: reading order, headings, hyphens, pages, and files that cannot be read."""

import io
import json
import re
import shutil
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parse import Reader
from mlwright.rag.parsers import pdf
from mlwright.rag.parsers._glyphs import LEFT, Glyphs
from mlwright.rag.types import Parsed
from mlwright.testing.parsers import ParserSuite
from mlwright.testing.pdf import column, made

PLAIN = made(
    [(50, 740, 20, "The pump"), *column(50, 700, "It feeds the boiler", "all day long.", "And it never stops.")],
    [(50, 740, 14, "Steps"), *column(50, 700, "Open it slowly and", "close it again.")],
)


class TestPdf(ParserSuite):
    config = pdf.Config()
    samples = ((PLAIN, "a.pdf"),)


def parsed(data: bytes) -> Parsed:
    return pdf.Config().build().parse(data, "a.pdf")


def blocks(document: Parsed) -> list[tuple[str, int, str]]:
    return [(block.kind, block.level, document.text[block.start : block.end]) for block in document.blocks]


def test_glyphs_have_letters_places_and_fonts() -> None:
    with pdfium.PdfDocument(made([(50, 700, 20, "Ab")], font="Courier-Bold")) as document:
        with Glyphs(document, 0) as glyphs:
            assert (glyphs.text(), glyphs.size(), glyphs.beside_image()) == ("Ab", (600, 800), False)
            assert glyphs.boxes([0, 1])[:, LEFT].tolist() == pytest.approx([50, 62], abs=1)
            assert list(glyphs.fonts([0, 1])) == [(True, True)] * 2
        with pytest.raises(pdfium.PdfiumError):
            Glyphs(document, 1)


def test_large_type_is_a_heading_and_lines_become_paragraphs() -> None:
    assert blocks(parsed(PLAIN)) == [
        ("heading", 1, "The pump"),
        ("paragraph", 0, "It feeds the boiler all day long. And it never stops."),
        ("heading", 2, "Steps"),
        ("paragraph", 0, "Open it slowly and close it again."),
    ]


def test_pages_start_where_their_first_word_stands() -> None:
    document = parsed(PLAIN)
    assert [document.text[start:][:5] for start in document.pages] == ["The p", "Steps"]
    assert document.title == "The pump"


def test_a_sentence_goes_on_over_the_page() -> None:
    document = parsed(
        made(column(50, 700, "The pump feeds the", "boiler with"), column(50, 700, "water from the river."))
    )
    assert document.text == "The pump feeds the boiler with water from the river."
    assert document.text[document.pages[1] :] == "water from the river."


def test_running_headers_and_page_numbers_go() -> None:
    pages = [
        [(50, 780, 8, "Manual of pumps"), *column(50, 700, f"Words of part {number}."), (300, 100, 8, str(number + 1))]
        for number in range(6)
    ]
    document = parsed(made(*pages))
    assert "Manual" not in document.text
    assert document.text.split("\n\n") == [f"Words of part {number}." for number in range(6)]
    assert len(document.pages) == 6


def test_columns_are_read_one_after_the_other() -> None:
    left = [f"Left line {number} tells of the pump" for number in range(12)]
    right = [f"Right line {number} tells of the valve" for number in range(12)]
    rows = [line for pair in zip(column(50, 700, *left), column(320, 700, *right), strict=True) for line in pair]
    text = parsed(made(rows)).text
    found = re.findall(r"(Left|Right) line (\d+)", text)
    assert found == [("Left", str(number)) for number in range(12)] + [("Right", str(number)) for number in range(12)]


def test_a_table_is_read_row_by_row() -> None:
    cells = [
        ("Pump", "12 bar"),
        ("Valve", "9 bar"),
        ("Pipe", "20 bar"),
        ("Rotor", "4 bar"),
        ("Seal", "7 bar"),
        ("Bolt", "1 bar"),
    ]
    rows = [
        (x, 700 - 12 * row, 10, words)
        for row, both in enumerate(cells)
        for x, words in zip((50, 320), both, strict=True)
    ]
    document = parsed(made([*rows, (50, 600, 10, "Words below.")]))
    assert blocks(document)[0] == (
        "table",
        0,
        "| Pump | 12 bar |\n| --- | --- |\n" + "\n".join(f"| {name} | {bar} |" for name, bar in cells[1:]),
    )
    assert blocks(document)[1] == ("paragraph", 0, "Words below.")


def test_a_cell_goes_on_in_the_lines_below_it() -> None:
    places = [("Part", "Use"), ("Pump", "moves the"), ("", "water"), ("Valve", "holds it")]
    rows = [
        (x, 700 - 12 * row, 10, words)
        for row, both in enumerate(places)
        for x, words in zip((50, 200), both, strict=True)
        if words
    ]
    [(kind, _, text)] = blocks(parsed(made(rows)))
    assert (kind, text.split("\n")[2]) == ("table", "| Pump | moves the water |")


def test_marks_far_apart_stand_in_their_columns() -> None:
    heads = [(50, 700, 10, "Verb"), (200, 700, 10, "Ada"), (300, 700, 10, "Bob"), (400, 700, 10, "Eve")]
    marks = [(50, 688 - 12 * row, 10, f"verb {row}") for row in range(4)]
    marks += [(x, 688 - 12 * row, 10, "X") for row in range(4) for x in (200, 400)]
    [(kind, _, text)] = blocks(parsed(made([*heads, *sorted(marks, key=lambda one: (-one[1], one[0]))])))
    assert (kind, text.split("\n")[2]) == ("table", "| verb 0 | X |  | X |")


@pytest.mark.parametrize(
    "marks", [["\u2022"] * 6, ["1.", "2.", "3.", "4.", "5.", "6."], ["[1]", "[2]", "[3]", "[4]", "[5]", "[6]"]]
)
def test_a_list_is_no_table(marks: list[str]) -> None:
    rows = [
        (x, 700 - 12 * row, 10, words)
        for row, mark in enumerate(marks)
        for x, words in ((50, mark), (90, f"Entry number {row} of the list"))
    ]
    assert "table" not in [kind for kind, _, _ in blocks(parsed(made(rows)))]


def test_three_columns_are_read_one_after_the_other() -> None:
    names = ("First", "Second", "Third")
    rows = [
        (40 + 185 * place, 700 - 12 * row, 9, f"{name} line {row} tells of the pump")
        for row in range(14)
        for place, name in enumerate(names)
    ]
    text = parsed(made([(40, 740, 18, "A heading over all of the columns"), *rows])).text
    found = re.findall(r"(First|Second|Third) line (\d+)", text)
    assert found == [(name, str(row)) for name in names for row in range(14)]


def scanned(data: bytes) -> bytes:
    """The same pages as images."""
    source, target = pdfium.PdfDocument(data), pdfium.PdfDocument.new()
    for page in source:
        image = pdfium.PdfImage.new(target)
        image.set_bitmap(page.render(scale=3))
        image.set_matrix(pdfium.PdfMatrix().scale(600, 800))
        new = target.new_page(600, 800)
        new.insert_obj(image)
        new.gen_content()
    out = io.BytesIO()
    target.save(out)
    return out.getvalue()


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_characters_of_scanned_pages_are_recognised() -> None:
    scan = scanned(PLAIN)
    with Reader(parsers=[pdf.Config()]) as reader:
        document = reader.read(scan, "scan.pdf")
    assert blocks(document) == [
        ("heading", 1, "The pump"),
        ("paragraph", 0, "It feeds the boiler all day long. And it never stops."),
        ("heading", 2, "Steps"),
        ("paragraph", 0, "Open it slowly and close it again."),
    ]
    assert document.notes[0] == "page 1 was read by character recognition, which may be wrong"
    assert len(document.pages) == 2
    assert pdf.Config(ocr="always").build().parse(PLAIN, "a.pdf").notes != ()


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_a_language_that_tesseract_lacks_is_named() -> None:
    with pytest.raises(Unreadable) as caught:
        pdf.Config(languages="eng+xyz").build().parse(scanned(PLAIN), "scan.pdf")
    assert (caught.value.reason, "lacks its data of xyz" in caught.value.hint) == ("no_text", True)
    mixed = pdfium.PdfDocument(PLAIN)
    mixed.import_pages(pdfium.PdfDocument(scanned(PLAIN)), pages=[0])
    out = io.BytesIO()
    mixed.save(out)
    document = pdf.Config(languages="xyz").build().parse(out.getvalue(), "mixed.pdf")
    assert document.notes == ("page 3 has no text (an image; tesseract lacks its data of xyz)",)


def test_without_recognition_scanned_pages_are_named() -> None:
    with pytest.raises(Unreadable) as caught:
        pdf.Config(ocr="never").build().parse(scanned(PLAIN), "scan.pdf")
    assert (caught.value.reason, "they are images" in caught.value.message) == ("no_text", True)
    assert "parse.ocr" in caught.value.hint


def test_too_many_pages_are_refused() -> None:
    with pytest.raises(Unreadable) as caught:
        pdf.Config(pages=1).build().parse(PLAIN, "a.pdf")
    assert (caught.value.reason, "2 pages" in caught.value.message) == ("too_large", True)


def test_a_page_without_text_is_named() -> None:
    document = parsed(made(column(50, 700, "Words."), [], column(50, 700, "More words.")))
    assert document.notes == ("page 2 has no text (it is empty)",)
    assert len(document.pages) == 3


def test_a_file_without_text_has_a_reason() -> None:
    with pytest.raises(Unreadable) as caught:
        parsed(made([], []))
    assert caught.value.reason == "no_text"


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-1.7\n" + b"x" * 5000, PLAIN[:300]])
def test_a_broken_file_has_a_reason(data: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        parsed(data)
    assert caught.value.reason in ("broken", "no_text")
    assert "a.pdf" in caught.value.message


def test_sample_files_are_read_or_refused_with_a_reason(shared_data: Path) -> None:
    folder = shared_data / "pdf_pypdf_samples"
    listed = {entry["path"]: entry for entry in json.loads((folder / "files.json").read_text("utf-8"))["data"]}
    reasons: Counter[str] = Counter()
    with Reader(seconds=30) as reader:
        for path in sorted(folder.rglob("*.pdf")):
            entry = listed.get(path.relative_to(folder).as_posix(), {})
            try:
                document = reader.read(path.read_bytes(), path.name)
            except Unreadable as error:
                reasons[error.reason] += 1
                assert (error.reason == "encrypted") == bool(entry.get("encrypted"))
            else:
                reasons["read"] += 1
                assert len(document.pages) == entry.get("pages", len(document.pages)), path
    assert reasons.total() >= 28
    assert set(reasons) == {"read", "no_text", "encrypted"}
    assert reasons["encrypted"] == 1
    assert reasons["read"] >= 20


def test_hyphens_at_line_ends_are_repaired(shared_data: Path) -> None:
    text = parsed((shared_data / "pdf_pypdf_samples" / "026-latex-multicolumn" / "multicolumn.pdf").read_bytes()).text
    assert "consectetuer adipiscing elit" in text
    assert "magna. Donec vehicula augue" in text
    assert "\ufffe" not in text


def test_words_of_reviewed_files_are_found(shared_data: Path) -> None:
    """Bag of words against reviewed Markdown, mean over the files that have one."""
    folder, scores = shared_data / "pdf_docling_gt", []
    for source in sorted((folder / "sources").glob("*.pdf")):
        truth = folder / "groundtruth" / f"{source.stem}.md"
        if truth.exists():
            scores.append(f1(parsed(source.read_bytes()).text, truth.read_text("utf-8")))
    assert len(scores) == 11
    assert sum(scores) / len(scores) >= 0.97


def test_tables_of_reviewed_files_keep_their_cells(shared_data: Path) -> None:
    """Pairs of neighbouring cells that reviewed Markdown has too."""
    folder = shared_data / "pdf_docling_gt"
    for name, least in (("2305.03393v1-pg9", 28), ("redp5110_sampled", 57)):
        truth = (folder / "groundtruth" / f"{name}.md").read_text("utf-8")
        ours = neighbours(parsed((folder / "sources" / f"{name}.pdf").read_bytes()).text)
        assert (ours & neighbours(truth)).total() >= least
        assert (ours & neighbours(truth)).total() >= 0.85 * ours.total()


def neighbours(text: str) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for line in text.replace("\\_", "_").splitlines():
        if line.startswith("|") and not re.fullmatch(r"[-| :]+", line):
            cells = [" ".join(re.findall(r"\w+", cell.lower())) for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            cells = [cell for cell in cells if cell]
            found.update(pairwise(cells))
    return found


def f1(text: str, truth: str) -> float:
    truth = (
        re.sub(r"<!--.*?-->", "", truth)
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("\\_", "_")
    )
    ours, theirs = (Counter(re.findall(r"\w+", one.lower())) for one in (text, truth))
    return 2 * (ours & theirs).total() / (ours.total() + theirs.total())
