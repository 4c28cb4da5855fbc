"""Prompts: a versioned template in a file becomes the messages of a request.

A template has a part below the line `# System` and one below the line `# User`. The system part is rendered without
question, history and passages, so that nothing retrieved or typed can enter the system role, whatever the template
says. In the user part whatever others wrote is disarmed: it can neither end the passage that it stands in, nor open a
role, nor bring a citation mark of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import takewhile
from types import TracebackType

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref, content_ref
from mlwright.models import Message
from mlwright.rag.marks import disarm, unmarked
from mlwright.rag.types import Turn

NO_ANSWER = "The documents do not answer this question."
"""What the model is told to reply, and what an answer says where nothing was found."""
_PARTS = re.compile(r"\A\s*# System[ \t]*\n(?P<system>.*?)\n# User[ \t]*\n(?P<user>.*)\Z", re.DOTALL)
_MARKUP = re.compile(r"<(?=/?\s*(?:passage|conversation|question)\b)", re.IGNORECASE)
_ROLES = re.compile(
    r"<(?=\|)|<(?=/?(?:s|bos|eos|start_of_turn|end_of_turn|start_of_role|end_of_role)>)|<(?=<?/?SYS>)|\[(?=/?INST\])"
)
"""Starts of the control tokens of chat formats, which some servers read wherever they stand."""
_LOOKALIKE = {"<": "‹", "[": "⟦"}


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
        parts = _PARTS.match(text)
        if parts is None:
            raise UserError(
                f"the prompt {name} has no system and user part",
                hint="write a line `# System` and what the model must do, then a line `# User`, passages and question",
            )
        self.text, self._name = text, name
        self.ref: Ref = content_ref("prompt", {"text": text})
        self.shows_history = bool(re.search(r"\bhistory\b", parts["user"]))
        environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
        )
        self._system, self._user = (self._compiled(environment, text, parts, part) for part in ("system", "user"))
        example = ShownPassage(1, "a text", "a.md, line 1", "A heading")
        self.messages("a question", [example], cite="required", history=[Turn("a question", "an answer")])

    def messages(
        self, question: str, passages: Sequence[ShownPassage], *, cite: str, history: Sequence[Turn] = ()
    ) -> tuple[Message, ...]:
        """System and user message; the user's says how much of its start stays the same for another question about the
        same passages. Raises UserError, with file and line."""
        safe = [
            ShownPassage(one.number, _disarmed(disarm(one.text)), _attribute(one.place), _attribute(one.section))
            for one in passages
        ]
        turns = [Turn(_disarmed(turn.question), _disarmed(unmarked(turn.answer))) for turn in history]
        system = self._rendered(self._system, cite=cite)
        user, other = (
            self._rendered(self._user, cite=cite, passages=safe, question=asked, history=said)
            for asked, said in ((_disarmed(question), turns), ("\0", []))
        )
        return Message("system", system), Message("user", user, stable=_alike(user, other))

    def _compiled(
        self, environment: ImmutableSandboxedEnvironment, text: str, parts: re.Match[str], part: str
    ) -> Template:
        """One part, below as many empty lines as stand above it in the file, so that errors name the file's line."""
        above = "\n" * text.count("\n", 0, parts.start(part))
        try:
            return environment.from_string(above + parts[part])
        except TemplateError as error:
            raise self._wrong(error) from error

    def _rendered(self, template: Template, **known: object) -> str:
        try:
            return template.render(no_answer=NO_ANSWER, **known).strip()
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise self._wrong(error) from error

    def _wrong(self, error: Exception) -> UserError:
        line = getattr(error, "lineno", None) or _line_of(error.__traceback__)
        place = f"{self._name}:{line}" if line else self._name
        hint = "the system part knows cite and no_answer; the user part also passages, question and history"
        return UserError(f"the prompt {place}: {getattr(error, 'message', None) or error}", hint=hint)


def built_in() -> Prompt:
    """The prompt of a pipeline that names none."""
    text = files("mlwright.rag").joinpath("prompts/answer.md").read_text("utf-8")
    return Prompt(text, name="answer.md (built in)")


def _line_of(trace: TracebackType | None) -> int | None:
    """The line of the template that failed; Jinja writes its own lines into the traceback."""
    line = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _alike(one: str, other: str) -> int:
    """How many characters two texts have in common from their start."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _disarmed(text: str) -> str:
    return _ROLES.sub(lambda found: _LOOKALIKE[found[0]], _MARKUP.sub("‹", text))


def _attribute(text: str) -> str:
    return " ".join(text.replace('"', "'").replace("<", "‹").replace(">", "›").split())
