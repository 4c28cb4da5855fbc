"""The OpenAI-protocol chat client against a real server on this machine."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from mlwright.kernel.errors import ProviderError, TransientError, UserError
from mlwright.models import FREE, ChatModel, ChatRequest, Delta, Finish, Message, Usage, cost_of, price_of
from mlwright.models.chat.openai import Config
from mlwright.testing.chat import check_chat, failure_of
from mlwright.testing.openai_server import Answer, Failure, OpenAiServer, UsageShape

T = TypeVar("T")
KEY = "sk-very-secret-key"
COUNTS = {
    "prompt_tokens": 16_111,
    "completion_tokens": 57,
    "prompt_tokens_details": {"cached_tokens": 15_872},
    "completion_tokens_details": {"reasoning_tokens": 40},
}
ASK = ChatRequest((Message("system", "Be short."), Message("user", "Hello there")))


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    with OpenAiServer(key=KEY) as server:
        yield server


def model(server: OpenAiServer, **fields: object) -> ChatModel:
    return Config.model_validate({"model": "scripted", "base_url": server.url, "api_key": KEY, **fields}).build()


async def gather(model: ChatModel, request: ChatRequest = ASK) -> tuple[str, Finish]:
    text, finish = "", None
    async for event in model.stream(request):
        if isinstance(event, Delta):
            text += event.text
        else:
            finish = event
    assert finish is not None
    return text, finish


def run(model: ChatModel, work: Coroutine[Any, Any, T]) -> T:
    async def whole() -> T:
        try:
            return await work
        finally:
            await model.close()

    return asyncio.run(whole())


def test_it_keeps_the_contract_of_chat_models(server: OpenAiServer) -> None:
    chat = model(server)
    run(chat, check_chat(chat))


@pytest.mark.parametrize("shape", ["after", "with_finish", "empty_choice", "every_chunk"])
@pytest.mark.parametrize("split", [None, 1, 7])
def test_usage_is_read_wherever_the_stream_carries_it(
    server: OpenAiServer, shape: UsageShape, split: int | None
) -> None:
    server.script(Answer("Grüße aus dem Süden", usage=shape, counts=COUNTS, split=split))
    chat = model(server)
    text, finish = run(chat, gather(chat))
    assert text == "Grüße aus dem Süden"
    assert finish == Finish(Usage(16_111, 57, 15_872, 40), "scripted-1", "stop")


def test_without_counts_usage_is_an_estimate(server: OpenAiServer) -> None:
    server.script(Answer("four words are here", usage="none"))
    chat = model(server)
    _, finish = run(chat, gather(chat))
    assert finish.usage == Usage(5, 5, estimated=True)


def test_what_is_sent(server: OpenAiServer) -> None:
    chat = model(server, temperature=0.2, max_tokens=500)
    run(chat, gather(chat, ChatRequest(ASK.messages, max_tokens=90)))
    [seen] = server.seen
    assert seen.headers["Authorization"] == f"Bearer {KEY}"
    assert seen.body == {
        "model": "scripted",
        "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hello there"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.2,
        "max_tokens": 90,
    }


@pytest.mark.parametrize(("said", "reason"), [("length", "length"), ("content_filter", "filter"), ("stop", "stop")])
def test_reasons(server: OpenAiServer, said: str, reason: str) -> None:
    server.script(Answer("Well", finish=said))
    chat = model(server)
    assert run(chat, gather(chat))[1].reason == reason


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_what_may_be_retried(server: OpenAiServer, status: int) -> None:
    server.script(Failure(status, "busy", headers={"Retry-After": "7"}))
    chat = model(server)
    error = run(chat, failure_of(chat, ASK))
    assert isinstance(error, TransientError)
    assert error.retry_after == 7.0
    assert str(status) in error.message and "busy" in error.message and "127.0.0.1" in error.message


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 422])
def test_what_may_not(server: OpenAiServer, status: int) -> None:
    server.script(Failure(status, "no"))
    chat = model(server)
    error = run(chat, failure_of(chat, ASK))
    assert not isinstance(error, TransientError)
    assert error.hint


def test_an_empty_account_is_not_retried(server: OpenAiServer) -> None:
    server.script(Failure(429, "You exceeded your current quota", code="insufficient_quota"))
    chat = model(server)
    assert not isinstance(run(chat, failure_of(chat, ASK)), TransientError)


def test_the_key_is_in_no_message(server: OpenAiServer) -> None:
    chat = Config.model_validate({"model": "m", "base_url": server.url, "api_key": "sk-wrong-key"}).build()
    error = run(chat, failure_of(chat, ASK))
    assert "Incorrect API key" in error.message
    assert "sk-wrong-key" not in str(error)


def test_the_key_is_not_in_the_configuration_that_is_shown() -> None:
    config = Config.model_validate({"model": "m", "api_key": KEY})
    assert KEY not in repr(config) and KEY not in config.model_dump_json()


def test_a_stream_that_breaks_may_be_retried(server: OpenAiServer) -> None:
    server.script(Answer("one two three", cut_after=2), Answer("one two three", finish=None))
    chat = model(server)

    async def twice() -> None:
        for _ in range(2):
            assert isinstance(await failure_of(chat, ASK), TransientError)

    run(chat, twice())


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        ({"message": "slow down", "code": "rate_limit_exceeded"}, True),
        ({"message": "overloaded", "code": 503}, True),
        ({"message": "bad", "type": "invalid_request_error"}, False),
    ],
)
def test_errors_inside_the_stream(server: OpenAiServer, error: dict[str, object], transient: bool) -> None:
    server.script(Answer("Well", error=error))
    chat = model(server)
    raised = run(chat, failure_of(chat, ASK))
    assert isinstance(raised, TransientError) is transient
    assert str(error["message"]) in raised.message


def test_too_slow(server: OpenAiServer) -> None:
    server.script(Answer("late", latency=30))
    chat = model(server)
    error = run(chat, failure_of(chat, ChatRequest(ASK.messages, timeout=0.2)))
    assert isinstance(error, TransientError) and "0.2 s" in error.message


def test_nobody_there() -> None:
    with OpenAiServer() as server:
        url = server.url
    chat = Config.model_validate({"model": "m", "base_url": url}).build()
    error = run(chat, failure_of(chat, ASK))
    assert isinstance(error, TransientError) and "is a server running" in error.hint


def test_closing_early_closes_the_connection(server: OpenAiServer) -> None:
    server.script(Answer("word " * 2000, pause=0.01))
    chat = model(server)

    async def first_word() -> None:
        stream = chat.stream(ASK)
        async for event in stream:
            assert isinstance(event, Delta)
            break
        await stream.aclose()  # type: ignore[attr-defined]
        for _ in range(500):
            if server.gone:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the server still writes")

    run(chat, first_word())


def test_one_model_serves_several_loops(server: OpenAiServer) -> None:
    chat = model(server)

    async def in_its_own_loop() -> str:
        text, _ = await gather(chat)
        await chat.close()
        return text

    assert asyncio.run(in_its_own_loop()) == asyncio.run(in_its_own_loop()) == "You said: Hello there"


def test_facts() -> None:
    remote = Config.model_validate({"model": "gpt-4o-mini", "api_key": KEY}).facts()
    assert (remote.provider, remote.leaves_machine, remote.embedded, remote.context) == ("openai", True, False, 128_000)
    local = Config.model_validate({"model": "llama3.2", "base_url": "http://localhost:11434/v1"})
    assert (local.facts().provider, local.facts().leaves_machine) == ("localhost:11434", False)
    assert price_of(local) == FREE
    own = Config.model_validate(
        {"model": "x", "base_url": "https://llm.example/v1", "price": {"input": 1, "output": 2}}
    )
    assert cost_of(Usage(1_000_000, 500_000), price_of(own)) == 2.0
    unknown = Config.model_validate({"model": "x", "base_url": "https://llm.example/v1"})
    assert price_of(unknown) is None and unknown.facts().provider == "llm.example"


def test_openai_needs_a_key() -> None:
    with pytest.raises(UserError, match="no api_key"):
        Config.model_validate({"model": "gpt-4o-mini"}).build()


def test_a_page_instead_of_the_protocol(server: OpenAiServer) -> None:
    chat = Config.model_validate({"model": "m", "base_url": server.url + "/nowhere", "api_key": KEY}).build()
    error = run(chat, failure_of(chat, ASK))
    assert isinstance(error, ProviderError) and "404" in error.message and "/models" in error.hint
