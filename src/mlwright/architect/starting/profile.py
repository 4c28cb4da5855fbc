"""Profile: what was measured on the files that a system shall work with, before anything is decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlwright.architect.estimates import CHARACTERS_PER_TOKEN


@dataclass(frozen=True, slots=True)
class Lengths:
    """Characters of the read documents: the median, the 95th percentile, the longest, and all together."""

    p50: int
    p95: int
    longest: int
    total: int

    @property
    def p95_tokens(self) -> int:
        """Estimated from the characters."""
        return round(self.p95 / CHARACTERS_PER_TOKEN)


@dataclass(frozen=True, slots=True)
class EvalFile:
    """A JSONL file of examples. `path` is as the blueprint will name it; the other numbers count examples that
    name passages to find, hold an expected answer, expect none, or were made by a program."""

    path: str
    examples: int
    relevant: int
    expected: int
    unanswerable: int
    synthetic: int


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A JSONL file of answers that another system gave: how many there are, and how many of them show what was
    retrieved and what was cited. `answered` counts those whose examples stand in the eval set `set`."""

    path: str
    answers: int
    retrieved: int
    cited: int
    set: EvalFile
    answered: int


@dataclass(frozen=True, slots=True)
class Labels:
    """A column of a table that looks like what is to be predicted: rows by label."""

    path: str
    column: str
    counts: Mapping[str, int]

    @property
    def rarest(self) -> float:
        """The share of the rarest label."""
        return min(self.counts.values()) / sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Profile:
    """Of `files` in all, `read` were read whole, spread evenly. `kinds` counts all files by suffix, and `left_out`
    those that no parser reads; `languages` the read ones by language, where their text says it; `copies` all files that
    equal another byte for byte, `near` the read ones whose text nearly repeats another. `personal` counts finds by
    kind, `personal_files` the read files that they are in."""

    path: str
    files: int = 0
    read: int = 0
    bytes: int = 0
    largest: int = 0
    """Bytes of the largest file."""
    folders: int = 0
    """Folders that files lie in, `path` itself among them."""
    kinds: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    lengths: Lengths | None = None
    languages: Mapping[str, int] = field(default_factory=dict)
    copies: int = 0
    near: int = 0
    scanned: int = 0
    """Read files with pages that are pictures, and no text of their own."""
    code: Mapping[str, int] = field(default_factory=dict)
    """Of `kinds`, source code."""
    records: Mapping[str, int] = field(default_factory=dict)
    """Of `kinds`, records for programs, as JSON."""
    folder: bool = True
    """Whether `path` is one; else it is a file."""
    unreadable: Mapping[str, int] = field(default_factory=dict)
    """Read files that gave no text, by the reason."""
    personal: Mapping[str, int] = field(default_factory=dict)
    personal_files: int = 0
    sets: tuple[EvalFile, ...] = ()
    given: tuple[GivenFile, ...] = ()
    labels: tuple[Labels, ...] = ()

    @property
    def tokens(self) -> int:
        """Tokens of all documents, estimated from the characters of the read ones."""
        if self.lengths is None:
            return 0
        return round(self.lengths.total / CHARACTERS_PER_TOKEN * self.files / self.read)

    @property
    def title(self) -> str:
        """The last word of the path."""
        return self.path.rstrip("/").rpartition("/")[2]

    def holds(self, path: str) -> bool:
        """Whether a file lies in the folder and has the ending of a document."""
        return path.startswith(f"{self.path}/") and any(path.endswith(suffix) for suffix in self.documents)

    @property
    def code_share(self) -> float:
        return sum(self.code.values()) / self.files if self.files else 0.0

    @property
    def documents(self) -> Mapping[str, int]:
        """The kinds that people read; all where there are none, or where most is code."""
        prose = {one: count for one, count in self.kinds.items() if one not in self.code and one not in self.records}
        return prose if prose and self.code_share <= 0.5 else self.kinds

    @property
    def pdf(self) -> int:
        """How many files are PDF."""
        return sum(count for suffix, count in self.kinds.items() if suffix.lower() == ".pdf")
