"""The port of a rewriter: a question, and what was said before it, become the queries that are searched."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Protocol

from mlwright.kernel.ids import Ref
from mlwright.kernel.parts import Facts, Part, Slot
from mlwright.models import ChatModel, Usage
from mlwright.rag.types import Turn


class RewriterFacts(Facts):
    """`chat` is the model of `models.chat` that it asks, by name; empty where it asks none. `seconds` are quick, likely
    and slow."""

    chat: str = ""
    seconds: tuple[float, float, float] = (1e-5, 5e-5, 5e-4)


@dataclass(frozen=True, slots=True)
class Query:
    """One text to search. `words` is what the keyword index is asked, `text` what is embedded; either may be empty, and
    its index is then not asked. `passage`: the text is written like a document, and is embedded as one."""

    text: str
    words: str
    passage: bool = False

    @classmethod
    def of(cls, text: str) -> "Query":
        return cls(text, text)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """`question` is the whole question in one text, standing alone: what a reranker compares passages with. The lists
    of all queries are fused. `note` says what was done, for `--explain`."""

    question: str
    queries: tuple[Query, ...]
    note: str = ""
    model: Ref | None = None
    usage: Usage = field(default_factory=Usage)


class Rewriter(Protocol):
    """Contract: there is at least one query, the first of them for the whole question. It does not raise for what a
    model does or does not: where a model fails, it falls back to rules and says so in the note."""

    async def rewrite(self, question: str, history: Sequence[Turn]) -> Rewritten: ...


class RewriterPart(Part):
    def facts(self) -> RewriterFacts:
        return RewriterFacts()

    @abstractmethod
    def build(self, chat: ChatModel | None = None) -> Rewriter:
        """`chat` is the model that `facts().chat` names."""
        ...


AnyRewriter = Annotated[RewriterPart, Slot("mlwright.rag.rewriters", key="by")]
