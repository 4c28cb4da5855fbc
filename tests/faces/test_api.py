"""The API over a real socket."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from faces.api_house import NEW, OLD, SmallApp, client_of, running, small_app
from mlwright.faces.api import make_api
from mlwright.kernel.errors import ProviderError, TransientError
from mlwright.testing.handlers import ScriptedHandlers


@pytest.fixture
def handlers() -> ScriptedHandlers:
    return ScriptedHandlers()


@pytest.fixture
def app(tmp_path: Path, handlers: ScriptedHandlers) -> Iterator[SmallApp]:
    app = small_app(tmp_path, handlers, rollout={"steps": ["50%", "100%"]})
    yield app
    app.kernel.store.close()


@pytest.fixture
def client(app: SmallApp) -> Iterator[httpx2.Client]:
    with client_of(app, max_body=20_000) as client:
        yield client


def events_in(text: str) -> list[tuple[str, dict[str, object]]]:
    """Server-sent events as (event, data)."""
    found = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines.get("event", ""), json.loads(lines["data"])))
    return found


def test_ask_answers_in_json(client: httpx2.Client) -> None:
    for path, body in (
        ("/v1/ask", {"question": "why?", "user": "ann"}),
        ("/v1/endpoints/answer", {"question": "why?"}),
    ):
        response = client.post(path, json=body)
        assert response.status_code == 200 and response.json()["text"] == "old: why?"
        assert len(response.headers["x-trace-id"]) == 32


@pytest.mark.parametrize("asked_by", ["body", "accept"])
def test_ask_streams_tokens_and_then_done(client: httpx2.Client, asked_by: str) -> None:
    body = {"question": "why?", "stream": asked_by == "body"}
    headers = {"accept": "text/event-stream"} if asked_by == "accept" else {}
    response = client.post("/v1/ask", json=body, headers=headers)
    assert response.headers["content-type"].startswith("text/event-stream")
    events = events_in(response.text)
    assert [event for event, _ in events] == ["token", "token", "done"]
    assert events[-1][1]["text"] == "old: why?"


CITATION = {
    "number": 1,
    "key": "a.md",
    "title": "",
    "page": None,
    "lines": [3, 5],
    "document": "document:docs/a.md",
    "quote": "x",
}


def test_citations_come_before_the_text_with_their_mark(client: httpx2.Client, handlers: ScriptedHandlers) -> None:
    handlers.citations = [CITATION]
    events = events_in(client.post("/v1/ask", json={"question": "it is so [1].", "stream": True}).text)
    assert [event for event, _ in events] == ["token", "citation", "token", "done"]
    assert events[1][1] == CITATION
    body = {"model": "answer", "messages": [{"role": "user", "content": "it is so [1]."}]}
    noted = {
        "type": "url_citation",
        "url_citation": {
            "start_index": 14,
            "end_index": 17,
            "url": "mlwright:document:docs/a.md#L3-L5",
            "title": "a.md",
        },
    }
    assert client.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]["annotations"] == [noted]
    lines = client.post("/v1/chat/completions", json={**body, "stream": True}).text.split("\n\n")
    deltas = [json.loads(line[6:])["choices"][0]["delta"] for line in lines if line.startswith("data: {")]
    assert [delta["annotations"] for delta in deltas if "annotations" in delta] == [[noted]]


def test_a_failure_before_the_stream_has_its_status_and_one_in_it_is_an_event(
    client: httpx2.Client, handlers: ScriptedHandlers
) -> None:
    handlers.failures = [ProviderError("no such model", hint="check it")]
    early = client.post("/v1/ask", json={"question": "q", "stream": True})
    assert (early.status_code, early.headers["content-type"]) == (502, "application/problem+json")
    handlers.failures, handlers.halfway = [TransientError("cut")], True
    late = events_in(client.post("/v1/ask", json={"question": "q", "stream": True}).text)
    assert [event for event, _ in late] == ["token", "error"]
    assert late[1][1]["status"] == 503 and late[1][1]["detail"] == "cut"


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_goes_away_stops_the_work(
    client: httpx2.Client, handlers: ScriptedHandlers, stream: bool
) -> None:
    handlers.seconds = 30
    with pytest.raises(httpx2.ReadTimeout):
        client.post("/v1/ask", json={"question": "q", "stream": stream}, timeout=0.3)
    until = time.monotonic() + 20
    while handlers.running and time.monotonic() < until:
        time.sleep(0.01)
    assert handlers.running == 0 and handlers.cancelled == 1


def test_many_at_once(client: httpx2.Client) -> None:
    with ThreadPoolExecutor(16) as pool:
        texts = list(pool.map(lambda n: client.post("/v1/ask", json={"question": f"q{n}"}).json()["text"], range(64)))
    assert texts == [f"old: q{number}" for number in range(64)]


def test_chat_completions_as_the_sdk_sends_them(client: httpx2.Client) -> None:
    body = {
        "model": "answer", "temperature": 0.2, "n": 1, "user": "ann",
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "first"},
            {"role": "assistant", "content": "yes"},
            {"role": "user", "content": [{"type": "text", "text": "why?"}]},
        ],
    }  # fmt: skip
    response = client.post("/v1/chat/completions", json=body, headers={"authorization": "Bearer unused"})
    data = response.json()
    assert (data["object"], data["model"]) == ("chat.completion", "answer") and data["id"].startswith("chatcmpl-")
    assert data["choices"][0]["message"] == {
        "role": "assistant",
        "content": "old: why?",
        "refusal": None,
        "annotations": [],
    }
    assert data["choices"][0]["finish_reason"] == "stop"
    assert data["usage"] == {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    assert data["mlwright"]["answer"].startswith("answer:")


def test_chat_completions_stream_as_the_sdk_reads_them(client: httpx2.Client) -> None:
    body = {
        "model": "answer", "messages": [{"role": "user", "content": "why?"}], "stream": True,
        "stream_options": {"include_usage": True},
    }  # fmt: skip
    with client.stream("POST", "/v1/chat/completions", json=body) as response:
        lines = [line.removeprefix("data: ") for line in response.iter_lines() if line]
    assert lines[-1] == "[DONE]"
    chunks = [json.loads(line) for line in lines[:-1]]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"} and len({c["id"] for c in chunks}) == 1
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    deltas = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if chunk["choices"]]
    assert "".join(deltas) == "old: why?"
    assert [c["choices"][0]["finish_reason"] for c in chunks if c["choices"]][-1] == "stop"
    assert chunks[-1]["choices"] == [] and chunks[-1]["usage"]["total_tokens"] == 10


def test_chat_completions_fail_in_the_shape_of_openai(client: httpx2.Client, handlers: ScriptedHandlers) -> None:
    for body, status in (
        ({"model": "nope", "messages": [{"role": "user", "content": "x"}]}, 404),
        ({"model": "answer", "messages": []}, 422),
        ({"model": "answer", "messages": [{"role": "system", "content": "x"}]}, 400),
    ):
        response = client.post("/v1/chat/completions", json=body)
        assert response.status_code == status
        assert set(response.json()["error"]) == {"message", "type", "param", "code"}
    handlers.failures, handlers.halfway = [TransientError("cut")], True
    body = {"model": "answer", "messages": [{"role": "user", "content": "x"}], "stream": True}
    last = client.post("/v1/chat/completions", json=body).text.strip().split("\n\n")[-1]
    assert json.loads(last.removeprefix("data: "))["error"]["message"] == "cut"


def test_earlier_messages_are_the_history(client: httpx2.Client, handlers: ScriptedHandlers) -> None:
    said = [("system", "s"), ("user", "a"), ("user", "b"), ("assistant", "c"), ("assistant", "d"), ("user", "e")]
    messages = [{"role": role, "content": content} for role, content in said]
    for more in ([], [{"role": "assistant", "content": "prefill"}]):
        client.post("/v1/chat/completions", json={"model": "answer", "messages": messages + more})
        _, request = handlers.asked[-1]
        assert (request.question, list(request.history)) == ("e", [("b", "c")])
    body = {"question": "e", "history": [{"question": "b", "answer": "c"}]}
    client.post("/v1/ask", json=body)
    assert list(handlers.asked[-1][1].history) == [("b", "c")]


def test_a_conversation_belongs_to_key_and_user(client: httpx2.Client, handlers: ScriptedHandlers) -> None:
    owners = []
    for user in ("ann", "bob", ""):
        client.post("/v1/ask", json={"question": "q", "user": user, "conversation": "new"})
        owners.append(handlers.asked[-1][1].owner)
    assert len(set(owners)) == 3 and owners[2] == "" and "ann" not in owners[0]
    both = {"question": "q", "conversation": "new", "history": [{"question": "b", "answer": "c"}]}
    assert client.post("/v1/ask", json=both).status_code == 400
    assert client.post("/v1/ask", json={"question": "q", "conversation": "mine"}).status_code == 422
    assert client.get("/v1/conversations?user=ann").json() == []
    assert client.get("/v1/conversations/none").status_code == 404
    assert client.delete("/v1/conversations/none?user=ann").status_code == 404


def test_models_are_the_endpoints(client: httpx2.Client) -> None:
    assert [model["id"] for model in client.get("/v1/models").json()["data"]] == ["answer"]
    assert client.get("/v1/models/answer").json()["object"] == "model"
    assert client.get("/v1/models/nope").status_code == 404


def test_the_control_plane_promotes_rolls_back_and_tells(client: httpx2.Client, app: SmallApp) -> None:
    app.serving.deploy("answer", NEW)
    assert client.get("/v1/endpoints/answer/traffic").json()["traffic"]["canary"] == str(NEW)
    assert client.post("/v1/promote", json={"why": "good"}).json()["stable"] == str(NEW)
    assert client.post("/v1/promote", json={}).status_code == 409
    assert client.post("/v1/rollback", json={"endpoint": "answer"}).json()["stable"] == str(OLD)
    assert [release["ref"] for release in client.get("/v1/releases").json()] == [str(NEW), str(OLD)]


def test_feedback_and_its_lineage(client: httpx2.Client) -> None:
    answer = client.post("/v1/ask", json={"question": "why?"}).json()["answer"]
    given = client.post("/v1/feedback", json={"answer": answer, "score": 1, "comment": "ja"}).json()
    assert given["answer"] == answer
    assert f"feedback:{given['id']}" in client.get(f"/v1/blast/{answer}").json()["depth"]


def test_the_rest_of_the_control_plane_answers(client: httpx2.Client) -> None:
    for path in (
        "/v1/runs?limit=5&kind=eval",
        "/v1/documents",
        "/v1/status",
        "/v1/why/answer:x",
        "/healthz",
        "/readyz",
    ):
        assert client.get(path).status_code == 200, path
    for path in ("/v1/runs/x", "/v1/answers/x", "/v1/documents/document:docs/a/b.md/chunks", "/v1/endpoints/x/traffic"):
        assert client.get(path).status_code == 404, path
    for path in ("/v1/ingest", "/v1/eval"):
        assert client.post(path, json={}).status_code == 200, path
    assert client.post("/v1/retrieve", json={"question": "q", "top": 3}).json()["top"] == 3


def test_metrics_are_prometheus_text(client: httpx2.Client) -> None:
    client.post("/v1/ask", json={"question": "q"})
    lines = client.get("/metrics").text.splitlines()
    assert 'mlwright_requests_total{endpoint="answer",outcome="ok"} 1' in lines
    assert 'mlwright_request_seconds_bucket{endpoint="answer",le="+Inf"} 1' in lines
    assert all(line.startswith("#") or len(line.rsplit(" ", 1)) == 2 for line in lines)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b"", 422),
        (b"[]", 422),
        (b'{"question": "a\x00b"}', 422),
        (b'{"question": "a\\u0000b"}', 422),
        (b'{"question": "\\ud800"}', 422),
        (b'{"question": "\xff\xfe"}', 422),
        (b'{"question": ' + b"9" * 6000 + b"}", 422),
        (b'{"question": "q", "typo": 1}', 422),
        (b'{"question": "   "}', 400),
        (b'{"question": "q", "filter": {"a": null}}', 422),
        (b'{"question": "q", "filter": {"a": {"~": 1}}}', 400),
        (b'{"question": "q", "endpoint": "<script>"}', 422),
        (b"[" * 15_000, 422),
        (b'{"question": "' + b"x" * 12_000 + b'"}', 403),
        (b'{"question": "' + b"x" * 30_000 + b'"}', 413),
    ],
)
def test_bad_bodies_are_problems(client: httpx2.Client, body: bytes, status: int) -> None:
    response = client.post("/v1/ask", content=body, headers={"content-type": "application/json"})
    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert problem["status"] == status and problem["type"].startswith("urn:mlwright:error:") and problem["title"]
    assert "Traceback" not in response.text and len(response.text) < 2000


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/retrieve", b'{"question": "\\ud800"}'),
        ("/v1/retrieve", b'{"question": "q", "top": ' + b"9" * 5000 + b"}"),
        ("/v1/retrieve", b'{"question": "\xff"}'),
        ("/v1/feedback", b'{"answer": "answer:x", "score": 1, "comment": "\\u0000"}'),
        ("/v1/feedback", b'{"answer": "answer:x", "score": 1e400}'),
        ("/v1/promote", b"[" * 15_000),
    ],
)
def test_bad_bodies_of_the_control_plane_are_problems(client: httpx2.Client, path: str, body: bytes) -> None:
    response = client.post(path, content=body, headers={"content-type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


def test_an_oversize_stream_is_cut_before_it_is_read(client: httpx2.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(50):
            yield b"x" * 1000

    response = client.post("/v1/ask", content=endless(), headers={"content-type": "application/json"})
    assert response.status_code == 413


@pytest.mark.parametrize(
    "path", ["/nope", "/v1/nope", "/v1/runs/%00", "/v1/why/no-colon", "/v1/documents/a:%00/chunks"]
)
def test_unknown_pages_are_problems(client: httpx2.Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code in (404, 422) and response.headers["content-type"] == "application/problem+json"


def test_wrong_methods_and_types_are_problems(client: httpx2.Client) -> None:
    response = client.get("/v1/ask")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.headers["content-type"] == "application/problem+json"
    assert client.delete("/v1/runs").status_code == 405
    for media in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"):
        assert client.post("/v1/ask", content=b"{}", headers={"content-type": media}).status_code == 415


def test_an_unexpected_error_says_nothing_of_itself(client: httpx2.Client, handlers: ScriptedHandlers) -> None:
    handlers.failures = [KeyError("secret of the house")]
    response = client.post("/v1/ask", json={"question": "q"})
    assert response.status_code == 500 and "secret" not in response.text
    assert response.json()["trace"] == response.headers["x-trace-id"]


def test_every_response_has_the_security_headers(client: httpx2.Client) -> None:
    for response in (client.get("/healthz"), client.get("/nope"), client.post("/v1/ask", content=b"x")):
        assert response.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in response.headers


def test_foreign_hosts_and_origins_are_turned_away(client: httpx2.Client) -> None:
    assert client.get("/healthz", headers={"host": "evil.example"}).status_code == 421
    for headers in ({"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        response = client.post("/v1/rollback", json={}, headers=headers)
        assert response.status_code == 403, headers
    same = {"origin": str(client.base_url).rstrip("/")}
    assert client.post("/v1/ask", json={"question": "q"}, headers=same).status_code == 200


def test_waiting_is_told_in_retry_after(tmp_path: Path, handlers: ScriptedHandlers) -> None:
    app = small_app(tmp_path, handlers, limits={"rate": "1/min"})
    with client_of(app) as client:
        assert client.post("/v1/ask", json={"question": "q"}).status_code == 200
        response = client.post("/v1/ask", json={"question": "q"})
        assert response.status_code == 429 and 1 <= int(response.headers["retry-after"]) <= 60
    app.kernel.store.close()


def test_a_draining_server_finishes_what_it_has(app: SmallApp, handlers: ScriptedHandlers) -> None:
    handlers.seconds = 0.3
    ended: list[int] = []

    def ask(url: str) -> None:
        ended.append(httpx2.post(f"{url}/v1/ask", json={"question": "q"}, timeout=20).status_code)

    with running(make_api(app)) as url:  # type: ignore[arg-type]
        thread = threading.Thread(target=ask, args=(url,))
        thread.start()
        while not handlers.running:
            time.sleep(0.005)
    thread.join()
    assert ended == [200]
