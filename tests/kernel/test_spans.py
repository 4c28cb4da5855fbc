"""Spans: parents by context, errors, W3C ids, and what is read back."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.kernel import aio
from mlwright.kernel.clock import ManualClock
from mlwright.kernel.ids import Ref
from mlwright.kernel.otlp import OtlpExport, payload
from mlwright.kernel.spans import GenAI, SpanRow, Spans, _continued
from mlwright.kernel.store import Store
from mlwright.testing.upstream import Reply, Upstream


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def spans(any_store: Store, clock: ManualClock) -> Spans:
    any_store.migrate("mlwright.kernel")
    return Spans(any_store, clock)


def test_children_know_their_parents(spans: Spans) -> None:
    with spans.span("request", {GenAI.OPERATION: GenAI.CHAT}) as request:
        assert spans.current() is request
        with spans.span("retrieval") as retrieval:
            retrieval.set(GenAI.QUERY, "wie?")
        with spans.span("chat"):
            pass
    assert spans.current() is None
    rows = {row.name: row for row in spans.trace(request.trace)}
    assert rows["request"].parent == "" and rows["retrieval"].parent == rows["chat"].parent == request.id
    assert rows["retrieval"].attributes == {"gen_ai.retrieval.query.text": "wie?"}
    assert rows["request"].attributes == {"gen_ai.operation.name": "chat"}
    assert 0 <= rows["chat"].seconds <= rows["request"].seconds
    assert (len(request.trace), len(request.id)) == (32, 16)


def test_an_error_is_recorded_and_goes_on(spans: Spans) -> None:
    with pytest.raises(ValueError, match="bad"), spans.span("outer") as outer, spans.span("inner"):
        raise ValueError("bad\nsecond line")
    assert {row.name: row.error for row in spans.trace(outer.trace)} == {
        "outer": "ValueError: bad",
        "inner": "ValueError: bad",
    }
    assert spans.current() is None


def test_a_thing_is_found_with_all_that_belongs_to_it(spans: Spans) -> None:
    one, other, run = Ref("answer", "a1"), Ref("answer", "a2"), Ref("run", "r")
    with spans.span("eval") as judging:
        for ref in (one, other):
            with spans.span("example"), spans.span("answer") as answering, spans.span("chat"):
                answering.about = ref
        judging.about = run
    assert {row.name for row in spans.about(one)} == {"example", "answer", "chat"}
    assert {row.id for row in spans.about(one)}.isdisjoint(row.id for row in spans.about(other))
    assert len(spans.about(run)) == 7
    assert spans.about(Ref("answer", "a3")) == []


def test_a_thing_that_came_twice_is_found_where_it_came_first(spans: Spans, clock: ManualClock) -> None:
    for name in ("made", "given again"):
        clock.advance(timedelta(seconds=1))
        with spans.span(name) as span:
            span.about = Ref("answer", "a")
    assert [row.name for row in spans.about(Ref("answer", "a"))] == ["made"]


def test_parents_go_through_both_bridges(spans: Spans) -> None:
    def in_a_thread() -> None:
        with spans.span("thread"):
            pass

    async def in_the_loop() -> None:
        with spans.span("loop"):
            await aio.in_thread(in_a_thread)

    with spans.span("root") as root:
        aio.run(in_the_loop())
    rows = {row.name: row for row in spans.trace(root.trace)}
    assert rows["loop"].parent == rows["root"].id and rows["thread"].parent == rows["loop"].id


def test_tasks_side_by_side_keep_their_own_parents(spans: Spans) -> None:
    async def one(name: str) -> None:
        with spans.span(name):
            await asyncio.sleep(0)
            with spans.span(f"{name}.child"):
                await asyncio.sleep(0)

    async def all_of_them() -> None:
        with spans.span("root") as root:
            await asyncio.gather(*(one(f"task{n}") for n in range(10)))
        rows = {row.name: row for row in spans.trace(root.trace)}
        assert all(rows[f"task{n}.child"].parent == rows[f"task{n}"].id for n in range(10))

    asyncio.run(all_of_them())


def test_a_stream_that_is_closed_from_elsewhere_ends_its_span(spans: Spans) -> None:
    traces: list[str] = []

    async def stream() -> AsyncIterator[int]:
        with spans.span("stream") as span:
            traces.append(span.trace)
            yield 1
            yield 2

    async def leave_midway() -> None:
        tokens = stream()
        assert await anext(tokens) == 1
        await asyncio.create_task(tokens.aclose())  # type: ignore[attr-defined]

    asyncio.run(leave_midway())
    (row,) = spans.trace(traces[0])
    assert row.error == ""


def test_a_trace_goes_on_from_another_process(spans: Spans) -> None:
    with spans.span("there") as there:
        header = there.traceparent
    with spans.span("around"), spans.span("here", traceparent=header) as here:
        pass
    assert (here.trace, here.parent) == (there.trace, there.id)
    with spans.span("fresh", traceparent="garbage") as fresh:
        pass
    assert fresh.trace not in ("", there.trace) and fresh.parent == ""


@given(st.text(max_size=60))
def test_any_other_header_starts_a_new_trace(text: str) -> None:
    trace, parent = _continued(text)
    assert (trace == parent == "") or (len(trace), len(parent)) == (32, 16)


@pytest.mark.parametrize(
    ("header", "good"),
    [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", True),
        ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes-later", True),
        ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", False),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", False),
        ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", False),
        ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", False),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", False),
    ],
)
def test_headers_of_the_standard(header: str, good: bool) -> None:
    assert bool(_continued(header)[0]) is good


def test_recent_gives_roots_and_prune_forgets(spans: Spans, clock: ManualClock) -> None:
    for n in range(5):
        with spans.span(f"request {n}"), spans.span("child"):
            clock.advance(timedelta(hours=1))
    assert [row.name for row in spans.recent(2)] == ["request 4", "request 3"]
    assert spans.prune(clock.now() - timedelta(hours=2)) == 6
    assert len(spans.recent()) == 2


def test_a_long_trace_and_many_threads_lose_nothing(spans: Spans) -> None:
    def work() -> None:
        for _ in range(100):
            with spans.span("step"):
                pass

    with spans.span("root") as root:
        for _ in range(200):
            with spans.span("child"):
                pass
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(spans.trace(root.trace)) == 201
    assert len(spans.recent(1000)) == 401


def test_odd_values_become_text(spans: Spans) -> None:
    with spans.span("odd", {"path": object, "list": [1, "a"], "ü": "ß"}) as span:
        pass
    (row,) = spans.trace(span.trace)
    assert row.attributes["list"] == [1, "a"] and row.attributes["ü"] == "ß"
    assert "object" in row.attributes["path"]


def test_spans_reach_a_collector(sqlite_store: Store, clock: ManualClock) -> None:
    sqlite_store.migrate("mlwright.kernel")
    with Upstream({"/v1/traces": [Reply(status=503, headers={"Retry-After": "0"}), Reply(b"{}")]}) as collector:
        export = OtlpExport(collector.url(""), {"X-Key": "k"}, service="handbook")
        spans = Spans(sqlite_store, clock, export)
        with spans.span("request") as request, spans.span("child", {"n": 1, "cost": 0.5, "ok": True, "t": ["a"]}):
            pass
        while len(collector.requests) < 2:
            threading.Event().wait(0.01)
        export.close()
    body = json.loads(collector.requests[-1].body)
    sent = body["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert [span["name"] for span in sent] == ["child", "request"]
    assert sent[0]["parentSpanId"] == request.id and "parentSpanId" not in sent[1]
    assert sent[0]["traceId"] == request.trace
    assert {pair["key"]: pair["value"] for pair in sent[0]["attributes"]} == {
        "n": {"intValue": "1"},
        "cost": {"doubleValue": 0.5},
        "ok": {"boolValue": True},
        "t": {"arrayValue": {"values": [{"stringValue": "a"}]}},
    }
    assert collector.requests[-1].headers["x-key"] == "k"
    assert export.dropped == 0


def test_a_collector_that_refuses_costs_only_its_spans(sqlite_store: Store, clock: ManualClock) -> None:
    sqlite_store.migrate("mlwright.kernel")
    with Upstream({"/v1/traces": Reply(status=401)}) as collector:
        export = OtlpExport(collector.url(""))
        spans = Spans(sqlite_store, clock)
        spans.send_to(export)
        with spans.span("request") as span:
            pass
        export.close()
    assert export.dropped == 1
    assert len(spans.trace(span.trace)) == 1


def test_a_store_that_is_closed_does_not_stop_the_work(
    sqlite_store: Store, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    sqlite_store.migrate("mlwright.kernel")
    spans = Spans(sqlite_store, clock)
    done = []
    with spans.span("last request"):
        sqlite_store.close()
        done.append("answered")
    assert done == ["answered"]
    assert "could not be handed to the store" in caplog.text


def test_a_payload_is_strict_json(clock: ManualClock) -> None:
    odd = {"nan": float("nan"), "inf": float("-inf"), "map": {"a": 1}}
    row = SpanRow("a" * 32, "b" * 16, "", "n", clock.now(), 1.5, "Boom", odd)
    span = json.loads(json.dumps(payload([row], "s"), allow_nan=False))["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    assert int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"]) == 1_500_000_000
    assert span["status"] == {"code": 2, "message": "Boom"}
