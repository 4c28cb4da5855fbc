"""Kills `mlwright ingest` at random moments while documents come, change, move and go; nothing may be lost.

    python scripts/kill_ingest.py [KILLS] [--documents 120]

Between two kills some documents change, and one is given to `mlwright add`, whose success is an acknowledgement. Every
kill takes the run and its parsers. After each one an undisturbed ingest must end with exactly the documents that are
there, each once and findable, and `mlwright index verify` must find nothing wrong. Words are hashed instead of
embedded, so that the time goes into what can break.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import mlwright as mw

MLWRIGHT = [sys.executable, "-m", "mlwright"]
BLUEPRINT = """version: 1
system: {name: halls}
models: {embed: {embedder: hashing}}
data: {sources: {docs: {use: files, path: "docs/*.md"}}}
rag: {halls: {documents: docs, retrieve: {fuse: keyword, keep: 1, rewrite: none}}}
"""
SHARE = 0.05
"""Of the documents, how many are added, changed, renamed and deleted between two kills."""


class Halls:
    """A folder of documents, and what each of them has to say now."""

    def __init__(self, folder: Path, documents: int, seed: int) -> None:
        self.folder, self.random, self.said = folder, random.Random(seed), dict[str, str]()
        (folder / "docs").mkdir(parents=True)
        (folder / "mlwright.yaml").write_text(BLUEPRINT, encoding="utf-8")
        self.next = 0
        for _ in range(documents):
            self.write(f"hall-{self.number()}.md")

    def number(self) -> int:
        self.next += 1
        return self.next

    def write(self, name: str) -> None:
        word = f"code{self.number()}x"
        quiet = f"{name} is quiet.\n\n" * self.random.randint(1, 40)
        text = f"# {name}\n\nThe word of this hall is {word}.\n\n{quiet}"
        (self.folder / "docs" / name).write_text(text, encoding="utf-8")
        self.said[name] = word

    def change(self) -> None:
        for _ in range(max(1, int(SHARE * len(self.said)))):
            gone, renamed, changed = self.random.sample([key for key in self.said if "/" not in key], 3)
            (self.folder / "docs" / gone).unlink()
            del self.said[gone]
            name = f"hall-{self.number()}.md"
            (self.folder / "docs" / renamed).rename(self.folder / "docs" / name)
            self.said[name] = self.said.pop(renamed)
            self.write(changed)
            self.write(f"hall-{self.number()}.md")

    def add(self) -> None:
        """Give one to `mlwright add`; where it says yes, the document is acknowledged."""
        number = self.number()
        word = f"code{number}x"
        file = self.folder / f"note-{number}.md"
        file.write_text(f"# Note {number}\n\nThe word of this note is {word}.\n", encoding="utf-8")
        subprocess.run([*MLWRIGHT, "add", file.name], cwd=self.folder, check=True, capture_output=True)
        file.unlink()
        self.said[f"uploads/{file.name}"] = word

    def ingest(self, kill_after: float | None) -> float | None:
        """Run an ingest, and kill it with all its children after so many seconds; how long it took where it was not."""
        start = time.monotonic()
        run = subprocess.Popen(
            [*MLWRIGHT, "ingest"], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        try:
            said = run.communicate(timeout=kill_after)[0]
        except subprocess.TimeoutExpired:
            children = [int(pid) for pid in children_of(run.pid)]
            os.killpg(run.pid, signal.SIGKILL)
            for pid in children:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue  # it saw its pipe close and left by itself
            run.communicate()
            return None
        assert run.returncode == 0, said
        return time.monotonic() - start

    def check(self) -> None:
        """Index, store, lineage and answers agree with what is there."""
        with mw.open(self.folder / "mlwright.yaml") as app:
            rag = app.pipeline()
            there = [one.key for one in rag.documents()]
            assert sorted(there) == sorted(self.said), set(there) ^ set(self.said)
            wrong = app.verify_index()
            assert not wrong, wrong
            for key in self.random.sample(sorted(self.said), min(12, len(self.said))):
                hits = app.retrieve(f"The word is {self.said[key]}").hits
                assert hits, f"{key} is not found by its word"
                assert hits[0].chunk.key == key, f"{self.said[key]} finds {hits[0].chunk.key}, not {key}"


def children_of(pid: int) -> list[str]:
    tasks = Path(f"/proc/{pid}/task")
    try:
        return [child for task in tasks.iterdir() for child in (task / "children").read_text().split()]
    except FileNotFoundError:
        return []


def disturb(folder: Path, kills: int, documents: int, seed: int) -> int:
    """Kill so many times in the middle of the work; how many ingests were quicker than their kill. Raises
    AssertionError where something is lost, doubled or wrong."""
    halls = Halls(folder, documents, seed)
    halls.ingest(None)
    halls.check()
    length, killed, quick = 2.0, 0, 0
    while killed < kills:
        halls.change()
        if halls.random.random() < 0.2:
            halls.add()
        took = halls.ingest(halls.random.uniform(0.15, length))
        if took is not None:
            quick, length = quick + 1, max(0.4, min(length, took))
            continue
        killed += 1
        took = halls.ingest(None)
        length = max(0.4, took or length)
        halls.check()
        print(f"kill {killed} of {kills}: {len(halls.said)} documents, all there, index whole", flush=True)
    return quick


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("--documents", type=int, default=120)
    options = parser.parse_args()
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory() as folder:
        quick = disturb(Path(folder) / "halls", options.kills, options.documents, seed)
    print(f"{options.kills} kills in the middle of an ingest, {quick} ingests were quicker: nothing lost, index whole")


if __name__ == "__main__":
    main()
