"""Profile: looks at the files that a system shall work with, through the sources and parsers that it will use."""

import csv
import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath

from mlwright.architect import EvalFile, GivenFile, Labels, Lengths, Profile
from mlwright.blueprint import as_pattern, path_from
from mlwright.data import DataSpec, Listed, Source, personal
from mlwright.evals import read_given, read_set
from mlwright.kernel.errors import NotFound, Unreadable, UserError
from mlwright.kernel.progress import Progress, silent
from mlwright.rag import Distinct, Parsed, ParserPart, Reader, every_parser

MOST_READ = 200
"""Documents that are read; of a larger folder every so-and-so-many-th."""
_LARGEST = 1 << 30
"""Bytes of the largest file that a pipeline can be set to read."""
_LARGEST_TABLE = 64 << 20
_MOST_ROWS = 100_000
_MOST_LABELS = 50
_FEW_LABELS, _LEAST_ROWS = 10, 50
"""Of a last column that is not called like a label."""
_LABELS = ("label", "labels", "target", "class", "category", "y")
_NEAR, _NEAR_TEXT = 0.9, 20_000
"""How much of their runs of words two texts share that nearly repeat one another, by so many characters of each."""
_TASK = "look at the files"
_PICTURES = "has no text"


def profile(path: Path, home: Path, progress: Progress = silent) -> Profile:
    """What is known of a folder of documents, or of one file, for a blueprint in the folder `home`. Raises NotFound
    where nothing is there."""
    if not path.exists():
        raise NotFound(f"there is nothing at {path}", hint="name a folder of documents, or a file of cases")
    root = (path if path.is_dir() else path.parent).resolve()
    source = _source(path, home)
    listed = [one for one in source.list() if isinstance(one, Listed)]
    cases = _cases(root, listed, home)
    parsers = every_parser({"ocr": "never"})
    known = {suffix for part in parsers for suffix in part.suffixes}
    rest = [one for one in listed if root / one.key not in cases.files]
    documents = [one for one in rest if _suffix(one).lower() in known]
    seen = _read(source, documents, parsers, progress)
    return Profile(
        path=path_from(path, home),
        files=len(documents),
        read=seen.count,
        bytes=sum(one.size for one in documents),
        largest=max((one.size for one in documents), default=0),
        folders=len({PurePosixPath(one.key).parent for one in documents}),
        kinds=_ordered(Counter(map(_suffix, documents))),
        left_out=_ordered(Counter(_suffix(one) or "none" for one in rest if one not in documents)),
        code=_of(parsers, "code", documents),
        records=_of(parsers, "json", documents),
        folder=path.is_dir(),
        lengths=_lengths(seen.characters),
        languages=_ordered(seen.languages),
        copies=_copies(source, documents),
        near=seen.near,
        scanned=seen.scanned,
        unreadable=_ordered(seen.unreadable),
        personal=_ordered(seen.personal),
        personal_files=seen.personal_files,
        sets=tuple(found for found, _ in cases.sets),
        given=cases.given,
        labels=tuple(_labels(root, documents)),
    )


def _source(path: Path, home: Path) -> Source:
    pattern = as_pattern(path_from(path, home))
    wanted = f"{pattern}/**/*" if path.is_dir() else pattern
    data = {"sources": {"files": {"use": "files", "path": wanted, "max_size": _LARGEST}}}
    return DataSpec.model_validate(data).sources["files"].build(home)


def _suffix(one: Listed) -> str:
    return PurePosixPath(one.key).suffix


def _of(parsers: Sequence[ParserPart], name: str, documents: Sequence[Listed]) -> dict[str, int]:
    """The files that one parser reads, by suffix."""
    suffixes = {suffix for part in parsers if part.use == name for suffix in part.suffixes}
    return _ordered(Counter(suffix for suffix in map(_suffix, documents) if suffix.lower() in suffixes))


def _ordered(counts: Counter[str]) -> dict[str, int]:
    """The commonest first."""
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


@dataclass(slots=True)
class _Seen:
    """What reading has shown so far."""

    count: int = 0
    characters: list[int] = field(default_factory=list)
    languages: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    personal: Counter[str] = field(default_factory=Counter)
    personal_files: int = 0
    near: int = 0
    scanned: int = 0
    _distinct: Distinct = field(default_factory=lambda: Distinct(_NEAR))

    def take(self, one: Listed, parsed: Parsed | Unreadable) -> None:
        self.count += 1
        pdf = _suffix(one).lower() == ".pdf"
        if isinstance(parsed, Unreadable):
            self.unreadable[parsed.reason] += 1
            self.scanned += pdf and parsed.reason == "no_text"
            return
        self.scanned += pdf and any(_PICTURES in note for note in parsed.notes)
        self.characters.append(len(parsed.text))
        self.near += not self._distinct.admits(parsed.text[:_NEAR_TEXT])
        if language := parsed.meta.get("lang"):
            self.languages[str(language)] += 1
        found = personal(parsed.text)
        self.personal += found
        self.personal_files += bool(found)


