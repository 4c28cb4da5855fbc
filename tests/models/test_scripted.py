"""The scripted chat model that ships for tests."""

import asyncio

import pytest

from mlwright.kernel.errors import TransientError
from mlwright.models import ChatRequest, Delta, Message
from mlwright.testing.chat import ScriptedChat, check_chat, failure_of

ASK = ChatRequest((Message("user", "hi"),))


async def said(model: ScriptedChat) -> list[str]:
    return [event.text async for event in model.stream(ASK) if isinstance(event, Delta)]


def test_it_keeps_the_contract_of_chat_models() -> None:
    asyncio.run(check_chat(ScriptedChat("one two three")))


def test_replies_come_in_turn_and_the_last_stays() -> None:
    model = ScriptedChat("one two", ["whole piece"], lambda request: request.messages[0].content)
    assert [asyncio.run(said(model)) for _ in range(4)] == [["one ", "two"], ["whole piece"], ["hi"], ["hi"]]
    assert model.requests == [ASK] * 4


def test_errors_come_before_or_in_the_middle() -> None:
    error = TransientError("busy")
    assert asyncio.run(failure_of(ScriptedChat(error), ASK)) is error
    assert asyncio.run(failure_of(ScriptedChat(["one", error]), ASK)) is error


def test_it_needs_a_reply() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ScriptedChat()


def test_it_remembers_that_it_was_closed() -> None:
    model = ScriptedChat("x")
    asyncio.run(model.close())
    assert model.closed
