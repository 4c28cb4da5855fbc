"""Eval sets: JSONL files, one example a line, read strictly and named by their content."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError, model_validator

from mlwright.evals.types import EvalDataset, EvalExample, Expected
from mlwright.kernel.errors import NotFound, Unreadable
from mlwright.kernel.ids import content_ref

_MOST_PROBLEMS = 20
_BOM = b"\xef\xbb\xbf"
_LINE = (
    '{"id": "q1", "input": "How is it installed?", "expected_output": "With pip.", '
    '"relevant": [{"document": "install.md", "quote": "pip install"}]}'
)


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character, which no database keeps in a text")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Relevant(_Strict):
    document: Annotated[Text, Field(min_length=1)]
    quote: Text = ""
    span: tuple[NonNegativeInt, NonNegativeInt] | None = None

    @model_validator(mode="after")
    def _is_a_stretch(self) -> "_Relevant":
        if self.span is not None and self.span[0] >= self.span[1]:
            raise ValueError(f"`span` {list(self.span)} is empty: it is [first character, one after the last]")
        return self


class _Line(_Strict):
    """One line of the file; its fields are those of `EvalExample`."""

    id: Annotated[Text, Field(min_length=1)]
    input: Text
    expected_output: Text = ""
    relevant: tuple[_Relevant, ...] = ()
    unanswerable: bool = False
    tags: tuple[Text, ...] = ()
    metadata: dict[Text, Text] = Field(default_factory=dict)
    synthetic: Text = ""

    @model_validator(mode="after")
    def _means_something(self) -> "_Line":
        if not self.input.strip():
            raise ValueError("`input` is blank")
        if self.unanswerable and (self.expected_output or self.relevant):
            raise ValueError("an `unanswerable` example has neither `expected_output` nor `relevant`")
        return self

    def example(self) -> EvalExample:
        relevant = tuple(Expected(one.document, one.quote, one.span) for one in self.relevant)
        return EvalExample(
            id=self.id,
            input=self.input,
            expected_output=self.expected_output,
            relevant=relevant,
            unanswerable=self.unanswerable,
            tags=self.tags,
            metadata=dict(self.metadata),
            synthetic=self.synthetic,
        )


def read_set(path: Path, name: str) -> EvalDataset:
    """The examples of a file in UTF-8 (a byte order mark is let pass, blank lines are skipped).

    Raises NotFound where the file is missing, and Unreadable that lists up to 20 bad lines with file, line and field
    (also for an id that stands twice, and for a file without an example)."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NotFound(
            f"the eval set {name!r} should be in {path}, and there is no such file",
            hint=f"write it, one example a line: {_LINE}",
        ) from None
    except OSError as error:
        raise Unreadable(
            f"{path} cannot be read: {error.strerror or error}", hint="check the path and the rights"
        ) from error
    examples, problems = list[EvalExample](), list[str]()
    first_lines: dict[str, int] = {}
    for number, line in enumerate(content.removeprefix(_BOM).split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            example = _Line.model_validate_json(line.decode()).example()
        except (ValidationError, UnicodeDecodeError) as error:
            problems.extend(f"{path}:{number}: {problem}" for problem in _problems(error))
            continue
        first = first_lines.setdefault(example.id, number)
        if first != number:
            problems.append(f"{path}:{number}: id: {example.id!r} stands in line {first} already")
        examples.append(example)
    if problems:
        raise _bad(path, problems)
    if not examples:
        raise Unreadable(f"{path} holds no example", reason="empty", hint=f"write one a line: {_LINE}")
    return dataset(name, tuple(examples))


def dataset(name: str, examples: tuple[EvalExample, ...]) -> EvalDataset:
    return EvalDataset(content_ref("evalset", {"examples": [_plain(example) for example in examples]}), name, examples)


def written(dataset: EvalDataset) -> bytes:
    """The examples as JSONL, which `rewritten` reads."""
    lines = (json.dumps(_plain(example), ensure_ascii=False, sort_keys=True) for example in dataset.examples)
    return "".join(f"{line}\n" for line in lines).encode()


def rewritten(name: str, content: bytes) -> EvalDataset:
    """The inverse of `written`."""
    lines = content.decode().split("\n")[:-1]
    return dataset(name, tuple(_Line.model_validate_json(line).example() for line in lines))


def _plain(example: EvalExample) -> dict[str, Any]:
    """Fields that came later are left out where they are not used, so that sets keep the names they had."""
    plain = asdict(example)
    for one in plain["relevant"]:
        if one["span"] is None:
            del one["span"]
    if not example.synthetic:
        del plain["synthetic"]
    return plain


def _problems(error: ValidationError | UnicodeDecodeError) -> Iterator[str]:
    if isinstance(error, UnicodeDecodeError):
        yield f"not UTF-8: byte 0x{error.object[error.start]:02x} at column {error.start + 1}"
        return
    for problem in error.errors(include_url=False, include_context=False):
        place = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        yield f"{place}: {message}" if place else message


def _bad(path: Path, problems: list[str]) -> Unreadable:
    shown = "\n  ".join(problems[:_MOST_PROBLEMS])
    more = len(problems) - _MOST_PROBLEMS
    rest = f"\n  and {more} more" if more > 0 else ""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return Unreadable(f"{path} has {count}:\n  {shown}{rest}", reason="bad_lines", hint=f"a line looks like {_LINE}")
