"""Walks over a lineage graph of a million edges: `python benchmarks/lineage.py [edges] [postgresql-url]`.

The graph is one that mlwright makes: documents with versions, chunks cut from them, an index over each dataset, and
answers that cite 5 chunks and saw 15 more. Walks: `why` of an answer (up), `blast` of a document (down, narrow) and of
a source (down, wide: cut at the limit of 10,000 nodes), and a chain of 2,000 datasets, each following the last (deep).
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import median

from mlwright.kernel.ids import Ref, content_ref, new_ref
from mlwright.kernel.lineage import Edge, Graph, Lineage
from mlwright.kernel.store import Store, open_store

CHAIN, ROUNDS = 2_000, 20


def graph(size: int) -> Iterator[Edge]:
    """Some `size` edges; the same every time but for the names of answers."""
    random, source = Random(1), Ref("source", "handbook")
    documents = size // 250
    chunks = [
        (content_ref("chunk", {"d": d, "c": c}), content_ref("version", {"d": d}))
        for d in range(documents)
        for c in range(20)
    ]
    for d in range(documents):
        version = content_ref("version", {"d": d})
        yield Edge(version, Ref("document", f"handbook/{d}.md"), "version of")
        yield Edge(version, source, "read from")
    for chunk, version in chunks:
        yield Edge(chunk, version, "cut from")
    datasets = [content_ref("dataset", {"n": n}) for n in range(CHAIN)]
    yield Edge(datasets[0], source, "read from")
    for older, newer in pairwise(datasets):
        yield Edge(newer, older, "follows")
    index = content_ref("index", {"of": str(datasets[-1])})
    yield Edge(index, datasets[-1], "built from")
    for _ in range((size - 2 * documents - len(chunks) - CHAIN) // 24):
        answer = new_ref("answer")
        for place, (chunk, _) in enumerate(random.sample(chunks, 20)):
            yield Edge(answer, chunk, "cites" if place < 5 else "saw")
        yield Edge(answer, index, "searched")
        yield Edge(answer, Ref("model", "openai/gpt-4o-mini"), "written by")
        yield Edge(answer, Ref("prompt", "1f0c"), "prompted by")
        yield Edge(answer, Ref("release", "9ab3"), "served by")


def timed(what: str, walk: Callable[[], Graph]) -> None:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        found = walk()
        times.append((time.perf_counter() - began) * 1e3)
    cut = " (cut)" if found.truncated else ""
    print(f"{what:<34}{len(found.depth):>8}{len(found.edges):>8}{cut:<7}{median(times):>10.1f}{max(times):>10.1f}")


def load(store: Store, size: int) -> Ref:
    store.migrate("mlwright.kernel")
    lineage, some, count, answer = Lineage(store), [], 0, Ref("answer", "none")
    began = time.perf_counter()
    for edge in graph(size):
        some.append(edge)
        count += 1
        answer = edge.child
        if len(some) == 20_000:
            lineage.link_many(some)
            some.clear()
    lineage.link_many(some)
    seconds = time.perf_counter() - began
    print(f"{store.engine}: {count:,} edges in {seconds:.1f} s ({count / seconds:,.0f}/s)")
    return answer


def main(size: int, url: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mlwright.db"
        store = open_store(url or path)
        answer = load(store, size)
        if not url:
            with store.transaction():
                print(f"{path.stat().st_size / 1e6:.0f} MB")
        lineage = Lineage(store)
        newest = content_ref("dataset", {"n": CHAIN - 1})
        print(f"{'walk (20 rounds)':<34}{'nodes':>8}{'edges':>8}{'':<7}{'p50 ms':>10}{'max ms':>10}")
        timed("why an answer", lambda: lineage.up(answer, skip=["follows"]))
        timed("why an answer, all of the chain", lambda: lineage.up(answer))
        timed("blast a document", lambda: lineage.down(Ref("document", "handbook/7.md")))
        timed("blast a source (wide)", lambda: lineage.down(Ref("source", "handbook")))
        timed(f"up a chain of {CHAIN:,} (deep)", lambda: lineage.up(newest))
        store.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, sys.argv[2] if len(sys.argv) > 2 else None)
