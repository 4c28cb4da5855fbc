"""A whole answer of a chat model, for those who do not stream it on."""

from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast

from mlwright.models.chat import ChatModel, ChatRequest, Delta, Finish
from mlwright.models.usage import Usage


@dataclass(frozen=True, slots=True)
class Whole:
    """What was said; `finish` is None where the model ended without one, against its contract."""

    text: str
    finish: Finish | None

    @property
    def usage(self) -> Usage:
        return self.finish.usage if self.finish else Usage()


async def whole_answer(model: ChatModel, request: ChatRequest) -> Whole:
    """Ask once, and read to the end. Raises what the model raises; nothing is retried."""
    said, finish = list[str](), None
    async with aclosing(cast("Any", model.stream(request))) as stream:
        async for item in stream:
            match item:
                case Delta():
                    said.append(item.text)
                case Finish():
                    finish = item
    return Whole("".join(said), finish)
