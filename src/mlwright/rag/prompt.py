"""Prompts: a versioned template in a file becomes the messages of a request.

A template has a part below the line `# System` and one below the line `# User`. The system part is rendered without
question, history and passages, so that nothing retrieved or typed can enter the system role, whatever the template
says. In the user part whatever others wrote is disarmed: it can neither end the passage that it stands in, nor open a
role, nor bring a citation mark of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mlwright.kernel.ids import Ref
from mlwright.models import Message
from mlwright.rag.marks import disarm, unmarked
from mlwright.rag.templates import Template, alike, attribute, built_in_text, disarmed, markup
from mlwright.rag.types import Turn

NO_ANSWER = "The documents do not answer this question."
"""What the model is told to reply, and what an answer says where nothing was found."""
_MARKUP = markup("passage", "conversation", "question")
_NEEDS = "passages and question"
_HINT = "the system part knows cite and no_answer; the user part also passages, question and history"


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
        """Raises UserError, with file and line, where the template is not one, or shows what it must not."""
        self._template = Template(text, name=name, needs=_NEEDS, hint=_HINT)
        self.text = text
        self.ref: Ref = self._template.ref
        self.shows_history = bool(re.search(r"\bhistory\b", self._template.user_text))
        example = ShownPassage(1, "a text", "a.md, line 1", "A heading")
        self.messages("a question", [example], cite="required", history=[Turn("a question", "an answer")])

    def messages(
        self, question: str, passages: Sequence[ShownPassage], *, cite: str, history: Sequence[Turn] = ()
    ) -> tuple[Message, ...]:
        """System and user message; the user's says how much of its start stays the same for another question about the
        same passages. Raises UserError, with file and line."""
        safe = [
            ShownPassage(one.number, _safe(disarm(one.text)), attribute(one.place), attribute(one.section))
            for one in passages
        ]
        turns = [Turn(_safe(turn.question), _safe(unmarked(turn.answer))) for turn in history]
        system = self._template.system(no_answer=NO_ANSWER, cite=cite)
        user, other = (
            self._template.user(no_answer=NO_ANSWER, cite=cite, passages=safe, question=asked, history=said)
            for asked, said in ((_safe(question), turns), ("\0", []))
        )
        return Message("system", system), Message("user", user, stable=alike(user, other))


def built_in() -> Prompt:
    """The prompt of a pipeline that names none."""
    return Prompt(built_in_text("generate"), name="answer.md (built in)")


def _safe(text: str) -> str:
    return disarmed(text, _MARKUP)
