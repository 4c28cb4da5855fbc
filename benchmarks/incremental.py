"""A large folder that changes a little: what a second ingest costs, and how many chunks it embeds again.

    python benchmarks/incremental.py [--documents 100000] [--unchanged 10000]

One small Markdown file a document, 100 a folder, embedded by hashing, so that what is measured is all but the model.
Then 1 % of the documents are added, changed, renamed and removed, each followed by an ingest. The floor is what nothing
can do without: to look at every file (`scandir` and `stat`) and to read the bytes that are new.
"""

import argparse
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import mlwright as mw

BLUEPRINT = """version: 1
system: {name: incremental}
models: {embed: {embedder: {use: hashing}}}
data: {sources: {docs: {use: files, path: docs}}}
rag: {docs: {documents: docs}}
"""
WORDS = [f"{thing}{number}" for thing in ("pump", "valve", "seal", "motor", "gauge") for number in range(500)]


class Folder:
    """The documents on disk, by number."""

    def __init__(self, home: Path, documents: int) -> None:
        self.home, self.chance = home, random.Random(7)
        self.paths: list[Path] = []
        (home / "docs").mkdir(parents=True)
        (home / "mlwright.yaml").write_text(BLUEPRINT, encoding="utf-8")
        self.add(documents)

    def add(self, many: int) -> None:
        for number in range(len(self.paths), len(self.paths) + many):
            path = self.home / "docs" / f"{number // 100:04}" / f"{number:06}.md"
            path.parent.mkdir(exist_ok=True)
            self.paths.append(path)
            self.write(path, number)

    def write(self, path: Path, number: int) -> None:
        said = " ".join(self.chance.choices(WORDS, k=40))
        path.write_text(f"# Report {number}\n\n{said}.\n", encoding="utf-8")

    def change(self, many: int) -> None:
        for number in self.chance.sample(range(len(self.paths)), many):
            self.write(self.paths[number], number)

    def rename(self, many: int) -> None:
        for number in self.chance.sample(range(len(self.paths)), many):
            self.paths[number] = self.paths[number].rename(self.paths[number].with_suffix(".markdown"))

    def remove(self, many: int) -> None:
        for number in sorted(self.chance.sample(range(len(self.paths)), many), reverse=True):
            self.paths.pop(number).unlink()

    def looked_at(self) -> float:
        """Seconds to do what cannot be avoided: to list the folders and look at each file."""
        began = time.perf_counter()
        for folder, _, names in os.walk(self.home / "docs"):
            for name in names:
                os.stat(f"{folder}/{name}")  # noqa: PTH116 - the cheapest look that there is
        return time.perf_counter() - began


def measure(folder: Folder, what: str, expected: int) -> None:
    """One ingest in a process that was just opened. Exits where it embedded another number of chunks."""
    began, busy = time.perf_counter(), _cpu()
    with mw.open(folder.home / "mlwright.yaml") as app:
        opened = time.perf_counter() - began
        (dataset,), (index,) = app.ingest()
    took, cpu = time.perf_counter() - began, _cpu() - busy
    print(
        f"{what:<24} {dataset.files:>9,} {index.embedded:>9,} {took:>9.2f} {cpu:>9.2f} {opened:>7.2f}"
        f" {index.seconds['read']:>8.2f} {index.seconds['embed']:>8.2f} {index.seconds['index']:>8.2f}"
        f" {folder.looked_at():>9.3f}",
        flush=True,
    )
    if index.embedded != expected:
        sys.exit(f"{what}: {index.embedded} chunks were embedded, and {expected} are new")


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--documents", type=int, default=100_000)
    options.add_argument("--unchanged", type=int, default=10_000, help="documents of the run in which nothing changes")
    chosen = options.parse_args()
    print(
        f"{'ingest':<24} {'files':>9} {'embedded':>9} {'seconds':>9} {'CPU s':>9} {'open s':>7}"
        f" {'read s':>8} {'embed s':>8} {'index s':>8} {'stat s':>9}"
    )
    with tempfile.TemporaryDirectory() as place:
        small = Folder(Path(place) / "unchanged", chosen.unchanged)
        measure(small, "first", chosen.unchanged)
        measure(small, "again, nothing changed", 0)
        measure(small, "again, nothing changed", 0)
        if chosen.documents:
            _of_many(Folder(Path(place) / "many", chosen.documents), chosen.documents)


def _of_many(folder: Folder, documents: int) -> None:
    few = max(1, documents // 100)
    measure(folder, "first", documents)
    measure(folder, "again, nothing changed", 0)
    steps: list[tuple[str, Callable[[int], None], int]] = [
        ("1 % added", folder.add, few),
        ("1 % changed", folder.change, few),
        ("1 % renamed", folder.rename, 0),
        ("1 % removed", folder.remove, 0),
    ]
    for what, step, expected in steps:
        step(few)
        measure(folder, what, expected)


if __name__ == "__main__":
    main()
