"""The question is searched as it stands."""

from collections.abc import Sequence
from typing import Literal

from mlwright.models import ChatModel
from mlwright.rag.rewriters import Query, Rewriter, RewriterPart, Rewritten
from mlwright.rag.types import Turn


class Config(RewriterPart):
    """Searches the question letter by letter, and takes no notice of what was said before."""

    use: Literal["none"] = "none"

    def build(self, chat: ChatModel | None = None) -> Rewriter:
        return AsItStands()


class AsItStands:
    """A Rewriter."""

    async def rewrite(self, question: str, history: Sequence[Turn]) -> Rewritten:
        return Rewritten(question, (Query.of(question),))
