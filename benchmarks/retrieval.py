"""Search in 100,000 chunks: the embedded index alone (no embedding of the question), one process.

    python benchmarks/retrieval.py [--chunks 100000] [--dims 384] [--queries 200]

Vectors are random unit vectors around 500 centres, texts are 60 Zipf-distributed words. Prints build time, size, and
p50/p95 in ms of: vectors, words, both and fused (hybrid), the same under filters of 1 % and 0.1 %, and reopening.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np

from mlwright.rag.conditions import Is
from mlwright.rag.fuse import fuse
from mlwright.rag.indexes import Entry
from mlwright.rag.indexes.embedded import Config

TOP = 50


def entries(count: int, seed: int) -> list[Entry]:
    random = np.random.default_rng(seed)
    words = random.zipf(1.3, size=(count, 60)) % 50_000
    return [
        Entry(
            f"{number:032x}",
            " ".join(f"w{word}" for word in row),
            {"percent": str(number % 100), "permille": str(number % 1000)},
        )
        for number, row in enumerate(words.tolist())
    ]


def vectors(count: int, dims: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((500, dims))
    rows = centres[random.integers(0, 500, count)] + random.standard_normal((count, dims))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def timed(label: str, calls: list[Callable[[], object]]) -> None:
    for call in calls[:5]:
        call()
    times = []
    for call in calls:
        began = perf_counter()
        call()
        times.append((perf_counter() - began) * 1000)
    print(f"{label:28}{np.percentile(times, 50):9.2f}{np.percentile(times, 95):9.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--dims", type=int, default=384)
    parser.add_argument("--queries", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        run(Path(home), options.chunks, options.dims, options.queries)


def run(home: Path, chunks: int, dims: int, queries: int) -> None:
    index = Config().build(home, dims)
    rows, points = entries(chunks, 1), vectors(chunks, dims, 1)
    began = perf_counter()
    for start in range(0, chunks, 4096):
        index.apply(start + 1, rows[start : start + 4096], points[start : start + 4096], [])
    size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    print(f"{chunks:,} x {dims}: built in {perf_counter() - began:.1f} s, {size / 1e6:.0f} MB")
    began = perf_counter()
    index = Config().build(home, dims)
    print(f"reopened in {perf_counter() - began:.2f} s")
    asked = list(
        zip(vectors(queries, dims, 2), (" ".join(e.text.split()[:8]) for e in entries(queries, 2)), strict=True)
    )
    print(f"{'':28}{'p50 ms':>9}{'p95 ms':>9}")
    percent, permille = Is("percent", ("7",)), Is("permille", ("7",))
    for label, where in (("", None), (", filter 1 %", percent), (", filter 0.1 %", permille)):
        timed(f"vectors{label}", [lambda v=v, w=where: index.by_vector(v, TOP, w) for v, _ in asked])
        timed(f"words{label}", [lambda t=t, w=where: index.by_words(t, TOP, w) for _, t in asked])
        timed(
            f"hybrid{label}",
            [
                lambda v=v, t=t, w=where: fuse("convex", index.by_vector(v, TOP, w), index.by_words(t, TOP, w), 0.6)
                for v, t in asked
            ],
        )
    index.close()


if __name__ == "__main__":
    main()
