"""JSONL files, one object a line with an id of its own, read strictly: all mistakes are told with file and line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from mlwright.kernel.errors import NotFound, Unreadable

_MOST_PROBLEMS = 20
_BOM = b"\xef\xbb\xbf"


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character, which no database keeps in a text")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class StrictLine(Strict):
    """One line of a file."""

    id: Annotated[Text, Field(min_length=1)]


T = TypeVar("T", bound=StrictLine)


def read_lines(path: Path, model: type[T], what: str, looks: str) -> list[T]:
    """The lines of a file in UTF-8 (a byte order mark is let pass, blank lines are skipped). `what` names the file to
    people, and `looks` is a right line.

    Raises NotFound where the file is missing, and Unreadable that lists up to 20 bad lines with file, line and field
    (also for an id that stands twice, and for a file without a line)."""
    lines, problems = list[T](), list[str]()
    first_lines: dict[str, int] = {}
    for number, text in enumerate(_bytes(path, what, looks).removeprefix(_BOM).split(b"\n"), start=1):
        if not text.strip():
            continue
        try:
            line = model.model_validate_json(text.decode())
        except (ValidationError, UnicodeDecodeError) as error:
            problems.extend(f"{path}:{number}: {problem}" for problem in _problems(error))
            continue
        first = first_lines.setdefault(line.id, number)
        if first != number:
            problems.append(f"{path}:{number}: id: {line.id!r} stands in line {first} already")
        lines.append(line)
    if problems:
        raise _bad(path, problems, looks)
    if not lines:
        raise Unreadable(f"{path} holds no example", reason="empty", hint=f"write one a line: {looks}")
    return lines


def _bytes(path: Path, what: str, looks: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(
            f"{what} should be in {path}, and there is no such file",
            hint=f"write it, one example a line: {looks}",
        ) from None
    except OSError as error:
        raise Unreadable(
            f"{path} cannot be read: {error.strerror or error}", hint="check the path and the rights"
        ) from error


def _problems(error: ValidationError | UnicodeDecodeError) -> Iterator[str]:
    if isinstance(error, UnicodeDecodeError):
        yield f"not UTF-8: byte 0x{error.object[error.start]:02x} at column {error.start + 1}"
        return
    for problem in error.errors(include_url=False, include_context=False):
        place = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        yield f"{place}: {message}" if place else message


def _bad(path: Path, problems: list[str], looks: str) -> Unreadable:
    shown = "\n  ".join(problems[:_MOST_PROBLEMS])
    more = len(problems) - _MOST_PROBLEMS
    rest = f"\n  and {more} more" if more > 0 else ""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return Unreadable(f"{path} has {count}:\n  {shown}{rest}", reason="bad_lines", hint=f"a line looks like {looks}")
