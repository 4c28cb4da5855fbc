"""Parsing: how fast files become text with positions, against the bare libraries below, and how true the text is.

Speed in pages or documents a second of wall time: the bare call of the library (the floor), the parser in this process,
and the reader with its guarded worker processes. Scans are left alone: recognition is tesseract's speed. The peer is
pypdf, in the environment of a peer that `benchmarks/rag.py --install` makes; it gives the text alone, ours also reading
order, headings and tables. Truth as F1 of the bag of words against reviewed Markdown.
Run: python benchmarks/parsing.py [FOLDER OF DATA]
"""

import os
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import trafilatura
from markdown_it import MarkdownIt

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parse import Reader, every_parser
from mlwright.rag.types import Parsed

Files = list[tuple[bytes, str]]
PDFS = ("pdf_docling_gt/sources", "pdf_pypdf_samples")
PEERS = Path(os.environ.get("MLWRIGHT_PEERS") or Path(__file__).resolve().parent.parent / "build" / "peers")
NAVIGATION = (
    "<div>"
    + "".join(f'<div><a href="/{number}">Section {number} of the site</a></div>' for number in range(30))
    + "</div>"
)


def main() -> None:
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("MLWRIGHT_DATA", "../shared/data"))
    markdown = read(data / "docs_fastapi_md", "*.md")
    pages = [(web_page(source), f"{key}.html") for source, key in markdown[:60]]
    pdfs = [pdf for folder in PDFS for pdf in read(data / folder, "*.pdf")]
    pdfs = [(source, key) for source, key in pdfs if page_count(source)]
    count = sum(page_count(source) for source, _ in pdfs)
    print(f"{'files':34}{'unit':>8}{'bare':>9}{'parser':>9}{'reader':>9}{'of bare':>9}{'no text':>9}")
    speed(f"{len(pdfs)} PDFs, {count} pages", "pages/s", pdfs, bare_pdf, "pdf", count)
    speed(
        f"{len(pages)} rendered pages",
        "docs/s",
        pages,
        lambda source: trafilatura.extract(source.decode()),
        "html",
        len(pages),
    )
    speed(f"{len(markdown)} Markdown files", "docs/s", markdown, bare_markdown, "markdown", len(markdown))
    pypdf([path for folder in PDFS for path in sorted((data / folder).rglob("*.pdf")) if page_count(path.read_bytes())])
    print(f"\n{'F1 against reviewed Markdown':34}{'files':>8}{'mean':>9}{'median':>9}{'least':>9}")
    for use, suffix in (("html", ".html.md"), ("pdf", ".md")):
        truth(data / f"{use}_docling_gt", use, suffix)


def read(folder: Path, pattern: str) -> Files:
    return [(path.read_bytes(), path.relative_to(folder).as_posix()) for path in sorted(folder.rglob(pattern))]


def web_page(source: bytes) -> bytes:
    body = MarkdownIt().enable("table").render(source.decode())
    head = "<!doctype html><html><head><title>Page</title></head>"
    return f"{head}<body>{NAVIGATION}<div>{body}</div></body></html>".encode()


def page_count(source: bytes) -> int:
    try:
        with pypdfium2.PdfDocument(source) as document:
            return len(document)
    except pypdfium2.PdfiumError:
        return 0


def bare_pdf(source: bytes) -> None:
    with pypdfium2.PdfDocument(source) as document:
        for page in document:
            page.get_textpage().get_text_range()


def bare_markdown(source: bytes) -> None:
    MarkdownIt("commonmark").enable("table").disable("inline").parse(source.decode())


def speed(label: str, unit: str, files: Files, bare: Callable[[bytes], object], use: str, count: int) -> None:
    part = next(part for part in every_parser({"ocr": "never"}) if part.use == use)
    parser = part.build()
    refused = 0

    def in_process() -> None:
        nonlocal refused
        refused = sum(attempt(lambda s=source, k=key: parser.parse(s, k)) is None for source, key in files)

    with Reader(parsers=[part], workers=2) as reader:
        list(reader.read_many(files[:8]))  # the workers start and load their libraries once
        floor = best(lambda: [bare(source) for source, _ in files])
        ours, guarded = best(in_process), best(lambda: list(reader.read_many(files)))
    rates = "".join(f"{count / seconds:9.0f}" for seconds in (floor, ours, guarded))
    print(f"{label:34}{unit:>8}{rates}{floor / guarded:8.2f}x{refused:9}", flush=True)


def pypdf(paths: list[Path]) -> None:
    python = PEERS / "llamaindex" / "bin" / "python"
    if not python.exists():
        print(f"no peer at {python}: python benchmarks/rag.py --install")
        return
    script = Path(__file__).resolve().parent / "peers" / "run_pypdf.py"
    done = subprocess.run(
        [str(python), str(script)], input="\n".join(map(str, paths)), capture_output=True, text=True, check=True
    )
    version, rate = done.stdout.split()
    print(f"{'pypdf ' + version + ', the same PDFs':34}{'pages/s':>8}{float(rate):9.0f}")


def best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of three runs."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def attempt(work: Callable[[], Parsed]) -> Parsed | None:
    try:
        return work()
    except Unreadable:
        return None


def truth(folder: Path, use: str, suffix: str) -> None:
    parser = next(part for part in every_parser() if part.use == use).build()
    scores = []
    for path in sorted((folder / "sources").glob(f"*.{use}")):
        expected = folder / "groundtruth" / f"{path.stem}{suffix}"
        if expected.exists():
            scores.append(f1(parser.parse(path.read_bytes(), path.name).text, expected.read_text("utf-8")))
    print(f"{use:34}{len(scores):8}{statistics.mean(scores):9.3f}{statistics.median(scores):9.3f}{min(scores):9.3f}")


def f1(text: str, expected: str) -> float:
    expected = (
        re.sub(r"<!--.*?-->", "", expected)
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("\\_", "_")
    )
    expected = re.sub(r"\]\([^)\s]*\)", "]", expected)
    ours, theirs = (Counter(re.findall(r"\w+", one.lower())) for one in (text, expected))
    return 2 * (ours & theirs).total() / (ours.total() + theirs.total())


if __name__ == "__main__":
    main()
