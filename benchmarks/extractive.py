"""How well quoting answers: XQuAD (English), paragraphs found by hybrid search; half of the articles tune, the others
count.

    python benchmarks/extractive.py [--tune] [--data FOLDER]

Answerable: the five best paragraphs of all articles. Unanswerable: the five best of the other articles.
"""

import argparse
import asyncio
import json
import math
import os
import random
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import mlwright
from mlwright.models.chat import ChatRequest, Passage
from mlwright.models.chat._quotes import pieces
from mlwright.models.chat._support import candidates
from mlwright.models.chat.extractive import Config, choose

ROOT = Path(__file__).resolve().parent.parent
TOP, DEEP = 5, 40
BLUEPRINT = """version: 1
system: {name: quoting}
data: {sources: {docs: {use: files, path: "docs/*.txt"}}}
rag: {quoting: {documents: docs, chunk: {by: structure}, retrieve: {fuse: convex}}}
"""


class Case(NamedTuple):
    article: int
    paragraph: str
    question: str
    answers: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("MLWRIGHT_DATA") or ROOT.parent / "shared" / "data")
    )
    parser.add_argument("--tune", action="store_true", help="show the half for tuning, at several thresholds")
    options = parser.parse_args()
    cases, paragraphs, homes = load(options.data / "xquad" / "xquad.en.json")
    half = [case for case in cases if case.article % 2 == (0 if options.tune else 1)]
    print(
        f"XQuAD en, {'tuning' if options.tune else 'held-out'} half: {len(half)} questions, "
        f"{len(paragraphs)} paragraphs, hybrid search, the best {TOP}"
    )
    known, unknown = found(half, paragraphs, homes)
    quality(half, known)
    abstention(half, known, unknown, [0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6] if options.tune else [Config().support])
    speed(half, known)


def load(path: Path) -> tuple[list[Case], list[str], list[int]]:
    cases, paragraphs, homes = [], [], []
    for number, article in enumerate(json.loads(path.read_text(encoding="utf-8"))["data"]):
        for paragraph in article["paragraphs"]:
            paragraphs.append(paragraph["context"])
            homes.append(number)
            for asked in paragraph["qas"]:
                answers = tuple(answer["text"] for answer in asked["answers"])
                cases.append(Case(number, paragraph["context"], asked["question"], answers))
    return cases, paragraphs, homes


def found(
    cases: list[Case], paragraphs: list[str], homes: list[int]
) -> tuple[list[list[Passage]], list[list[Passage]]]:
    """For each case the best paragraphs, and the best of the other articles."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "docs").mkdir()
        for place, text in enumerate(paragraphs):
            (home / "docs" / f"{place}.txt").write_text(text, encoding="utf-8")
        (home / "mlwright.yaml").write_text(BLUEPRINT, encoding="utf-8")
        with mlwright.open(home / "mlwright.yaml") as app:
            app.ingest()
            hits = [app.retrieve(case.question, top=DEEP).hits for case in cases]
    known, unknown = [], []
    for case, some in zip(cases, hits, strict=True):
        best = list({int(Path(hit.chunk.key).stem): hit.score for hit in reversed(some)}.items())[::-1]
        others = [(place, score) for place, score in best if homes[place] != case.article]
        for rows, kept in ((known, best), (unknown, others)):
            rows.append([Passage(n, paragraphs[place], score) for n, (place, score) in enumerate(kept[:TOP], 1)])
    return known, unknown


def quality(cases: list[Case], found: list[list[Passage]]) -> None:
    rng = random.Random(7)
    rows: dict[str, list[tuple[bool, int]]] = {}
    right: list[float] = []

    def note(name: str, case: Case, text: str) -> None:
        rows.setdefault(name, []).append((any(answer in text for answer in case.answers), len(text)))

    for case, passages in zip(cases, found, strict=True):
        ranked = candidates(case.question, passages)
        chosen = choose(ranked, 3, 0.0)
        sentences = [piece.text for passage in passages for piece in pieces(passage.text)] or [""]
        asked = set(case.question.lower().split())
        if chosen:
            right.append(sum(one.passage.text == case.paragraph for one in chosen) / len(chosen))
        note("best quote", case, chosen[0].piece.text if chosen else "")
        note("answer of up to 3 quotes", case, " ".join(one.piece.text for one in chosen))
        note("random sentence", case, rng.choice(sentences))
        note("first sentence of best passage", case, sentences[0])
        note(
            "sentence with most words of the question",
            case,
            max(sentences, key=lambda s: len(asked & set(s.lower().split()))),
        )
        note("whole best passage", case, passages[0].text if passages else "")
        note(f"all {TOP} passages (ceiling)", case, " ".join(passage.text for passage in passages))
    print("\n| text | holds the answer | 95 % CI | characters, mean |\n|---|---|---|---|")
    for name, seen in rows.items():
        share, n = sum(hit for hit, _ in seen) / len(seen), len(seen)
        error, length = 1.96 * math.sqrt(share * (1 - share) / n), sum(size for _, size in seen) / n
        print(f"| {name} | {share:.3f} | ±{error:.3f} | {length:.0f} |")
    print(f"\n{sum(right) / len(right):.3f} of the quotes of an answer stand in the paragraph asked about, in the mean")


def abstention(
    cases: list[Case], known: list[list[Passage]], unknown: list[list[Passage]], thresholds: list[float]
) -> None:
    ranked = [
        (candidates(c.question, a), candidates(c.question, b)) for c, a, b in zip(cases, known, unknown, strict=True)
    ]
    print(
        "\n| support at least | abstains though answerable | abstains when unanswerable "
        "| answers that hold the answer |\n|---|---|---|---|"
    )
    for limit in thresholds:
        wrong = right = held = answered = 0
        for case, (with_answer, without) in zip(cases, ranked, strict=True):
            chosen = choose(with_answer, 3, limit)
            wrong += not chosen
            answered += bool(chosen)
            held += any(answer in one.piece.text for one in chosen for answer in case.answers)
            right += not choose(without, 3, limit)
        n = len(cases)
        print(f"| {limit:.2f} | {wrong / n:.3f} | {right / n:.3f} | {held / max(1, answered):.3f} |")


def speed(cases: list[Case], found: list[list[Passage]]) -> None:
    model = Config().build()

    async def answer_all() -> None:
        for case, passages in zip(cases, found, strict=True):
            async for _ in model.stream(ChatRequest((), case.question, tuple(passages))):
                pass

    begin = time.process_time()
    asyncio.run(answer_all())
    print(f"\n{(time.process_time() - begin) / len(cases) * 1e3:.2f} ms CPU an answer ({TOP} passages)")


if __name__ == "__main__":
    main()
