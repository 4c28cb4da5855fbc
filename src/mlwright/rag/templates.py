"""Templates: a file with a system and a user part, rendered in a sandbox; what others wrote is disarmed before."""

import re
from importlib.resources import files
from itertools import takewhile
from types import TracebackType

from jinja2 import StrictUndefined, TemplateError
from jinja2 import Template as Compiled
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref, content_ref
from mlwright.rag.outline import PARTS

_ROLES = re.compile(
    r"<(?=\|)|<(?=/?(?:s|bos|eos|start_of_turn|end_of_turn|start_of_role|end_of_role)>)|<(?=<?/?SYS>)|\[(?=/?INST\])"
)
"""Starts of the control tokens of chat formats, which some servers read wherever they stand."""
_FILES = {"generate": "answer.md", "situate": "situate.md"}
_LOOKALIKE = {"<": "‹", "[": "⟦"}


class Template:
    """A text with a part below the line `# System` and one below the line `# User`, named by its text."""

    def __init__(self, text: str, *, name: str, needs: str, hint: str) -> None:
        """`needs` says what the user part is for, `hint` what both parts know. Raises UserError, with file and line,
        where the text is no such template."""
        parts = PARTS.match(text)
        if parts is None:
            raise UserError(
                f"the prompt {name} has no system and user part",
                hint=f"write a line `# System` and what the model must do, then a line `# User`, {needs}",
            )
        self.text, self._name, self._hint = text, name, hint
        self.ref: Ref = content_ref("prompt", {"text": text})
        self.user_text = parts["user"]
        environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
        )
        self._system, self._user = (self._compiled(environment, text, parts, part) for part in ("system", "user"))

    def system(self, **known: object) -> str:
        """Raises UserError, with file and line."""
        return self._rendered(self._system, known)

    def user(self, **known: object) -> str:
        """Raises UserError, with file and line."""
        return self._rendered(self._user, known)

    def _compiled(
        self, environment: ImmutableSandboxedEnvironment, text: str, parts: re.Match[str], part: str
    ) -> Compiled:
        """One part, below as many empty lines as stand above it in the file, so that errors name the file's line."""
        above = "\n" * text.count("\n", 0, parts.start(part))
        try:
            return environment.from_string(above + parts[part])
        except TemplateError as error:
            raise self._wrong(error) from error

    def _rendered(self, template: Compiled, known: dict[str, object]) -> str:
        try:
            return template.render(**known).strip()
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise self._wrong(error) from error

    def _wrong(self, error: Exception) -> UserError:
        line = getattr(error, "lineno", None) or _line_of(error.__traceback__)
        place = f"{self._name}:{line}" if line else self._name
        return UserError(f"the prompt {place}: {getattr(error, 'message', None) or error}", hint=self._hint)


def built_in_text(stage: str) -> str:
    """The template of a stage of a pipeline that names no file."""
    return files("mlwright.rag").joinpath("prompts", _FILES[stage]).read_text("utf-8")


def alike(one: str, other: str) -> int:
    """How many characters two texts have in common from their start."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def markup(*tags: str) -> re.Pattern[str]:
    """Where one of these tags begins or ends."""
    return re.compile(rf"<(?=/?\s*(?:{'|'.join(tags)})\b)", re.IGNORECASE)


def disarmed(text: str, tags: re.Pattern[str]) -> str:
    """The text, so that it can neither open nor close one of the tags, nor open a role."""
    return _ROLES.sub(lambda found: _LOOKALIKE[found[0]], tags.sub("‹", text))


def attribute(text: str) -> str:
    """The text as the value of an attribute, on one line."""
    return " ".join(text.replace('"', "'").replace("<", "‹").replace(">", "›").split())


def _line_of(trace: TracebackType | None) -> int | None:
    """The line of the template that failed; Jinja writes its own lines into the traceback."""
    line = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
