"""Documenting: the walk from a blueprint and its records to the folder of documents beside it."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mlwright.app.evidence import evidence_of
from mlwright.app.joined import Joined
from mlwright.app.printing import printed
from mlwright.architect import LEDGER, MARK, PAGE, Evidence, design_folder, evidence_from, note_files, notes_of
from mlwright.blueprint import Blueprint
from mlwright.kernel.errors import Conflict, Unreadable
from mlwright.kernel.files import write_atomically

NAME = "design-docs"
"""Where documents are written, beside their blueprint."""
PDF = "design.pdf"
_DRAWING = re.compile(r"diagrams/[\w-]+\.svg")
State = Literal["new", "changed", "same", "gone"]


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A file of the folder: `new` and `changed` ones were written, `gone` ones removed (with `check`: would be)."""

    path: str
    state: State


@dataclass(frozen=True, slots=True)
class Documented:
    """What became of every file, and how many statements are proved, and how many not yet. `pdf` is empty where none
    was asked for."""

    folder: Path
    files: tuple[DocumentFile, ...]
    proved: int
    unproved: int
    pdf: Path | None = None

    @property
    def changed(self) -> bool:
        """Whether anything was, or would be, written or removed."""
        return any(file.state != "same" for file in self.files)


def document_of(app: Joined, folder: Path | None = None, *, check: bool = False, pdf: bool = False) -> Documented:
    """Write the documents of an open workspace; its records are their evidence."""
    return documented(app.blueprint, evidence_of(app), folder, check=check, pdf=pdf)


def documented(
    blueprint: Blueprint,
    evidence: Evidence | None,
    folder: Path | None = None,
    *,
    check: bool = False,
    pdf: bool = False,
) -> Documented:
    """Write the documents of a blueprint. Without evidence, as in CI, the one that the folder keeps stands."""
    folder = folder or blueprint.folder / NAME
    ledger = _ledger(folder)
    evidence = _kept(ledger, folder) if evidence is None else evidence
    notes = kept_notes(blueprint, folder)
    source = Path(os.path.relpath(blueprint.path, folder.resolve())).as_posix()
    made = design_folder(blueprint, evidence, notes, source)
    files = tuple(_compared(folder, made.files, ledger, check=check))
    if not check:
        _write(folder, made.files, files)
    paper = printed(folder / PAGE, folder / PDF) if pdf and not check else None
    proved, unproved = (sum(counts) for counts in zip(*made.proved.values(), strict=True))
    return Documented(folder, files, proved, unproved, paper)


def kept_notes(blueprint: Blueprint, folder: Path | None = None) -> dict[str, str]:
    """What people have noted in the documents, by file. Raises UserError where nobody could say where notes end."""
    place = folder or blueprint.folder / NAME
    return {name: notes_of(text, name) for name in note_files() if (text := _text(place / name)) is not None}


def _compared(
    folder: Path, files: Mapping[str, str], ledger: Mapping[str, Any], *, check: bool
) -> Iterator[DocumentFile]:
    """Raises Conflict for a file that stands in the way and was not written here."""
    ours = set(ledger.get("files", ()))
    for name, text in files.items():
        there = _text(folder / name)
        if there is None:
            yield DocumentFile(name, "new")
        elif there == text:
            yield DocumentFile(name, "same")
        elif check or name in ours or there.startswith(MARK):
            yield DocumentFile(name, "changed")
        else:
            raise Conflict(
                f"{folder / name} was not written by mlwright document",
                hint="move it away, or name another folder: --out",
            )
    for name in sorted(ours - files.keys()):
        if _DRAWING.fullmatch(name) and (folder / name).is_file():
            yield DocumentFile(name, "gone")


def _write(folder: Path, texts: Mapping[str, str], files: tuple[DocumentFile, ...]) -> None:
    """The ledger goes last: a run that was killed is taken up by the next one."""
    (folder / "diagrams").mkdir(parents=True, exist_ok=True)
    for file in files:
        if file.state in ("new", "changed"):
            write_atomically(folder / file.path, texts[file.path].encode())
        elif file.state == "gone":
            (folder / file.path).unlink()


def _text(path: Path) -> str | None:
    """Raises Unreadable for what is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (UnicodeDecodeError, OSError) as error:
        raise Unreadable(f"{path} cannot be read: {error}", hint="move it away", reason="broken") from error


def _ledger(folder: Path) -> Mapping[str, Any]:
    """What the folder keeps of the last time. Raises Unreadable for a file that is none of ours."""
    text = _text(folder / LEDGER)
    if text is None:
        return {}
    try:
        ledger = json.loads(text)
        if ledger["written_by"] != "mlwright document" or ledger["format"] != 1:
            raise ValueError("another program or a newer mlwright wrote it")
    except (ValueError, KeyError, TypeError) as error:
        raise _broken(folder, error) from error
    found: Mapping[str, Any] = ledger
    return found


def _kept(ledger: Mapping[str, Any], folder: Path) -> Evidence:
    if not ledger:
        return Evidence()
    try:
        return evidence_from(ledger.get("evidence"))
    except ValueError as error:
        raise _broken(folder, error) from error


def _broken(folder: Path, error: Exception) -> Unreadable:
    told = str(error).splitlines()[0]
    return Unreadable(
        f"{folder / LEDGER} is not evidence of documents: {told}",
        hint="take it from git again, or delete it and run `mlwright document` beside the workspace",
        reason="broken",
    )
