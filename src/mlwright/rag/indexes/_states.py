"""What can be read of an index over `_records`: its changes, and the segments of its postings."""

import json
from dataclasses import asdict, dataclass

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Change:
    """`numbers` is the number that the next row gets; `kept` generations stay readable."""

    sequence: int
    generation: int
    entries: int
    words: int
    numbers: int
    kept: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """What can be read. Rows that are only seen before `floor` are gone, if no kept change sees them."""

    dims: int
    changes: tuple[Change, ...]
    segments: tuple[tuple[int, int], ...]
    floor: int = 0
    format: int = FORMAT

    @property
    def newest(self) -> Change:
        return self.changes[-1]

    @property
    def moments(self) -> list[int]:
        """The changes that can be read, ascending."""
        return [change.sequence for change in self.changes[:-1] if change.kept] + [self.newest.sequence]

    @property
    def readable(self) -> dict[int, Change]:
        """By generation."""
        return {change.generation: change for change in self.changes if change.sequence in self.moments}

    @classmethod
    def read(cls, text: str) -> "State":
        found = json.loads(text)
        changes = tuple(Change(**change) for change in found.pop("changes"))
        segments = tuple((first, size) for first, size in found.pop("segments"))
        return cls(changes=changes, segments=segments, **found)

    def write(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))
