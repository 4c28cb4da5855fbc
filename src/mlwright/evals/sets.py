"""Eval sets: JSONL files, one example a line, read strictly and named by their content."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, NonNegativeInt, model_validator

from mlwright.evals.lines import Strict, StrictLine, Text, read_lines
from mlwright.evals.types import EvalDataset, EvalExample, Expected
from mlwright.kernel.ids import content_ref

_LINE = (
    '{"id": "q1", "input": "How is it installed?", "expected_output": "With pip.", '
    '"relevant": [{"document": "install.md", "quote": "pip install"}]}'
)


class _Relevant(Strict):
    document: Annotated[Text, Field(min_length=1)]
    quote: Text = ""
    span: tuple[NonNegativeInt, NonNegativeInt] | None = None

    @model_validator(mode="after")
    def _is_a_stretch(self) -> "_Relevant":
        if self.span is not None and self.span[0] >= self.span[1]:
            raise ValueError(f"`span` {list(self.span)} is empty: it is [first character, one after the last]")
        return self


class _Line(StrictLine):
    """One line of the file; its fields are those of `EvalExample`."""

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
    what = f"the eval set {name!r}"
    return dataset(name, tuple(line.example() for line in read_lines(path, _Line, what, _LINE)))


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
