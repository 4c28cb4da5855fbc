"""Command of conversations: chat, a talk with an endpoint on the terminal."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from mlwright import app as house
from mlwright import rag
from mlwright.faces.cli import show
from mlwright.faces.cli.options import DEFAULT, Endpoint, File, Sets, Target, overrides
from mlwright.kernel.errors import MlwrightError, UserError
from mlwright.kernel.ids import Ref

if TYPE_CHECKING:
    from mlwright.app import App
    from mlwright.rag import Answer

_HELP = "/why shows what the last answer was made from, /new begins anew, /turns shows the talk so far, /quit ends"


def add_to(cli: typer.Typer) -> None:
    cli.command()(chat)


def chat(
    file: File = DEFAULT,
    endpoint: Endpoint = "",
    conversation: Annotated[str, typer.Option(help="Continue this one, as conversation:01jd…")] = "",
    user: Annotated[str, typer.Option(help="Who asks: conversations belong to their user.")] = "",
    target: Target = None,
    sets: Sets = None,
) -> None:
    """Talk with an endpoint: each question may lean on those before it. Answers stream, with their citations; /why
    shows what one was made from, /new begins anew, and Ctrl-D ends. Questions may also come from a pipe."""
    with house.open(file, target=target, sets=overrides(sets)) as app:
        _Talk(app, endpoint, user, conversation or rag.NEW).go_on()


class _Talk:
    """One conversation after another, until the questions end."""

    def __init__(self, app: "App", endpoint: str, user: str, conversation: str) -> None:
        self._app, self._endpoint, self._user, self._conversation = app, endpoint, user, conversation
        self._last: Answer | None = None
        self._words: Mapping[str, Callable[[], None]] = {
            "/why": self._why, "/new": self._new, "/turns": self._turns, "/help": lambda: show.line(_HELP),
        }  # fmt: skip

    def go_on(self) -> None:
        if self._conversation != rag.NEW:
            self._turns()
        show.line(_HELP)
        while (said := show.question()) is not None:
            if said in ("/quit", "/exit"):
                break
            if said:
                self._take(said)
        if self._last is not None and self._last.conversation:
            show.line(f"\nto go on: mlwright chat --conversation {self._last.conversation}")

    def _take(self, said: str) -> None:
        """A command or a question; what goes wrong with it does not end the talk."""
        try:
            if said.startswith("/"):
                self._command(said)
            else:
                self._ask(said)
        except MlwrightError as error:
            show.line(f"\nerror: {error.message}" + (f"\n hint: {error.hint}" if error.hint else ""))

    def _command(self, said: str) -> None:
        if said not in self._words:
            raise UserError(f"there is no {said.split()[0]}", hint=_HELP)
        self._words[said]()

    def _ask(self, question: str) -> None:
        answer = self._app.ask(
            question, endpoint=self._endpoint, user=self._user, conversation=self._conversation, on_token=show.token
        )
        show.answer(answer)
        self._last = answer
        self._conversation = str(answer.conversation)

    def _why(self) -> None:
        if self._last is None:
            raise UserError("nothing was asked yet", hint="ask something first")
        show.tree(self._app.why(self._last.ref).root)

    def _new(self) -> None:
        self._conversation, self._last = rag.NEW, None
        show.line("a new conversation")

    def _turns(self) -> None:
        if self._conversation == rag.NEW:
            raise UserError("nothing was asked yet", hint="ask something first")
        owner = self._app.serving.owner("", self._user)
        for _, turn in self._app.conversations.turns(Ref.parse(self._conversation), owner):
            show.turn(turn)
