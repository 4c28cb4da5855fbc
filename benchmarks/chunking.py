"""Chunkers on chunking_eval: which share of the marked spans do the top 5 chunks of BM25 hold, and how much else?

Recall and precision are counted in characters over 472 questions (spans of Smith & Troynikov 2024, `chunking_eval` of
the shared data). All five corpora stand in one index (tantivy, English stemming). The last recall compares at equal
reading cost: the best chunks that have 1,000 tokens together. Run: python benchmarks/chunking.py [FOLDER OF DATA]
"""

import csv
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
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


COLUMNS = "{:34}{:>7}{:>8}{:>6}{:>8}{:>11}{:>7}{:>17}{:>7}"


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
    heads = ("chunker", "chunks", "tokens", "max", "recall", "precision", "IoU", f"recall@{BUDGET} tok.", "MB/s")
    print(COLUMNS.format(*heads))
    for label, cut in chunkers(token_ends):
        start = time.process_time()
        chunks = {key: cut(document) for key, document in documents.items()}
        seconds = time.process_time() - start
        sizes = [one.tokens for many in chunks.values() for one in many]
        scores = score(questions, index(documents, chunks))
        shown = (f"{value:.3f}" for value in scores)
        mean = round(sum(sizes) / len(sizes))
        print(COLUMNS.format(label, len(sizes), mean, max(sizes), *shown, f"{letters / 1e6 / seconds:.2f}"), flush=True)


def tokenizer() -> tuple[TokenEnds, str]:
    """That of the shipped local embedder, else a plain one."""
    try:
        return local.Config().build().token_ends, "the local embedder"
    except MlwrightError as error:
        return regex_token_ends, f"a plain splitter ({error.message})"


def chunkers(token_ends: TokenEnds) -> Iterable[tuple[str, Callable[[Parsed], list[Cut]]]]:
    for size, overlap in ((400, 0), (800, 0), (800, 400), (1600, 0)):
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


def score(questions: Questions, search: Search) -> tuple[float, float, float, float]:
    """Means of recall, precision and intersection over union at TOP, and of recall within BUDGET tokens."""
    totals = [0.0] * 4
    for question, corpus, references in questions:
        hits = search(question, 40)
        top = hits[:TOP]
        wanted = {index for start, end in references for index in range(start, end)}
        retrieved = sum(len(union(key, top)) for key in {key for key, _ in top})
        common = len(wanted & union(corpus, top))
        totals[0] += common / len(wanted)
        totals[1] += common / max(1, retrieved)
        totals[2] += common / (len(wanted) + retrieved - common)
        totals[3] += len(wanted & union(corpus, within(hits))) / len(wanted)
    recall, precision, shared, budgeted = (total / len(questions) for total in totals)
    return recall, precision, shared, budgeted


def within(hits: Hits) -> Hits:
    """The first hits that have BUDGET tokens together."""
    spent = accumulate(cut.tokens for _, cut in hits)
    return [hit for hit, sum_ in zip(hits, spent, strict=True) if sum_ <= BUDGET]


def union(corpus: str, hits: Hits) -> set[int]:
    return {index for key, cut in hits if key == corpus for index in range(cut.start, cut.end)}


if __name__ == "__main__":
    main()
