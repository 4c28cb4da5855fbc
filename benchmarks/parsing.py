"""Parsing: how fast files become text with positions, against the bare libraries below, and how true the text is.

Pages or documents a second of wall time, and CPU time of each, workers included; each way in turns with the others, on
the same files, and how many times the first way of its table. The ways: pypdf, in the environment of a peer that
`benchmarks/rag.py --install` makes; the bare call of the library; the parser in this process; and the reader with its
guarded worker processes, which is what an ingest uses. pypdf and the bare calls give the text alone, ours also reading
order, headings and tables, and the reader the language too. Scans are left alone: recognition is tesseract's speed.
Truth as F1 of the bag of words against reviewed Markdown. On Linux, for the CPU time of workers.
Run: python benchmarks/parsing.py [FOLDER OF DATA]
"""

import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pypdfium2
import trafilatura
from markdown_it import MarkdownIt
from peers._cpu import cpu_seconds

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parse import Reader, every_parser
from mlwright.rag.types import Parsed

PDFS = ("pdf_docling_gt/sources", "pdf_pypdf_samples")
HERE = Path(__file__).resolve().parent
PEERS = Path(os.environ.get("MLWRIGHT_PEERS") or HERE.parent / "build" / "peers")
ROUNDS = 10
WORKERS = 2
NAVIGATION = (
    "<div>"
    + "".join(f'<div><a href="/{number}">Section {number} of the site</a></div>' for number in range(30))
    + "</div>"
)


class File(NamedTuple):
    path: Path
    source: bytes


@dataclass(frozen=True)
class Cost:
    """Seconds."""

    wall: float
    cpu: float


Way = Callable[[], Cost]


def main() -> None:
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("MLWRIGHT_DATA", "../shared/data"))
    markdown = read(data / "docs_fastapi_md", "*.md")
    pages = [File(file.path.with_suffix(".html"), web_page(file.source)) for file in markdown[:60]]
    pdfs = [file for folder in PDFS for file in read(data / folder, "*.pdf") if page_count(file.source)]
    count = sum(page_count(file.source) for file in pdfs)
    print(f"least wall time and mean CPU time of {ROUNDS} rounds in turns; load {os.getloadavg()[0]:.1f}")
    with ExitStack() as stack:
        peer = pypdf([file.path for file in pdfs], count, stack)
        speed(f"{len(pdfs)} PDFs, {count} pages", pdfs, count, bare_pdf, "pdf", peer)
    speed(f"{len(pages)} rendered pages", pages, len(pages), bare_html, "html")
    speed(f"{len(markdown)} Markdown files", markdown, len(markdown), bare_markdown, "markdown")
    print(f"\n{'F1 against reviewed Markdown':34}{'files':>8}{'mean':>9}{'median':>9}{'least':>9}")
    for use, suffix in (("html", ".html.md"), ("pdf", ".md")):
        truth(data / f"{use}_docling_gt", use, suffix)


def read(folder: Path, pattern: str) -> list[File]:
    return [File(path, path.read_bytes()) for path in sorted(folder.rglob(pattern))]


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


def bare_html(source: bytes) -> None:
    trafilatura.extract(source.decode())


def bare_markdown(source: bytes) -> None:
    MarkdownIt("commonmark").enable("table").disable("inline").parse(source.decode())


def speed(
    label: str,
    files: list[File],
    units: int,
    bare: Callable[[bytes], None],
    use: str,
    peer: dict[str, Way] | None = None,
) -> None:
    """Print a table: a row for each way to read the files."""
    part = next(part for part in every_parser({"ocr": "never"}) if part.use == use)
    parser = part.build()

    def parse() -> list[Parsed | None]:
        return [attempt(lambda file=file: parser.parse(file.source, file.path.name)) for file in files]

    with Reader(parsers=[part], workers=1) as one, Reader(parsers=[part], workers=WORKERS) as several:
        costs = in_turns(
            {
                **(peer or {}),
                "bare library": timed(lambda: [bare(file.source) for file in files]),
                "parser, in this process": timed(parse),
                "reader, 1 worker": timed(lambda: read_by(one, files)),
                f"reader, {WORKERS} workers": timed(lambda: read_by(several, files)),
            }
        )
    silent = sum(parsed is None for parsed in parse())
    print(f"\n{label:34}{'a second':>10}{'times':>7}{'CPU ms each':>13}{'times':>7}   ({silent} without text)")
    first = next(iter(costs.values()))
    for name, cost in costs.items():
        wall, cpu = f"{units / cost.wall:10.0f}{first.wall / cost.wall:7.1f}", f"{1000 * cost.cpu / units:13.2f}"
        print(f"{name:34}{wall}{cpu}{first.cpu / cost.cpu:7.1f}", flush=True)


def in_turns(ways: dict[str, Way]) -> dict[str, Cost]:
    """The least wall time of all rounds, as other work on the machine lengthens it, and the mean CPU time. In a first
    round, which does not count, each way loads what it needs."""
    rounds = [{name: way() for name, way in ways.items()} for _ in range(1 + ROUNDS)][1:]
    return {
        name: Cost(min(costs[name].wall for costs in rounds), statistics.mean(costs[name].cpu for costs in rounds))
        for name in ways
    }


def timed(work: Callable[[], object]) -> Way:
    def once() -> Cost:
        wall, cpu = time.perf_counter(), cpu_seconds()
        work()
        return Cost(time.perf_counter() - wall, cpu_seconds() - cpu)

    return once


def read_by(reader: Reader, files: list[File]) -> list[Parsed | Unreadable]:
    return list(reader.read_many((file.source, file.path.name) for file in files))


def pypdf(paths: list[Path], pages: int, stack: ExitStack) -> dict[str, Way]:
    """The peer, which waits for its turn; nothing where it is not installed. Pages that it fails on are made up for."""
    python = PEERS / "llamaindex" / "bin" / "python"
    if not python.exists():
        print(f"no peer at {python}: python benchmarks/rag.py --install")
        return {}
    script = HERE / "peers" / "run_pypdf.py"
    peer = subprocess.Popen([str(python), str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stack.enter_context(peer)
    print(json.dumps([str(path) for path in paths]), file=peer.stdin, flush=True)
    version = json.loads(peer.stdout.readline())["version"]

    def once() -> Cost:
        print("again", file=peer.stdin, flush=True)
        answer = json.loads(peer.stdout.readline())
        share = pages / answer["pages"]
        return Cost(answer["wall"] * share, answer["cpu"] * share)

    return {f"pypdf {version}": once}


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
