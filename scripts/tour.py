"""Runs the commands of docs/tour.md on examples/tour and holds what they print against what the page shows.

python scripts/tour.py            write what they print now into the page
python scripts/tour.py --check    fail where the page shows something else

A block of the page begins with `$ ` and a command; below stands what it prints, where `…` alone on a line stands for
lines that are left out; where there are none, all of it is written. Times, sizes, dates, lines and names may differ.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE, CASE = ROOT / "docs" / "tour.md", ROOT / "examples" / "tour"
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.M | re.S)
CUT = "…"
ENVIRONMENT = {"COLUMNS": "100", "MLWRIGHT_MODEL_SERVERS": "http://127.0.0.1:9"}
"""A width of the terminal, and no language model of the machine that the tour is run on."""
VARYING = (
    (re.compile(r"\b([a-z]+):[0-9a-z]{26,64}\b"), r"\1:…"),
    (re.compile(r"@[0-9a-z]+(?:-int8|…)?|\b[0-9a-f]{8,12}\b"), "…"),
    (re.compile(r"mlwright\.yaml:\d+(?::\d+)?"), "a line"),
    (re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:.+Z]+| \d\d:\d\d UTC)?"), "a day"),
    (re.compile(r"\b\d[\d.,]*\s?(?:ms|s|min|h)\b"), "a time"),
    (re.compile(r"\b\d[\d.,]*\s?(?:B|kB|MB|GB)\b"), "a size"),
    (re.compile(r"\bseconds \d[\d.]*|\b\d+ minutes?\b"), "a time"),
    (re.compile(r"[█▒░]+"), "█"),
    (re.compile(r"\d+ statements are proved, \d+|\d+ findings?:"), "so many"),
    (re.compile(r"\s+"), " "),
)


@dataclass(frozen=True)
class Command:
    """A command of the page, and the lines that the page shows of its output."""

    line: str
    shown: tuple[str, ...]


def commands(block: str) -> list[Command]:
    parts = re.split(r"(?m)^\$ ", block)[1:]
    return [Command(lines[0], tuple(lines[1:])) for lines in (part.rstrip("\n").split("\n") for part in parts)]


def like(line: str) -> str:
    """A line without what differs from run to run."""
    for pattern, instead in VARYING:
        line = pattern.sub(instead, line)
    return line.strip()


def renewed(shown: Sequence[str], printed: Sequence[str]) -> list[str] | None:
    """The shown lines as they were printed now; None where they were not. Lines between two cuts stand together."""
    found, at = list[str](), 0
    for number, part in enumerate(parts(shown)):
        starts = range(at, len(printed) - len(part) + 1) if number else range(min(1, len(printed) + 1))
        here = next((one for one in starts if alike(part, printed[one : one + len(part)])), None)
        if here is None:
            return None
        found += [*([CUT] if number else []), *printed[here : here + len(part)]]
        at = here + len(part)
    return found if CUT in shown[-1:] or at == len(printed) else None


def parts(shown: Sequence[str]) -> Iterator[list[str]]:
    """The lines before, between and after the cuts."""
    part: list[str] = []
    for line in shown:
        if line == CUT:
            yield part
            part = []
        else:
            part.append(line)
    yield part


def alike(shown: Sequence[str], printed: Sequence[str]) -> bool:
    return len(shown) == len(printed) and all(
        like(one) == like(other) for one, other in zip(shown, printed, strict=True)
    )


class Shell:
    """Runs commands in a folder: those of mlwright in this process, others in a shell. `$ANSWER` is the last answer."""

    def __init__(self, folder: Path) -> None:
        from typer.testing import CliRunner

        from mlwright.faces.cli.main import cli

        self._folder, self._cli, self._runner, self._answer = folder, cli, CliRunner(), ""

    def run(self, line: str) -> list[str]:
        """What it prints. A command that fails ends the tour."""
        line = line.replace("$ANSWER", self._answer)
        words = subprocess.run(
            ["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, text=True, check=True
        ).stdout.split("\0")[:-1]
        if words[0] == "mlwright":
            with chdir(self._folder):
                done = self._runner.invoke(self._cli, words[1:])
            if done.exit_code not in (0, 2):
                raise SystemExit(f"$ {line}\n{done.output}\nended with {done.exit_code}: {done.exception!r}")
            output = done.stdout
        else:
            output = subprocess.run(
                ["bash", "-e", "-c", line], cwd=self._folder, capture_output=True, text=True, check=True
            ).stdout
        self._answer = next(iter(re.findall(r"answer:[0-9a-z]{26}", output)), self._answer)
        return [one.rstrip() for one in output.strip("\n").split("\n")] if output.strip() else []


def toured(page: str, shell: Shell, *, fill: bool) -> tuple[str, list[str]]:
    """The page as it should be, and what in it is not true. With `fill` what is shown whole is taken as it is now."""
    wrong: list[str] = []

    def block(match: re.Match[str]) -> str:
        text = ""
        for command in commands(match[0]):
            printed = shell.run(command.line)
            whole = fill and CUT not in command.shown
            lines = printed if whole else renewed(command.shown, printed)
            if lines is None:
                wrong.append("\n".join([f"$ {command.line}", "prints", *printed, "and the page shows", *command.shown]))
            text += "\n".join([f"$ {command.line}", *(command.shown if lines is None else lines)]) + "\n"
        return text

    return BLOCK.sub(block, page), wrong


def main() -> None:
    os.environ |= ENVIRONMENT
    page = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(CASE, Path(name) / "m40", ignore=shutil.ignore_patterns(".mlwright")))
        now, wrong = toured(page, Shell(folder), fill="--check" not in sys.argv)
    if wrong:
        raise SystemExit("\n\n".join([*wrong, f"{len(wrong)} commands print something else: correct {PAGE}"]))
    if "--check" not in sys.argv:
        PAGE.write_text(now, encoding="utf-8")


if __name__ == "__main__":
    main()
