"""Chunkers on chunking_eval: which share of the marked spans do the top 5 chunks of BM25 hold, and how much else?

Recall, precision and intersection over union are counted in characters over 472 questions, as Smith & Troynikov define
them ("Evaluating Chunking Strategies for Retrieval", 2024; spans in `chunking_eval` of the shared data): a character
that is found twice counts once as found, and as often as it must be read in what is read. `once` is the precision that
counts it once there too. All five corpora stand in one index (tantivy, English stemming). `windows` is the best recall
that windows of characters of any size, with half or nothing shared, reach at this precision, and the last recall is
that of the best chunks that have 1,000 tokens together. Run: python benchmarks/chunking.py [FOLDER OF DATA]
"""

import csv
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import tantivy

from mlwright.kernel.errors import MlwrightError
from mlwright.models.embed import local
from mlwright.rag.chunkers import TokenEnds, embedded_text, fixed, structure
from mlwright.rag.parsers import markdown
from mlwright.rag.types import Cut, Parsed
from mlwright.testing.chunkers import token_ends as regex_token_ends

LIMIT, TOP, BUDGET = 256, 5, 1000
Chunks = dict[str, list[Cut]]
Hits = list[tuple[str, Cut]]
Search = Callable[[str, int], Hits]
Questions = list[tuple[str, str, list[tuple[int, int]]]]
"""Question, corpus, and the spans that answer it."""


COLUMNS = "{:34}{:>7}{:>8}{:>6}{:>8}{:>11}{:>9}{:>7}{:>7}{:>17}{:>7}"
WINDOWS = [(size, shared) for size in (300, 400, 600, 800, 1000, 1200, 1600) for shared in (0, size // 2)]


@dataclass(frozen=True)
class Scores:
    """Means over the questions, each from 0 to 1."""

    recall: float
    precision: float
    once: float
    iou: float
    budgeted: float


def main() -> None:
    data = (
        Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("MLWRIGHT_DATA", "../shared/data")) / "chunking_eval"
    )
    parser = markdown.Config().build()
    documents = {path.stem: parser.parse(path.read_bytes(), path.name) for path in sorted(data.glob("*.md"))}
    letters = sum(len(document.text) for document in documents.values())
    questions = read_questions(data / "questions_df.csv")
    token_ends, name = tokenizer()
    print(f"{len(documents)} documents, {letters:,} characters, {len(questions)} questions, tokens of {name}\n")
    heads = ("chunker", "chunks", "tokens", "max", "recall", "precision", "windows", "once", "IoU")
    print(COLUMNS.format(*heads, f"recall@{BUDGET} tok.", "MB/s"))
    frontier: list[Scores] = []
    for label, cut in chunkers(token_ends):
        start = time.process_time()
        chunks = {key: cut(document) for key, document in documents.items()}
        seconds = time.process_time() - start
        sizes = [one.tokens for many in chunks.values() for one in many]
        scores = score(questions, index(documents, chunks))
        if len(frontier) < len(WINDOWS):
            frontier.append(scores)
        windows = at_precision(frontier, scores.precision) if len(frontier) == len(WINDOWS) else None
        figures = (scores.recall, scores.precision, windows, scores.once, scores.iou, scores.budgeted)
        shown = ("" if value is None else f"{value:.3f}" for value in figures)
        mean = round(sum(sizes) / len(sizes))
        print(COLUMNS.format(label, len(sizes), mean, max(sizes), *shown, f"{letters / 1e6 / seconds:.2f}"), flush=True)


def tokenizer() -> tuple[TokenEnds, str]:
    """That of the shipped local embedder, else a plain one."""
    try:
        return local.Config().build().token_ends, "the local embedder"
    except MlwrightError as error:
        return regex_token_ends, f"a plain splitter ({error.message})"


def chunkers(token_ends: TokenEnds) -> Iterable[tuple[str, Callable[[Parsed], list[Cut]]]]:
    for size, overlap in WINDOWS:
        yield f"{size} characters, {overlap} shared", lambda d, s=size, o=overlap: characters(d, token_ends, s, o)
    for size in (120, 200, 240):
        chunker = fixed.Config(tokens=size).build()
        yield f"fixed, {size} tokens, 15%", lambda d, c=chunker: c.cut(d, token_ends, LIMIT)
    for size in (80, 120, 160, 200, 220, 240):
        chunker = structure.Config(tokens=size).build()
        yield f"structure, {size} tokens, 15%", lambda d, c=chunker: c.cut(d, token_ends, LIMIT)
    for overlap in (0, 0.3):
        chunker = structure.Config(tokens=200, overlap=overlap).build()
        yield f"structure, 200 tokens, {overlap:.0%}", lambda d, c=chunker: c.cut(d, token_ends, LIMIT)


def characters(document: Parsed, token_ends: TokenEnds, size: int, overlap: int) -> list[Cut]:
    """The plain baseline: windows of characters."""
    starts = range(0, max(1, len(document.text) - overlap), size - overlap)
    return [
        Cut(at, min(at + size, len(document.text)), (), len(token_ends(document.text[at : at + size]))) for at in starts
    ]


def read_questions(path: Path) -> Questions:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            (
                row["question"],
                row["corpus_id"],
                [(one["start_index"], one["end_index"]) for one in json.loads(row["references"])],
            )
            for row in csv.DictReader(file)
        ]


