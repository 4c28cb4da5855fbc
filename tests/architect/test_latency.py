"""Latency in a plan: what the file says of traffic, speed and traces shows in the numbers."""

from pathlib import Path

import pytest

from mlwright.architect import plan
from mlwright.architect.latency import EndpointLatency
from mlwright.blueprint import from_text
from mlwright.kernel.errors import Unreadable

BLUEPRINT = """\
system: {{name: a}}
models: {{chat: {{writer: {{use: openai, model: m, base_url: "http://127.0.0.1:1/v1", speed: {speed}}}}}}}
data: {{sources: {{docs: {{use: files, path: docs}}}}}}
rag: {{docs: {{documents: docs}}}}
serving:
  endpoints:
    answer:
      handler: rag.docs
      traffic: {traffic}
      limits: {{concurrency: {slots}, queue: 600s}}
"""
SPEED = "{first_token: 500ms, per_token: 10ms}"


def latency(tmp_path: Path, traffic: str, slots: int = 20, speed: str = SPEED) -> EndpointLatency:
    text = BLUEPRINT.format(speed=speed, traffic=traffic, slots=slots)
    (found,) = plan(from_text(text, tmp_path / "mlwright.yaml")).latencies
    return found


def test_a_measured_speed_narrows_the_range(tmp_path: Path) -> None:
    traffic = "{requests: 1/min, tokens: {answer: {p50: 100, p95: 100}}}"
    found = latency(tmp_path, traffic)
    assert found.p50.likely == pytest.approx(1.5, abs=0.1)
    assert found.p50.high / found.p50.low < 1.5
    assert found.first_token.likely == pytest.approx(0.55, abs=0.05)


def test_full_places_are_told(tmp_path: Path) -> None:
    found = latency(tmp_path, "{requests: 10/s, peak: 1x}", slots=15)
    assert found.saturated
    assert found.at_risk
    assert found.p95.likely > latency(tmp_path, "{requests: 10/s, peak: 1x}", slots=60).p95.likely


def test_bursts_are_worse_than_the_same_number_of_people(tmp_path: Path) -> None:
    people = latency(tmp_path, "{requests: 4/s, peak: 1x}")
    programs = latency(tmp_path, "{requests: 4/s, peak: 1x, burst: 100}")
    assert programs.p95.likely > 2 * people.p95.likely


def test_a_trace_is_replayed(tmp_path: Path) -> None:
    rows = [f"2026-01-01 00:00:{number:02}.{half}000,40,{100 + number}" for number in range(50) for half in (0, 5)]
    (tmp_path / "trace.csv").write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n" + "\n".join(rows))
    found = latency(tmp_path, "{trace: trace.csv}")
    assert found.burst < 0.1
    assert found.p50.likely == pytest.approx(0.53 + 1.25, abs=0.1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n", "trace.csv:1: a trace needs the columns timestamp and answer_tokens"),
        ("timestamp,answer_tokens\n2026-01-01T00:00:00,5\nyesterday,5\n", "trace.csv:3: "),
        ("timestamp,answer_tokens\n2026-01-01T00:00:00\n", "trace.csv:2: "),
    ],
)
def test_a_bad_trace_is_named_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "trace.csv").write_text(text)
    with pytest.raises(Unreadable, match=told):
        latency(tmp_path, "{trace: trace.csv}")
