"""Answers that another system gave to the examples of a set: a JSONL file, as a target that looks them up."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, NonNegativeFloat, NonNegativeInt

from mlwright.evals.lines import Strict, StrictLine, Text, read_lines
from mlwright.evals.ports import Cited, Outcome, Retrieved
from mlwright.evals.types import EvalExample
from mlwright.kernel.errors import NotFound
from mlwright.kernel.ids import Ref, content_ref

_LOOKS = '{"id": "q1", "output": "With pip.", "retrieved": [{"document": "install.md", "text": "Use pip install."}]}'


class _Passage(Strict):
    document: Annotated[Text, Field(min_length=1)]
    text: Text = ""
    span: tuple[NonNegativeInt, NonNegativeInt] | None = None


class _Citation(Strict):
    document: Annotated[Text, Field(min_length=1)]
    quote: Annotated[Text, Field(min_length=1)]
    span: tuple[NonNegativeInt, NonNegativeInt] | None = None


class _Line(StrictLine):
    """`id` is that of the example; `cost` is in USD, `seconds` the time of the whole answer."""

    output: Text
    retrieved: tuple[_Passage, ...] = ()
    cited: tuple[_Citation, ...] = ()
    abstained: bool = False
    cost: NonNegativeFloat | None = None
    seconds: NonNegativeFloat | None = None

    def outcome(self) -> Outcome:
        """A citation resolves where its quote stands in a passage that was retrieved from its document."""
        return Outcome(
            output=self.output,
            retrieved=tuple(Retrieved(one.document, one.text, one.span) for one in self.retrieved),
            cited=tuple(Cited(one.document, one.quote, self._stands(one), one.span) for one in self.cited),
            abstained=self.abstained,
            cost=self.cost,
            seconds={} if self.seconds is None else {"total": self.seconds},
        )

    def _stands(self, cited: _Citation) -> bool:
        quote = " ".join(cited.quote.split())
        texts = (one.text for one in self.retrieved if one.document == cited.document)
        return any(quote in " ".join(text.split()) for text in texts)


@dataclass(frozen=True, slots=True)
class GivenAnswers:
    """`ref` (kind `answers`) hashes them in order. A target: an example without an answer is an error."""

    ref: Ref
    outcomes: Mapping[str, Outcome]

    async def __call__(self, example: EvalExample) -> Outcome:
        if example.id not in self.outcomes:
            raise NotFound(f"there is no answer to example {example.id!r}", hint="add a line with that id")
        return self.outcomes[example.id]


def read_given(path: Path) -> GivenAnswers:
    """The answers of a file. Raises as `read_set` does."""
    lines = read_lines(path, _Line, "the file of answers", _LOOKS)
    ref = content_ref("answers", {"answers": [line.model_dump(mode="json") for line in lines]})
    return GivenAnswers(ref, {line.id: line.outcome() for line in lines})
