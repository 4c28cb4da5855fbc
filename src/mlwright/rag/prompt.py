"""Prompts: a versioned template in a file becomes the messages of a request.

A template has a part below the line `# System` and one below the line `# User`. The system part is rendered without
question and passages, so that nothing retrieved or typed can enter the system role, whatever the template says.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref, content_ref
from mlwright.models import Message

NO_ANSWER = "The documents do not answer this question."
"""What the model is told to reply, and what an answer says where nothing was found."""
_PARTS = re.compile(r"\A\s*# System[ \t]*\n(?P<system>.*?)\n# User[ \t]*\n(?P<user>.*)\Z", re.DOTALL)
_MARKUP = re.compile(r"<(?=/?\s*passage\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ShownPassage:
    """What a template may show of a passage: `place` is told for people, `section` the headings above it."""

    number: int
    text: str
    place: str
    section: str


class Prompt:
    """A template, named by its text."""

    def __init__(self, text: str, *, name: str) -> None:
        """Raises UserError, with the line, where the template is not one, or shows what it must not."""
        parts = _PARTS.match(text)
        if parts is None:
            raise UserError(
                f"the prompt {name} has no system and user part",
                hint="write a line `# System` and what the model must do, then a line `# User`, passages and question",
            )
        self.text, self._name = text, name
        self.ref: Ref = content_ref("prompt", {"text": text})
        environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
        )
        try:
            self._system = environment.from_string(parts["system"])
            self._user = environment.from_string(parts["user"])
        except TemplateError as error:
            raise self._wrong(error) from error
        self.messages("a question", [ShownPassage(1, "a text", "a.md, line 1", "A heading")], cite="required")

    def messages(self, question: str, passages: Sequence[ShownPassage], *, cite: str) -> tuple[Message, ...]:
        """System and user message. Marks that would end a passage early are disarmed in question and passages."""
        safe = [
            ShownPassage(one.number, _disarmed(one.text), _attribute(one.place), _attribute(one.section))
            for one in passages
        ]
        try:
            system = self._system.render(cite=cite, no_answer=NO_ANSWER)
            user = self._user.render(cite=cite, no_answer=NO_ANSWER, passages=safe, question=_disarmed(question))
        except TemplateError as error:
            raise self._wrong(error) from error
        return Message("system", system.strip()), Message("user", user.strip())

    def _wrong(self, error: TemplateError) -> UserError:
        line = getattr(error, "lineno", None)
        place = f"{self._name}, line {line}" if line else self._name
        hint = "the system part knows cite and no_answer; the user part also passages and question"
        return UserError(f"the prompt {place}: {error.message}", hint=hint)


def built_in() -> Prompt:
    """The prompt of a pipeline that names none."""
    text = files("mlwright.rag").joinpath("prompts/answer.md").read_text("utf-8")
    return Prompt(text, name="answer.md (built in)")


def _disarmed(text: str) -> str:
    return _MARKUP.sub("‹", text)


def _attribute(text: str) -> str:
    return " ".join(text.replace('"', "'").replace("<", "‹").replace(">", "›").split())
