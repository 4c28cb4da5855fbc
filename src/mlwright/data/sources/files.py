"""Files of a folder on this machine, chosen by a pattern: `{use: files, path: "docs/**/*.{pdf,md,html}"}`."""

import os
import stat
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from mlwright.data.sources import Listed, SourcePart
from mlwright.data.sources._globs import ANYWHERE, Globs, expand, has_magic
from mlwright.data.sources._walk import Found, walk
from mlwright.kernel.errors import NotFound, Unreadable
from mlwright.kernel.units import Bytes

_READ_ATTEMPTS = 3
_RACY_FINE, _RACY_COARSE = (
    50_000_000,
    2_000_000_000,
)  # nanoseconds: clock ticks of file systems, and of those by the second


class Config(SourcePart):
    """Files of a folder. A bare folder means every file below it; hidden files are left out."""

    use: Literal["files"] = "files"
    path: str = Field(min_length=1, examples=["docs/**/*.{pdf,md,html}"])
    """A folder, a file or a pattern, from the folder of the blueprint. Keys start at its first wildcard."""
    exclude: tuple[str, ...] = ()
    """Patterns of files and folders to leave out; one without a slash counts at any depth."""
    max_size: Bytes = 64 * 10**6
    """Longer files go to the quarantine (`64 MB`)."""

    @field_validator("path", "exclude", mode="after")
    @classmethod
    def _understood(cls, value: Any) -> Any:
        for pattern in (value,) if isinstance(value, str) else value:
            wild = [has_magic(part) for part in pattern.split("/")]
            if not pattern.strip("/ ") and pattern != "/":
                raise ValueError("an empty pattern matches nothing; write a folder or a pattern like docs/**/*.md")
            if "\0" in pattern or (True in wild and ".." in pattern.split("/")[wild.index(True) :]):
                raise ValueError(f"{pattern!r} steps out of its own folder; put every '..' before the first wildcard")
            expand(pattern)
        return value

    def build(self, base: Path) -> "Files":
        root, pattern = _cut(base, self.path)
        return Files(root, pattern, self.exclude, self.max_size)


