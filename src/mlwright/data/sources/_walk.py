"""The walk through a folder: each real folder once, no way out of it, no loop, nothing opened but folders."""

import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mlwright.data.sources._globs import Globs
from mlwright.kernel.errors import Unreadable

States = tuple[frozenset[int], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A plain file: where it lies, and its state when the walk came by (a link's target)."""

    path: str
    state: os.stat_result


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder to enter: `key` is its raw path below the root, with the states of both patterns after it."""

    path: str
    key: str
    wanted: States
    unwanted: States


@dataclass(slots=True)
class _Walk:
    root: str
    wanted: Globs
    unwanted: Globs
    entered: set[str] = field(default_factory=set)
    links: list[_Folder] = field(default_factory=list)

    def all(self) -> Iterator[tuple[str, Found | Unreadable]]:
        """Real folders first: a link to a folder adds files only where they are not listed under their own name."""
        yield from self._below(_Folder(self.root, "", self.wanted.start(), self.unwanted.start()))
        while self.links:
            link = self.links.pop(0)
            yield from self._linked(link)

    def _linked(self, link: _Folder) -> Iterator[tuple[str, Found | Unreadable]]:
        real = os.path.realpath(link.path)
        inside = Path(os.path.realpath(Path(link.path).parent))
        if not Path(real).is_relative_to(self.root):
            yield link.key, _outside(link.path, real, self.root)
        elif inside.is_relative_to(real):
            yield (
                link.key,
                Unreadable(f"{link.path} is a link to a folder above it", reason="link_loop", hint="remove it"),
            )
        elif real not in self.entered:
            yield from self._below(_Folder(real, link.key, link.wanted, link.unwanted))

    def _below(self, top: _Folder) -> Iterator[tuple[str, Found | Unreadable]]:
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            self.entered.add(folder.path)
            try:
                with os.scandir(folder.path) as entries:
                    inside = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                problem = _cannot_list(folder.path, error)
                if not folder.key:
                    raise problem from error
                yield folder.key, problem
                continue
            for entry in inside:
                here = self._step(folder, entry)
                if self.unwanted.ends(here.unwanted) or not any(here.wanted):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if entry.path not in self.entered:
                        waiting.append(here)
                elif entry.is_symlink() and Path(entry.path).is_dir():
                    self.links.append(here)
                elif self.wanted.ends(here.wanted):
                    yield here.key, _looked_at(entry.path, self.root)

    def _step(self, folder: _Folder, entry: os.DirEntry[str]) -> _Folder:
        key = f"{folder.key}/{entry.name}" if folder.key else entry.name
        name = unicodedata.normalize("NFC", entry.name)
        return _Folder(
            entry.path, key, self.wanted.step(folder.wanted, name), self.unwanted.step(folder.unwanted, name)
        )


def walk(root: Path, wanted: Globs, unwanted: Globs) -> Iterator[tuple[str, Found | Unreadable]]:
    """Every file below `root` that `wanted` matches and `unwanted` does not, with its raw path below it; unordered.

    Whatever cannot be taken comes as an Unreadable. Raises Unreadable where `root` itself cannot be listed."""
    yield from _Walk(os.path.realpath(root), wanted, unwanted).all()


def _looked_at(path: str, root: str) -> Found | Unreadable:
    try:
        state = os.lstat(path)
        real = path
        if stat.S_ISLNK(state.st_mode):
            real = os.path.realpath(path, strict=True)
            if not Path(real).is_relative_to(root):
                return _outside(path, real, root)
            state = Path(real).stat()
    except FileNotFoundError:
        broken = Path(path).is_symlink()
        return Unreadable(
            f"{path} is a link to nothing" if broken else f"{path} went away while the folder was listed",
            reason="broken_link" if broken else "vanished",
            hint="repair or remove the link" if broken else "run the ingest again",
        )
    except PermissionError as error:
        return Unreadable(f"{path} cannot be read: {error.strerror}", reason="no_permission", hint="give read access")
    except OSError as error:
        reason = "link_loop" if Path(path).is_symlink() else "read_error"
        return Unreadable(f"{path} cannot be read: {error.strerror}", reason=reason, hint="repair it or remove it")
    if not stat.S_ISREG(state.st_mode):
        return Unreadable(
            f"{path} is a {_kind(state.st_mode)}, not a file",
            reason="special_file",
            hint="it is never opened; move it away",
        )
    return Found(real, state)


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "named pipe"
    if stat.S_ISSOCK(mode):
        return "socket"
    return "device"


def _outside(path: str, real: str, root: str) -> Unreadable:
    return Unreadable(
        f"{path} is a link to {real}, outside of {root}",
        reason="link_outside",
        hint="copy it into the folder, or make that place a source of its own",
    )


def _cannot_list(path: str, error: OSError) -> Unreadable:
    denied = isinstance(error, PermissionError)
    return Unreadable(
        f"the folder {path} cannot be listed: {error.strerror or error}",
        reason="no_permission" if denied else "vanished" if isinstance(error, FileNotFoundError) else "read_error",
        hint="give the user of this process the right to read and enter it" if denied else "run the ingest again",
    )
