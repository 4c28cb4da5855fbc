"""The answers that people asked for, as opposed to those that evaluations made."""

from typing import TYPE_CHECKING

from mlwright.kernel.ids import Ref
from mlwright.rag import Answer

if TYPE_CHECKING:
    from mlwright.app import App

_LOGGED = 2000


def served_refs(app: "App") -> list[Ref]:
    """The answers of the latest requests, newest first, each once."""
    return list(dict.fromkeys(log.answer for log in app.serving.requests(_LOGGED) if log.answer is not None))


def served(app: "App", most: int) -> list[Answer]:
    """The latest `most` of them, whole."""
    return [app.answer(ref) for ref in served_refs(app)[:most]]