def _cut(base: Path, path: str) -> tuple[Path, str]:
    """The folder that holds everything, and the pattern below it."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    plain = next((at for at, part in enumerate(parts) if has_magic(part) or part == ANYWHERE), len(parts))
    lead = Path("/" if path.startswith("/") else "") / Path(*parts[:plain])
    root = Path(os.path.realpath(base / lead.expanduser()))
    if parts[plain:]:
        return root, "/".join(parts[plain:])
    if root.is_dir() or not (root.exists() or root.is_symlink()):
        return root, "**/*"
    return root.parent, root.name


class Files:
    """The working part. `root` is absolute; a key is the path below it in Unicode's composed form (NFC), with forward
    slashes, and bytes of a name that are not UTF-8 written as `\\xff`."""

    def __init__(self, root: Path, pattern: str, exclude: tuple[str, ...], max_size: int) -> None:
        self.root, self.pattern, self.max_size = root, pattern, max_size
        self._wanted = Globs.of([pattern])
        self._unwanted = Globs.of(
            [each.strip("/") if "/" in each.strip("/") else f"**/{each.strip('/')}" for each in exclude]
        )

    def list(self) -> Iterator[Listed | tuple[str, Unreadable]]:
        """Every file of the pattern in order of key. Raises NotFound where the folder is missing or holds none, and
        Unreadable where the folder itself cannot be opened."""
        try:
            there = self.root.is_dir()
        except OSError as error:  # as of a network disk that went away
            raise unreadable(self.root, error) from error
        if not there:
            raise NotFound(
                f"there is no folder {self.root}",
                hint=f"create it, or correct `path` of the source (it asks for {self.pattern!r} in that folder)",
            )
        by_key: dict[str, list[Found | Unreadable]] = {}
        for raw, found in walk(self.root, self._wanted, self._unwanted):
            by_key.setdefault(_key(raw), []).append(found)
        if not by_key:
            raise NotFound(
                f"no file in {self.root} matches {self.pattern!r}",
                hint="put files there, or correct `path` of the source; hidden files do not count, and *.pdf does not "
                "match A.PDF",
            )
        for key in sorted(by_key):
            yield self._judged(key, by_key[key])

    def _judged(self, key: str, found: Sequence[Found | Unreadable]) -> Listed | tuple[str, Unreadable]:
        if len(found) > 1:
            return key, Unreadable(
                f"{self.root / key} is the name of {len(found)} files that differ only in how letters are composed",
                reason="same_name",
                hint="rename all but one of them",
            )
        one = found[0]
        if isinstance(one, Unreadable):
            return key, one
        if not 0 < one.state.st_size <= self.max_size:
            return key, _problem(self.root / key, one.state.st_size, self.max_size)
        modified = datetime.fromtimestamp(max(0, one.state.st_mtime_ns) // 1000 / 1e6, UTC)
        return _ListedFile(key, one.state.st_size, modified, _stamp(one.state), one.path)

    def read(self, listed: Listed) -> bytes:
        """The bytes of one moment: a file that changes while it is read is read again, and Unreadable at last."""
        path = listed.path if isinstance(listed, _ListedFile) else str(self.root / listed.key)
        for _ in range(_READ_ATTEMPTS):
            content = self._attempt(path, self.root / listed.key)
            if content is not None:
                return content
        raise Unreadable(
            f"{self.root / listed.key} changed while it was read, {_READ_ATTEMPTS} times over",
            reason="changing",
            hint="it is read again with the next ingest; let its writer write beside it and rename",
        )

    def _attempt(self, path: str, name: Path) -> bytes | None:
        real = os.path.realpath(path)
        if not Path(real).is_relative_to(os.path.realpath(self.root)):
            raise Unreadable(
                f"{name} became a link out of {self.root}", reason="link_outside", hint="copy the file here"
            )
        try:
            # a pipe that took the place of the file must not block, a link must not be followed
            handle = os.open(
                real,
                os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0),
            )
        except FileNotFoundError:
            raise NotFound(f"{name} has gone since it was listed", hint="run the ingest again") from None
        except OSError as error:
            raise unreadable(name, error) from error
        with os.fdopen(handle, "rb") as file:
            before = os.fstat(handle)
            if not stat.S_ISREG(before.st_mode):
                raise Unreadable(f"{name} is not a plain file any more", reason="special_file")
            if not 0 < before.st_size <= self.max_size:
                raise _problem(name, before.st_size, self.max_size)
            try:
                content = file.read(before.st_size + 1)
            except OSError as error:
                raise unreadable(name, error) from error
            return (
                content
                if _signature(os.fstat(handle)) == _signature(before) and len(content) == before.st_size
                else None
            )


@dataclass(frozen=True, slots=True)
class _ListedFile(Listed):
    """Remembers where the file lies, because a composed key need not name it."""

    path: str


def unreadable(place: Path, error: OSError) -> Unreadable:
    """What the operating system said about a file, for people."""
    denied = isinstance(error, PermissionError)
    return Unreadable(
        f"{place} cannot be read: {error.strerror or error}",
        reason="no_permission" if denied else "read_error",
        hint="give the user of this process the right to read it" if denied else "check the disk or the network mount",
    )


def _problem(name: Path, size: int, max_size: int) -> Unreadable:
    if size == 0:
        return Unreadable(f"{name} is empty (0 bytes)", reason="empty", hint="fill it or remove it")
    return Unreadable(
        f"{name} has {size:,} bytes, and the source takes {max_size:,} at most",
        reason="too_large",
        hint="split the file, or raise `max_size` of the source",
    )


def _key(raw: str) -> str:
    return unicodedata.normalize("NFC", os.fsencode(raw).decode("utf-8", "backslashreplace"))


def _signature(state: os.stat_result) -> str:
    return f"{state.st_size}-{state.st_mtime_ns}-{state.st_ino}-{state.st_ctime_ns}"


def _stamp(state: os.stat_result) -> str:
    """The signature; unique where the file changed so recently that a further change could leave the same one.

    File systems write times in ticks, so a second write within one tick is invisible (git calls such entries racy)."""
    changed = state.st_mtime_ns if os.name == "nt" else state.st_ctime_ns
    now = time.time_ns()
    racy = now - changed < (_RACY_FINE if changed % 1_000_000_000 else _RACY_COARSE)
    return f"{_signature(state)}-seen-{now}" if racy else _signature(state)
