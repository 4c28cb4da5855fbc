"""The prompt that asks for a context: the document comes first and the chunk last, both disarmed."""

from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref
from mlwright.models import Message
from mlwright.rag.templates import Template, alike, attribute, built_in_text, disarmed, markup

_MARKUP = markup("document", "chunk")
_NEEDS = "document and chunk"
_HINT = "the system part knows words; the user part also document, chunk, title and section"
_DOCUMENT, _CHUNK = "a document of some words", "a chunk of some words"


class SituatePrompt:
    """A template, named by its text: the document comes first and the chunk last."""

    def __init__(self, text: str, *, name: str) -> None:
        """Raises UserError, with file and line, where the template is not one, or shows no document or chunk."""
        self._template = Template(text, name=name, needs=_NEEDS, hint=_HINT)
        self.text = text
        self.ref: Ref = self._template.ref
        (_, shown) = self.messages(_DOCUMENT, _CHUNK, title="a title", section="a section", words=1)
        for part, example in (("document", _DOCUMENT), ("chunk", _CHUNK)):
            if example not in shown.content:
                raise UserError(
                    f"the prompt {name} does not show the {part}", hint=f"write {{{{ {part}}} }}}} below `# User`"
                )

    def messages(self, document: str, chunk: str, *, title: str, section: str, words: int) -> tuple[Message, Message]:
        """System and user message; the user's says how much of its start stays the same for the next chunk."""
        about = {"words": words, "title": attribute(title), "document": disarmed(document, _MARKUP)}
        user, other = (
            self._template.user(**about, chunk=shown, section=under)
            for shown, under in ((disarmed(chunk, _MARKUP), attribute(section)), ("\0", ""))
        )
        return Message("system", self._template.system(words=words)), Message("user", user, stable=alike(user, other))


def built_in_situate() -> SituatePrompt:
    """The prompt of a pipeline that names none."""
    return SituatePrompt(built_in_text("situate"), name="situate.md (built in)")
