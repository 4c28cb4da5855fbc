"""Drawings of traces: every step has its place on the axis, many alike are told as one, and errors can be read."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.architect import draw_trace, lane_of
from mlwright.architect.terminal import columns
from mlwright.architect.timeline import MOST, timeline_of
from mlwright.architect.timeline_svg import AXIS, TRACE_CSS
from mlwright.kernel.spans import SpanRow

SVG = "{http://www.w3.org/2000/svg}"
BEGAN = datetime(2026, 11, 28, tzinfo=UTC)
CSS = Path(__file__).resolve().parents[2] / "src" / "mlwright" / "faces" / "ui" / "assets" / "app.css"


def span(name: str, id_: str, parent: str, start: float, seconds: float, error: str = "") -> SpanRow:
    return SpanRow("t", id_, parent, name, BEGAN + timedelta(seconds=start), seconds, error, {})


ANSWER = (
    span("serve answer", "a", "", 0, 1.0),
    span("answer support", "b", "a", 0.1, 0.3, "TransientError: busy <&>"),
    span("chat writer", "c", "b", 0.2, 0.2, "TransientError: busy <&>"),
    span("answer support", "d", "a", 0.5, 0.5),
    span("retrieval support", "e", "d", 0.5, 0.004),
)


def test_an_answer_is_told_step_by_step() -> None:
    assert draw_trace(ANSWER, "An answer", "text", width=72) == (
        "An answer  1.0 s\n\n"
        "Serving  serve answer           ██████████████████████████████ 1.0 s\n"
        "RAG        answer support          ░░░░░░░░░ 300 ms\n"
        "           ✕ TransientError: busy <&>\n"
        "Models       chat writer              ░░░░░░ 200 ms\n"
        "             ✕ TransientError: busy <&>\n"
        "RAG        answer support                      ███████████████ 500 ms\n"
        "             retrieval support                 █ 4 ms\n"
    )


def test_the_svg_is_a_document_with_links_a_description_and_errors() -> None:
    root = ElementTree.fromstring(draw_trace(ANSWER, "An <answer>", href=lambda one: f"#span-{one.id}"))
    assert root.get("aria-label") == root.find(f"{SVG}title").text == "An <answer>"  # type: ignore[union-attr]
    described = root.find(f"{SVG}desc").text or ""  # type: ignore[union-attr]
    assert "chat writer: 200 ms, from 200 ms on, failed: TransientError: busy <&>" in described
    assert [one.get("href") for one in root.iter(f"{SVG}a")] == ["#span-a", "#span-b", "#span-c", "#span-d", "#span-e"]
    failed = [one for one in root.iter(f"{SVG}g") if "failed" in (one.get("class") or "")]
    assert [one.findall(f"{SVG}text")[-1].text for one in failed] == ["✕ 300 ms", "✕ 200 ms"]
    assert {"Serving", "RAG", "Models"} == {one.text for one in root.iter(f"{SVG}tspan")}
    assert len(list(root.iter(f"{SVG}path"))) == 6 + 4  # round times, and a line to each step from the one it is in
    assert "<style" not in draw_trace(ANSWER, "x", standalone=False)


def test_the_pages_style_every_class_of_a_trace() -> None:
    page = CSS.read_text(encoding="utf-8")
    classes = set(re.findall(r"\.(\w+)", TRACE_CSS.replace(".mlw-graph", ""))) - {"6", "45", "5"}
    assert {name for name in classes if f".{name} " not in page and f".{name}{{" not in page} == set()


def test_of_many_steps_alike_the_failed_and_the_slowest_are_drawn() -> None:
    many = [span("answer support", f"s{n}", "root", n / 10, 0.01 * n, "bad" if n == 3 else "") for n in range(40)]
    inner = [span("chat writer", f"c{n}", f"s{n}", n / 10, 0.001) for n in range(40)]
    drawn = timeline_of([span("eval gate", "root", "", 0, 5), *many, *inner], "Many")
    assert [bar.id for bar in drawn.bars if bar.alike == 1] == ["root", "s3", "c3", "s38", "c38", "s39", "c39"]
    [rest] = [bar for bar in drawn.bars if bar.alike > 1]
    assert (rest.name, rest.start, round(rest.seconds, 3)) == ("37 more: answer support", 0.0, 4.07)
    assert drawn.left_out == 37
    assert "37 further steps are not drawn" in draw_trace([*many, *inner], "Many", "text")


def test_steps_of_others_have_a_lane_too() -> None:
    assert [lane_of(name) for name in ("POST /v1/answer", "rerank x", "eval g", "run train", "my step", "")] == [
        "api", "models", "evals", "tracking", "other", "other",
    ]  # fmt: skip
    assert "nothing happened" in draw_trace((), "Nothing")


@st.composite
def traces(draw_from: st.DrawFn) -> list[SpanRow]:
    count = draw_from(st.integers(1, 80))
    name = st.sampled_from(["serve a", "answer b", "chat c", "検索", "</svg>\x1b[31m"])
    second = st.floats(0, 1e4)
    return [
        span(draw_from(name), str(n), str(draw_from(st.integers(-1, n))), draw_from(second), draw_from(second))
        for n in range(count)
    ]


@settings(deadline=None, max_examples=40)
@given(traces())
def test_every_bar_stands_on_the_axis_in_a_row_of_its_own(spans: list[SpanRow]) -> None:
    drawn = timeline_of(spans, "t")
    assert len(drawn.bars) <= MOST
    root = ElementTree.fromstring(draw_trace(spans, "t"))
    rows = [one for one in root.iter(f"{SVG}rect") if "span" in (one.get("class") or "")]
    assert len({one.get("y") for one in rows}) == len(rows) == len(drawn.bars)
    assert all(float(one.get("x", 0)) >= 320 for one in rows)
    assert all(float(one.get("x", 0)) + float(one.get("width", 0)) <= 320 + AXIS + 2.1 for one in rows)
    text = draw_trace(spans, "t", "text", width=90)
    assert "\x1b" not in text
    assert all(columns(line) <= 100 for line in text.splitlines())
