"""The index engines side by side on the same data, each through the port `Index`, without embedding the questions.

    python benchmarks/engines.py [--chunks 30000] [--dims 384] [--queries 100] [--only embedded,pgvector]

Data as in `retrieval.py`: unit vectors around 500 centres, 60 Zipf-distributed words each. pgvector runs on a private
server of this machine; qdrant in files of this process, where it compares every point in Python, so up to 10,000
chunks. Prints for each engine: seconds to build and to take one change of 50 entries, MB of disk, p50/p95 in ms of
vectors, words and both fused, recall@10 against exact search without a filter and under filters of 1 % and 0.1 %, and
how much of the ten best by words is the embedded index's.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import numpy as np

from mlwright.kernel.parts import config_of
from mlwright.rag.conditions import Is
from mlwright.rag.fuse import fuse
from mlwright.rag.indexes import Index
from mlwright.testing.postgresql import private_postgresql

sys.path.insert(0, str(Path(__file__).parent))
from retrieval import entries, vectors

ENGINES = {
    "embedded": {},
    "pgvector": {},
    "pgvector, f16": {"quantize": "f16"},
    "lance": {},
    "qdrant": {},
}
MOST = {"qdrant": 10_000}
FILTERS = {"": None, " 1 %": Is("percent", ("7",)), " 0.1 %": Is("permille", ("7",))}
TOP = 50


@contextmanager
def opened(engine: str, home: Path, dims: int, settings: dict[str, str]) -> Iterator[Index]:
    name = engine.partition(",")[0]
    config = config_of("mlwright.rag.indexes", name)
    quantize = settings.get("quantize", "none")
    if name != "pgvector":
        index = config().build(home, dims, quantize)
        yield index
        index.close()
        return
    with private_postgresql("vector") as url:
        index = config(url=url).build(home, dims, quantize)
        yield index
        index.close()


def times(calls: list[Callable[[], object]]) -> tuple[float, float]:
    for call in calls[:5]:
        call()
    taken = []
    for call in calls:
        began = perf_counter()
        call()
        taken.append((perf_counter() - began) * 1000)
    return float(np.percentile(taken, 50)), float(np.percentile(taken, 95))


def best(points: np.ndarray, query: np.ndarray, rows: np.ndarray) -> set[int]:
    scores = points[rows] @ query
    return {int(rows[place]) for place in np.argsort(-scores)[:10]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=30_000)
    parser.add_argument("--dims", type=int, default=384)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--only", default=",".join(ENGINES))
    options = parser.parse_args()
    rows, points = entries(options.chunks, 1), vectors(options.chunks, options.dims, 1)
    questions = [" ".join(entry.text.split()[:8]) for entry in entries(options.queries, 2)]
    asked = list(zip(vectors(options.queries, options.dims, 2), questions, strict=True))
    print(f"{options.chunks:,} x {options.dims}, {options.queries} questions, top {TOP}")
    print(f"{'engine':15}{'build s':>8}{'change':>8}{'MB':>6}{'vectors':>14}{'words':>14}{'hybrid':>14}"
          f"{'hybrid 1 %':>14}{'recall@10':>10}{'1 %':>6}{'0.1 %':>6}{'words as':>9}")  # fmt: skip
    reference: list[list[str]] = []
    for engine, settings in ENGINES.items():
        if engine.partition(",")[0] not in options.only.split(","):
            continue
        if options.chunks > MOST.get(engine, options.chunks):
            print(f"{engine:15}left out above {MOST[engine]:,} chunks")
            continue
        with tempfile.TemporaryDirectory() as home, opened(engine, Path(home), options.dims, settings) as index:
            reference = measure(engine, index, rows, points, asked, reference)


def measure(engine, index, rows, points, asked, reference):
    began = perf_counter()
    for start in range(0, len(rows), 4096):
        last = start + 4096 >= len(rows)
        index.apply(int(last), rows[start : start + 4096], points[start : start + 4096], [])
    built = perf_counter() - began
    began = perf_counter()
    index.apply(2, rows[:50], points[:50], [])
    changed = perf_counter() - began
    recalls = []
    for where in FILTERS.values():
        passing = np.array([at for at, row in enumerate(rows) if not where or row.meta[where.field] in where.values])
        shares = []
        for query, _ in asked:
            found = {int(one.id, 16) for one in index.by_vector(query, 10, where)}
            shares.append(len(found & best(points, query, passing)) / min(10, len(passing)))
        recalls.append(float(np.mean(shares)))
    words = [[one.id for one in index.by_words(text, 10)] for _, text in asked]
    reference = reference or words
    same = np.mean([len(set(a) & set(b)) / max(1, len(b)) for a, b in zip(words, reference, strict=True)])

    def both(vector, text, where):
        return fuse("convex", index.by_vector(vector, TOP, where), index.by_words(text, TOP, where), 0.6)

    shown = [
        times([lambda v=v: index.by_vector(v, TOP) for v, _ in asked]),
        times([lambda t=t: index.by_words(t, TOP) for _, t in asked]),
        times([lambda v=v, t=t: both(v, t, None) for v, t in asked]),
        times([lambda v=v, t=t: both(v, t, FILTERS[" 1 %"]) for v, t in asked]),
    ]
    stats = index.stats()
    print(f"{engine:15}{built:8.1f}{changed:8.2f}{stats.bytes / 1e6:6.0f}"
          + "".join(f"{p50:7.1f}/{p95:6.1f}" for p50, p95 in shown)
          + f"{recalls[0]:10.3f}{recalls[1]:6.2f}{recalls[2]:6.2f}{same:9.3f}  {stats.search}", flush=True)  # fmt: skip
    return reference


if __name__ == "__main__":
    main()
