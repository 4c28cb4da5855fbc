"""Kills `mlwright ingest`, `add` and `remove` at random moments while the documents change; nothing may be lost.

    python scripts/kill_ingest.py [kills] [--seed N] [--documents 300]

Between kills, documents are added, changed, renamed and removed, in the folder and as uploads. A command that ended
with 0 is an acknowledgement: what it promised must stand at once. After a kill, what was acknowledged before must still
be found; after one more ingest the index must hold exactly the documents that there are, each once, and its `verify`
must find nothing. At the end a workspace that nobody disturbed must come to the same index, chunk by chunk.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import mlwright as mw
from mlwright.testing.killing import is_running, kill_group, kill_parsers, parsers_of

MLWRIGHT = [sys.executable, "-m", "mlwright"]
BLUEPRINT = """version: 1
system: {name: pumps}
models: {embed: {embedder: {use: hashing}}}
data: {sources: {docs: {use: files, path: docs}}}
rag: {plant: {documents: docs, retrieve: {fuse: keyword, min_score: 0.0}, index: {keep: 2}}}
serving: {endpoints: {answer: {handler: rag.plant}}}
"""
UNREADABLE = {"empty.md": b"", "broken.pdf": b"%PDF-1.7 nothing more"}
SUFFIXES = (".md", ".txt", ".html", ".csv")
PATIENCE = 120.0
GONE = "nothing"


class Lost(Exception):
    """Something was lost, doubled or untrue."""


@dataclass
class Documents:
    """What there should be. An upload whose command was killed may be there or not: each of `uploads` is a set of
    contents, GONE among them, that the next check narrows to the one that is there."""

    home: Path
    chance: random.Random
    many: int
    folder: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, set[bytes | str]] = field(default_factory=dict)
    made: int = 0

    def __post_init__(self) -> None:
        (self.home / "docs").mkdir(parents=True)
        (self.home / "mlwright.yaml").write_text(BLUEPRINT, encoding="utf-8")
        for key, content in UNREADABLE.items():
            (self.home / "docs" / key).write_bytes(content)
        for _ in range(self.many):
            self.add()

    def content(self, suffix: str) -> bytes:
        """A text with a word that no other one has."""
        self.made += 1
        word, hall = marker(self.made), self.made % 7
        lines = [f"The pump {word} stands in hall {hall}.", f"Its seal lasts {self.made * 10} hours of operation."]
        lines += [f"Note {number} on {word}: bearing and gasket were checked." for number in range(self.made % 5)]
        if suffix == ".csv":
            return ("name,note\n" + "\n".join(f'"{word}","{line}"' for line in lines) + "\n").encode()
        if suffix == ".html":
            inside = "".join(f"<p>{line}</p>" for line in lines)
            return f"<html><head><title>{word}</title></head><body><main>{inside}</main></body></html>".encode()
        return (f"# Pump {word}\n\n" * (suffix == ".md") + "\n\n".join(lines) + "\n").encode()

    def add(self) -> None:
        suffix = self.chance.choice(SUFFIXES)
        self.write(f"hall-{self.made % 9}/report-{self.made}{suffix}", self.content(suffix))

    def change(self) -> None:
        key = self.chance.choice(list(self.folder))
        self.write(key, self.content(Path(key).suffix))

    def rename(self) -> None:
        key = self.chance.choice(list(self.folder))
        self.made += 1
        fresh = f"hall-{self.made % 9}/renamed-{self.made}{Path(key).suffix}"
        self.path(fresh).parent.mkdir(parents=True, exist_ok=True)
        self.path(key).rename(self.path(fresh))
        self.folder[fresh] = self.folder.pop(key)

    def remove(self) -> None:
        if len(self.folder) > self.many // 2:
            key = self.chance.choice(list(self.folder))
            self.path(key).unlink()
            del self.folder[key]

    def write(self, key: str, content: bytes) -> None:
        self.path(key).parent.mkdir(parents=True, exist_ok=True)
        self.path(key).write_bytes(content)
        self.folder[key] = content

    def path(self, key: str) -> Path:
        return self.home / "docs" / key

    def disturb(self, most: int) -> None:
        for _ in range(self.chance.randint(0, most)):
            self.chance.choice((self.add, self.change, self.rename, self.remove))()

    def narrowed(self, found: Mapping[str, str]) -> dict[str, str]:
        """Key to hash of everything that should be there, given what is. Raises Lost for an upload in a state that
        nobody can have left."""
        expected = {key: digest(content) for key, content in self.folder.items()}
        for key, states in self.uploads.items():
            there = next((one for one in states if digest(one) == found.get(key, GONE)), None)
            if there is None:
                raise Lost(f"the upload {key} is in none of the states that it can be in")
            self.uploads[key] = {there}
            if there != GONE:
                expected[key] = digest(there)
        return expected


def marker(number: int) -> str:
    """A word of letters alone, so that no tokenizer cuts it."""
    return "q" + "".join(chr(ord("a") + int(digit)) for digit in f"{number:05}") + "x"


def digest(content: bytes | str) -> str:
    return GONE if isinstance(content, str) else sha256(content).hexdigest()


@dataclass
class Trial:
    """One workspace and what was done to it."""

    home: Path
    documents: Documents
    chance: random.Random
    length: float = 0.5
    """Seconds from the start of the work in which it is killed: more after a kill, less where it ended before, so that
    kills are spread over the whole of it on any machine."""
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Key to hash of what the latest check has found in the index."""
    counts: Counter[str] = field(default_factory=Counter)

    def first(self) -> None:
        with mw.open(self.home / "mlwright.yaml") as app:
            app.up()
        self.check("the first ingest")

    def kill_once(self) -> None:
        """Change something, start a command and kill it; a command that ends before that is held to its word."""
        self.documents.disturb(12)
        words, promise = self.command()
        run = subprocess.Popen(
            [*MLWRIGHT, *words], cwd=self.home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        self.wait_for_work(run)
        time.sleep(self.chance.uniform(0, self.length))
        if self.chance.random() < 0.25 and words[0] == "ingest" and run.poll() is None:
            self.documents.disturb(3)
            promise = None  # it need not have seen these
        if self.chance.random() < 0.2:  # the parsers alone: the run goes on
            self.counts["parsers killed"] += len(kill_parsers(run.pid))
            killed = False
        else:
            killed = self.kill(run)
            self.counts[f"{words[0]} killed" if killed else "ended before"] += 1
            self.length = min(5.0, max(0.05, self.length * (1.1 if killed else 0.8)))
        said = run.communicate(timeout=PATIENCE)[1].strip()
        if run.returncode not in (0, -9, 7):  # 7: a killed parser has put something into the quarantine
            raise Lost(f"{words} ended with {run.returncode}: {said}")
        if not killed and run.returncode == 0 and promise is not None:
            self.counts["acknowledged"] += 1
            if words[0] != "ingest":
                self.documents.uploads[promise[0]] = {promise[1]}
            self.held_to_its_word(words[0], promise)
        else:
            self.still_there()

    def command(self) -> tuple[list[str], tuple[str, bytes | str] | None]:
        """What to run, and what is promised when it ends with 0: an upload, or all documents."""
        uploaded = [key for key, states in self.documents.uploads.items() if states != {GONE} and len(states) == 1]
        what = self.chance.choice(("ingest", "ingest", "add", "add", "remove" if uploaded else "add"))
        if what == "ingest":
            return ["ingest"], ("", GONE)
        if what == "remove":
            key = self.chance.choice(uploaded)
            self.documents.uploads[key] |= {GONE}
            return ["remove", f"document:docs/{key}"], (key, GONE)
        name = f"given-{self.chance.randint(0, 20)}.md"
        content = self.documents.content(".md")
        (self.home / name).write_bytes(content)
        states = self.documents.uploads.setdefault(f"uploads/{name}", {GONE})
        states.add(content)
        return ["add", name], (f"uploads/{name}", content)

    def wait_for_work(self, run: "subprocess.Popen[str]") -> None:
        """Until the run holds a lock of the workspace, or has ended; sometimes not at all."""
        lock, end = self.home / ".mlwright" / "locks" / "data-docs.lock", time.monotonic() + PATIENCE
        if self.chance.random() < 0.15:
            return
        while run.poll() is None and time.monotonic() < end:
            if lock.exists() and lock.stat().st_size:
                return
            time.sleep(0.002)

    def kill(self, run: "subprocess.Popen[str]") -> bool:
        """Kill the run, with its parsers or not: then they must end by themselves. False where it had ended before."""
        parsers = parsers_of(run.pid)
        if self.chance.random() < 0.5:
            self.counts["parsers killed"] += len(kill_parsers(run.pid))
        killed = kill_group(run)
        end = time.monotonic() + PATIENCE
        while left := [pid for pid in parsers if is_running(pid)]:
            if time.monotonic() > end:
                raise Lost(f"the parsers {left} outlive the run that started them")
            time.sleep(0.02)
        return killed

    def held_to_its_word(self, what: str, promise: tuple[str, bytes | str]) -> None:
        """What an acknowledged command has promised stands without another ingest."""
        with mw.open(self.home / "mlwright.yaml") as app:
            held = {one.key: digest(app.data.read(one.version)) for one in app.pipeline().documents()}
            told = {row.key for row in app.data.quarantined()}
        if what == "ingest":
            lost = {key for key, content in self.documents.folder.items() if held.get(key) != digest(content)} - told
            if lost:
                raise Lost(f"an ingest ended with 0 and did not bring in {sorted(lost)[:3]}")
        elif held.get(promise[0], GONE) != digest(promise[1]):
            raise Lost(f"`{what}` ended with 0, and the index does not show it: {promise[0]}")

    def still_there(self) -> None:
        """A document that was in the index before the kill and did not change is found, before anything is mended."""
        same = [
            key
            for key, content in self.documents.folder.items()
            if self.acknowledged.get(key) == digest(content)
        ]  # fmt: skip
        with mw.open(self.home / "mlwright.yaml") as app:
            for key in self.chance.sample(same, min(3, len(same))):
                self.find(app, key, self.documents.folder[key])

    def check(self, when: str) -> None:
        """One more ingest, and everything is there once, and nothing else."""
        with mw.open(self.home / "mlwright.yaml") as app:
            app.ingest()
            latest = app.data.latest("docs")
            files = {file.key: file.sha256 for file in app.data.files(latest.ref) if file.key not in UNREADABLE}
            expected = self.documents.narrowed(files)
            self.equal(when, "the dataset", files, expected)
            self.equal(when, "the quarantine", [row.key for row in app.data.quarantined()], sorted(UNREADABLE))
            documents = app.pipeline().documents()
            held = {one.key: app.data.file(one.version).sha256 for one in documents}
            self.equal(when, "the index", held, expected)
            self.equal(when, "the number of documents", len(documents), len(expected))
            self.equal(when, "what verify finds", app.verify_index(), [])
            chunks = [chunk.ref for one in documents for chunk in app.pipeline().chunks(one.version)]
            current = app.index_versions().all()[0]
            self.equal(when, "the chunks", (len(chunks), len(set(chunks))), (current.chunks, current.chunks))
            for key in self.chance.sample(sorted(self.documents.folder), 3):
                self.find(app, key, self.documents.folder[key])
            self.ask(app)
        self.acknowledged = expected
        self.counts["checks"] += 1

    def find(self, app: mw.App, key: str, content: bytes) -> None:
        """The word of a document leads to its chunks, each once."""
        word = next(word for word in content.decode().replace('"', " ").replace("<", " ").split() if word[:1] == "q")
        word = word.strip(".,:>/")
        hits = app.retrieve(f"pump {word}", top=10).hits
        found = [hit.chunk for hit in hits if word in hit.chunk.text]
        if key not in {chunk.key for chunk in found}:
            raise Lost(f"{key} is not found by its word {word}")
        if len({chunk.ref for chunk in found}) != len(found) or {chunk.key for chunk in found} != {key}:
            raise Lost(f"{word} of {key} is found in {[(chunk.key, str(chunk.ref)) for chunk in found]}")

    def ask(self, app: mw.App) -> None:
        """An answer cites what stands there, and its lineage leads to the version of the document and the dataset."""
        key = self.chance.choice(sorted(key for key in self.documents.folder if key.endswith(".md")))
        word = self.documents.folder[key].split()[2].decode()
        answer = app.ask(f"In which hall does the pump {word} stand?")
        rag = app.pipeline()
        if not answer.citations or not all(rag.resolves(one) for one in answer.citations):
            raise Lost(f"the answer about {word} cites what is not there: {answer.citations}")
        kinds = app.why(answer.ref).kinds()
        if missing := {"chunk", "version", "dataset", "index", "run"} - kinds.keys():
            raise Lost(f"the lineage of an answer lacks {missing}")
        self.counts["citations"] += len(answer.citations)

    def equal(self, when: str, what: str, found: object, expected: object) -> None:
        if found != expected:
            told = f"{found!r}"[:2000], f"{expected!r}"[:2000]
            if isinstance(found, dict) and isinstance(expected, dict):
                differ = {key for key in {*found, *expected} if found.get(key) != expected.get(key)}
                told = tuple(f"{ {key: side.get(key) for key in sorted(differ)[:3]} }" for side in (found, expected))
            raise Lost(f"{when}: {what} is {told[0]}, not {told[1]}")

    def same_as_undisturbed(self, clean: Path) -> None:
        """A workspace that was never killed comes to the same index."""
        (clean / "docs").mkdir(parents=True)
        (clean / "mlwright.yaml").write_text(BLUEPRINT, encoding="utf-8")
        for key, content in {**UNREADABLE, **self.documents.folder}.items():
            path = clean / "docs" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        with mw.open(clean / "mlwright.yaml") as app:
            for key, states in self.documents.uploads.items():
                for content in states:
                    if isinstance(content, bytes):
                        app.add([(key.removeprefix("uploads/"), content)])
            app.ingest()
            expected = _shape(app)
        with mw.open(self.home / "mlwright.yaml") as app:
            self.equal("at the end", "the index", _shape(app), expected)


def _shape(app: mw.App) -> tuple[str, list[str]]:
    rag = app.pipeline()
    return str(rag.index_ref()), sorted(str(c.ref) for one in rag.documents() for c in rag.chunks(one.version))


def disturb(home: Path, kills: int, documents: int, seed: int, *, told: bool = False) -> Counter[str]:
    """So many kills in the middle of the work; what was counted. Raises Lost, naming the seed."""
    chance = random.Random(seed)
    one = Trial(home / "killed", Documents(home / "killed", chance, documents), chance)
    try:
        one.first()
        while (done := _killed(one.counts)) < kills:
            one.kill_once()
            if chance.random() < 0.5:  # else the next run is killed, too, while it mends
                one.check(f"after {done} kills")
            if told and _killed(one.counts) > done and _killed(one.counts) % 10 == 0:
                print(f"{_killed(one.counts)} of {kills} kills: nothing lost", flush=True)
        one.check("after the last kill")
        one.same_as_undisturbed(home / "clean")
    except Lost as error:
        raise Lost(f"{error} (seed {seed}, {dict(one.counts)})") from error
    return one.counts


def _killed(counts: Counter[str]) -> int:
    return sum(many for what, many in counts.items() if what.endswith(" killed") and what != "parsers killed")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("kills", type=int, nargs="?", default=200)
    options.add_argument("--seed", type=int, default=random.randrange(10**6))
    options.add_argument("--documents", type=int, default=300)
    options.add_argument("--keep", type=Path, help="a folder that stays afterwards, to look at what went wrong")
    chosen = options.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        try:
            counts = disturb(chosen.keep or Path(folder), chosen.kills, chosen.documents, chosen.seed, told=True)
        except Lost as error:
            sys.exit(f"LOST: {error}")
    print(f"seed {chosen.seed}, {time.monotonic() - began:.0f} s: " + ", ".join(f"{v} {k}" for k, v in counts.items()))
    print(f"{_killed(counts)} kills in the middle of the work: 0 documents lost, 0 doubled, every verify clean")


if __name__ == "__main__":
    main()