def _read(
    source: Source, documents: Sequence[Listed], parsers: Sequence[ParserPart], progress: Progress = silent
) -> _Seen:
    """All of them, or every so-and-so-many-th of a larger folder."""
    seen, step = _Seen(), max(1, -(-len(documents) // MOST_READ))
    chosen = documents[::step]
    read = deque[Listed]()

    def contents() -> Iterator[tuple[bytes, str]]:
        for one in chosen:
            content = _bytes(source, one)
            if isinstance(content, bytes):
                read.append(one)
                yield content, one.key
            else:
                seen.take(one, content)

    progress.start(_TASK, len(chosen))
    try:
        with Reader(parsers=parsers) as reader:
            for parsed in reader.read_many(contents()):
                seen.take(read.popleft(), parsed)
                progress.step(_TASK)
    finally:
        progress.end(_TASK)
    return seen


def _bytes(source: Source, one: Listed) -> bytes | Unreadable:
    """Also of a file that has gone since it was listed: a profile looks, and leaves it to the ingest to complain."""
    try:
        return source.read(one)
    except Unreadable as error:
        return error
    except NotFound as error:
        return Unreadable(error.message, reason="gone", hint=error.hint)


def _lengths(characters: list[int]) -> Lengths | None:
    if not characters:
        return None
    ordered = sorted(characters)
    return Lengths(
        p50=ordered[len(ordered) // 2],
        p95=ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))],
        longest=ordered[-1],
        total=sum(ordered),
    )


def _copies(source: Source, documents: Sequence[Listed]) -> int:
    """Files that equal an earlier one byte for byte; only those of one size are read for it."""
    by_size = defaultdict[int, list[Listed]](list)
    for one in documents:
        by_size[one.size].append(one)
    copies = 0
    for group in (group for group in by_size.values() if len(group) > 1):
        found = (_bytes(source, one) for one in group)
        names = [hashlib.sha256(content).digest() for content in found if isinstance(content, bytes)]
        copies += len(names) - len(set(names))
    return copies


@dataclass(frozen=True, slots=True)
class _Cases:
    """Eval sets with the ids of their examples, and answers to them, by file."""

    sets: tuple[tuple[EvalFile, frozenset[str]], ...]
    given: tuple[GivenFile, ...]
    files: frozenset[Path]


def _cases(root: Path, listed: Sequence[Listed], home: Path) -> _Cases:
    """Those among the files, and in the folders `.` and `evals` beside the blueprint."""
    beside = [*home.glob("*.jsonl"), *home.glob("evals/*.jsonl")]
    inside = [root / one.key for one in listed if _suffix(one) == ".jsonl"]
    files = sorted({*(one.resolve() for one in beside), *inside})
    sets = {file: known for file in files if (known := _set(file, home))}
    given = {file: found for file in inside if file not in sets and (found := _given(file, home, sets.values()))}
    return _Cases(tuple(sets.values()), tuple(given.values()), frozenset((*sets, *given)))


def _set(file: Path, home: Path) -> tuple[EvalFile, frozenset[str]] | None:
    try:
        examples = read_set(file, file.stem).examples
    except UserError:  # lines of something else
        return None
    found = EvalFile(
        path=path_from(file, home),
        examples=len(examples),
        relevant=sum(bool(one.relevant) for one in examples),
        expected=sum(bool(one.expected_output) for one in examples),
        unanswerable=sum(one.unanswerable for one in examples),
        synthetic=sum(bool(one.synthetic) for one in examples),
    )
    return found, frozenset(one.id for one in examples)


def _given(file: Path, home: Path, sets: Iterable[tuple[EvalFile, frozenset[str]]]) -> GivenFile | None:
    """Answers, with the set that most of them belong to."""
    try:
        outcomes = read_given(file).outcomes
    except UserError:  # lines of something else
        return None
    answered = [(len(ids & outcomes.keys()), found) for found, ids in sets]
    shared, found = max(answered, key=lambda pair: pair[0], default=(0, None))
    if found is None or not shared:
        return None
    return GivenFile(
        path=path_from(file, home),
        answers=len(outcomes),
        retrieved=sum(bool(one.retrieved) for one in outcomes.values()),
        cited=sum(bool(one.cited) for one in outcomes.values()),
        set=found,
        answered=shared,
    )


def _labels(root: Path, documents: Sequence[Listed]) -> Iterator[Labels]:
    """Columns of tables that are called like a label, or stand last, and hold few different values."""
    for one in documents:
        if _suffix(one).lower() in (".csv", ".tsv") and one.size <= _LARGEST_TABLE:
            yield from _labels_of(root / one.key, one.key)


def _labels_of(file: Path, key: str) -> Iterator[Labels]:
    with file.open(encoding="utf-8", errors="replace", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t" if file.suffix.lower() == ".tsv" else ",")
        names = list(rows.fieldnames or ())
        column = next((name for name in names if name.strip().lower() in _LABELS), names[-1] if names else "")
        counts = Counter(str(row[column]) for row in islice(rows, _MOST_ROWS) if row.get(column))
    named = column.strip().lower() in _LABELS
    if 1 < len(counts) <= (_MOST_LABELS if named else _FEW_LABELS) and (named or counts.total() >= _LEAST_ROWS):
        yield Labels(key, column, _ordered(counts))
