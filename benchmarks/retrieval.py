"""Search in 100,000 chunks: the embedded index alone, without embedding the question, in a process that serves.

    python benchmarks/retrieval.py [--chunks 100000] [--dims 384] [--queries 200] [--quantize none,f16,i8,binary]

Vectors are random unit vectors around 500 centres, texts are 60 Zipf-distributed words. The index is built once and
opened by a new process for each form of vectors, which holds nothing but the questions. Prints build time and size;
for each form the seconds from the start of the process to its first hybrid answer, its memory (resident, and of that
what is not a file's) and recall@10 of vectors against exact search; and p50/p95 in ms of vectors, words and both fused
(hybrid), under filters of 1 % and 0.1 % as well, with the processor time of one question.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mlwright.rag.conditions import Is
from mlwright.rag.fuse import fuse
from mlwright.rag.indexes import Entry, Index
from mlwright.rag.indexes.embedded import Config

TOP = 50
SLICE = 4096
"""Rows are made and indexed so many at a time: a million then takes little more memory than its vectors."""
FILTERS = {"": None, ", filter 1 %": Is("percent", ("7",)), ", filter 0.1 %": Is("permille", ("7",))}


def entries(count: int, seed: int, first: int = 0) -> list[Entry]:
    random = np.random.default_rng(seed + first)
    words = random.zipf(1.3, size=(count, 60)) % 50_000
    return [
        Entry(
            f"{number:032x}",
            " ".join(f"w{word}" for word in row),
            {"percent": str(number % 100), "permille": str(number % 1000)},
        )
        for number, row in enumerate(words.tolist(), first)
    ]


def vectors(count: int, dims: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((500, dims))
    near, rows = random.integers(0, 500, count), np.empty((count, dims), np.float32)
    for start in range(0, count, SLICE):
        some = centres[near[start : start + SLICE]]
        some += random.standard_normal(some.shape)
        rows[start : start + SLICE] = some / np.linalg.norm(some, axis=1, keepdims=True)
    return rows


def build(home: Path, chunks: int, dims: int) -> np.ndarray:
    index, points, took = Config().build(home, dims), vectors(chunks, dims, 1), 0.0
    for start in range(0, chunks, SLICE):
        rows = entries(min(SLICE, chunks - start), 1, start)
        began = time.perf_counter()
        index.apply(start + 1, rows, points[start : start + SLICE], [])
        took += time.perf_counter() - began
    size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    print(f"{chunks:,} x {dims}: built in {took:.1f} s, {size / 1e6:.0f} MB", flush=True)
    index.close()
    return points


def ask(questions: Path, points: np.ndarray, queries: int) -> None:
    """The questions, and the ten best rows of each for each filter, to a file."""
    asked = vectors(queries, points.shape[1], 2)
    texts = [" ".join(entry.text.split()[:8]) for entry in entries(queries, 2)]
    best = [[], [], []]
    for query in asked:
        scores = points @ query
        for place, step in enumerate((1, 100, 1000)):
            rows = np.arange(0 if step == 1 else 7, len(points), step)
            best[place].append([int(row) for row in rows[np.argsort(-scores[rows])[:10]]])
    questions.write_text(json.dumps({"vectors": asked.tolist(), "texts": texts, "best": best}))


def serve(home: Path, quantize: str, questions: Path, started: float) -> None:
    said = json.loads(questions.read_text())
    asked = list(zip(np.array(said["vectors"], dtype=np.float32), said["texts"], strict=True))
    index = Config().build(home, asked[0][0].shape[0], quantize)
    hybrid(index, *asked[0], None)
    first = time.time() - started
    recalls = [recall(index, asked, best, where) for best, where in zip(said["best"], FILTERS.values(), strict=True)]
    rows = []
    for label, where in FILTERS.items():
        calls = {
            "vectors": [lambda v=v, w=where: index.by_vector(v, TOP, w) for v, _ in asked],
            "words": [lambda t=t, w=where: index.by_words(t, TOP, w) for _, t in asked],
            "hybrid": [lambda v=v, t=t, w=where: hybrid(index, v, t, w) for v, t in asked],
        }
        rows += [(f"{kind}{label}", *timed(some)) for kind, some in calls.items()]
    status = dict(line.split(":\t") for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    memory, own = (int(status[name].split()[0]) / 1000 for name in ("VmRSS", "RssAnon"))
    print(f"\n{quantize}: first answer after {first:.2f} s, {memory:.0f} MB ({own:.0f} not of files), recall@10 "
          + " / ".join(f"{one:.3f}" for one in recalls))  # fmt: skip
    print(f"{'':28}{'p50 ms':>9}{'p95 ms':>9}{'cpu ms':>9}")
    for label, *times in rows:
        print(f"{label:28}" + "".join(f"{one:9.2f}" for one in times), flush=True)


def hybrid(index: Index, vector: np.ndarray, text: str, where: Is | None) -> object:
    return fuse("convex", index.by_vector(vector, TOP, where), index.by_words(text, TOP, where), 0.6)


def recall(index: Index, asked: list[tuple[np.ndarray, str]], best: list[list[int]], where: Is | None) -> float:
    found = [{int(one.id, 16) for one in index.by_vector(vector, 10, where)} for vector, _ in asked]
    return float(np.mean([len(some & set(rows)) / len(rows) for some, rows in zip(found, best, strict=True)]))


def timed(calls: list[Callable[[], object]]) -> tuple[float, float, float]:
    for call in calls[:5]:
        call()
    times, processor = [], time.process_time()
    for call in calls:
        began = time.perf_counter()
        call()
        times.append((time.perf_counter() - began) * 1000)
    used = (time.process_time() - processor) * 1000 / len(calls)
    return float(np.percentile(times, 50)), float(np.percentile(times, 95)), used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--dims", type=int, default=384)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--quantize", default="none")
    parser.add_argument("--serve", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        home, quantize, questions, started = options.serve
        return serve(Path(home), quantize, Path(questions), float(started))
    with tempfile.TemporaryDirectory() as place:
        home, questions = Path(place) / "index", Path(place) / "questions.json"
        ask(questions, build(home, options.chunks, options.dims), options.queries)
        for quantize in options.quantize.split(","):
            program = [sys.executable, __file__, "--serve", home, quantize, questions, str(time.time())]
            subprocess.run(program, check=True)
    return None


if __name__ == "__main__":
    main()