def index(documents: dict[str, Parsed], chunks: Chunks) -> Search:
    schema = (
        tantivy.SchemaBuilder()
        .add_text_field("body", tokenizer_name="en_stem")
        .add_integer_field("number", stored=True)
        .build()
    )
    store = tantivy.Index(schema)
    writer = store.writer(50_000_000, 1)
    flat = [(key, cut) for key, cuts in chunks.items() for cut in cuts]
    for number, (key, cut) in enumerate(flat):
        document = documents[key]
        body = embedded_text(document.title, cut.headings, document.text[cut.start : cut.end])
        writer.add_document(tantivy.Document(body=body, number=number))
    writer.commit()
    store.reload()
    searcher = store.searcher()

    def search(question: str, top: int) -> Hits:
        query, _ = store.parse_query_lenient(question, ["body"])
        return [flat[searcher.doc(address)["number"][0]] for _, address in searcher.search(query, top).hits]

    return search


def score(questions: Questions, search: Search) -> Scores:
    """Of the TOP chunks, and the recall within BUDGET tokens."""
    rows = []
    for question, corpus, references in questions:
        hits = search(question, 40)
        top = hits[:TOP]
        wanted = {index for start, end in references for index in range(start, end)}
        read = sum(cut.end - cut.start for _, cut in top)
        apart = sum(len(union(key, top)) for key in {key for key, _ in top})
        common = len(wanted & union(corpus, top))
        budgeted = len(wanted & union(corpus, within(hits))) / len(wanted)
        found = (common / len(wanted), common / max(1, read), common / max(1, apart))
        rows.append((*found, common / (read + len(wanted) - common), budgeted))
    return Scores(*(statistics.mean(column) for column in zip(*rows, strict=True)))


def at_precision(frontier: list[Scores], precision: float) -> float | None:
    """The most recall on the lines between any two points of the frontier at this precision; None beyond its ends."""
    found = [
        a.recall + (b.recall - a.recall) * (precision - a.precision) / (b.precision - a.precision)
        for a in frontier
        for b in frontier
        if a.precision <= precision <= b.precision and a.precision < b.precision
    ]
    return max(found, default=None)


def within(hits: Hits) -> Hits:
    """The first hits that have BUDGET tokens together."""
    spent = accumulate(cut.tokens for _, cut in hits)
    return [hit for hit, sum_ in zip(hits, spent, strict=True) if sum_ <= BUDGET]


def union(corpus: str, hits: Hits) -> set[int]:
    return {index for key, cut in hits if key == corpus for index in range(cut.start, cut.end)}


if __name__ == "__main__":
    main()
