"""A plan and what came of it, through the command line: a system that serves a scripted model is asked, held against its
plan, and calibrated."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import mlwright as mw
from mlwright.kernel.clock import ManualClock
from mlwright.kernel.errors import NotFound, Refused
from mlwright.testing.openai_server import Answer, Failure, OpenAiServer

Cli = Callable[..., subprocess.CompletedProcess[str]]

BLUEPRINT = """version: 1
system: {{name: pumps, budget: 100 USD/month}}
models:
  embed: {{embedder: hashing}}
  chat:
    writer: {{use: openai, model: scripted, base_url: "{url}", price: {{input: 1, output: 5}}}}  # ours
data: {{sources: {{docs: {{use: files, path: "docs/*"}}}}}}
rag: {{plant: {{documents: docs, retrieve: {{min_score: -1}}, generate: {{cite: optional}}}}}}
serving:
  endpoints:
    answer:
      handler: rag.plant
      cache: {{exact: 1h}}
      fallback: [rule.top_passages]
      # what we believe
      traffic: {{requests: 1k/day, repeats: 5%, tokens: {{answer: {{p50: 100, p95: 300}}}}}}
      limits: {{retries: 0}}
"""
START = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def model() -> Iterator[OpenAiServer]:
    with OpenAiServer() as server:
        yield server


@pytest.fixture(scope="module")
def asked_once(model: OpenAiServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The system after an hour: 240 requests, each fifth a repeat, one of 40 failed by the model. Nobody writes here."""
    folder = tmp_path_factory.mktemp("asked") / "plant"
    (folder / "docs").mkdir(parents=True)
    (folder / "docs" / "pumps.md").write_text("# Pumps\n\nReplace the seal every 4,000 hours.\n")
    (folder / "mlwright.yaml").write_text(BLUEPRINT.format(url=model.url))
    clock = ManualClock(START)
    with mw.open(folder / "mlwright.yaml", clock=clock) as app:
        app.up()
        for number in range(240):
            clock.advance(timedelta(seconds=15))
            counts = {"prompt_tokens": 500, "completion_tokens": 30 + number % 20}
            if number % 5:
                model.script(Failure(500) if number % 40 == 7 else Answer("so it is", counts=counts))
            app.ask("How often?" if number % 5 == 0 and number else f"How often is seal {number} replaced?")
    return folder


@pytest.fixture
def asked(asked_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(asked_once, tmp_path / "plant"))


@pytest.fixture
def later(asked: Path) -> Iterator[mw.App]:
    """The system as it is right after that hour."""
    with mw.open(asked / "mlwright.yaml", clock=ManualClock(START + timedelta(hours=1))) as app:
        yield app


def test_what_happened_stands_beside_the_plan(later: mw.App) -> None:
    (found,) = later.actual(7200.0).comparisons
    lines, measured = {line.what: line for line in found.lines}, found.measured
    assert measured.requests == 240
    assert measured.enough
    assert lines["requests"].actual == pytest.approx(5760, rel=0.01)
    assert lines["requests"].inside is False
    assert lines["cache hits"].actual == pytest.approx(46 / 240, abs=0.01)
    assert lines["fallbacks"].actual == pytest.approx(6 / 194, abs=0.005)
    assert lines["prompt"].actual is not None
    cost = lines["cost per request"]
    assert cost.actual == pytest.approx(sum(log.cost or 0 for log in later.serving.requests(1000)) / 240)
    assert cost.cause
    assert lines["p95"].actual is not None
    assert [line.what for line in later.actual(7200.0).storage] == ["workspace on disk"]


def test_a_window_ends_where_it_says(later: mw.App) -> None:
    (found,) = later.actual(600.0).comparisons
    assert found.measured.requests == pytest.approx(40, abs=1)
    assert not found.measured.enough
    with pytest.raises(NotFound, match="no endpoint 'other'"):
        later.actual(600.0, "other")


def test_too_little_is_refused_unless_forced(later: mw.App) -> None:
    before = later.path.read_text()
    with pytest.raises(Refused, match="needs 200 requests over 30 minutes"):
        later.calibrate(600.0, apply=True)
    assert later.path.read_text() == before
    assert later.calibrate(600.0, force=True).diff
    assert later.path.read_text() == before, "only --apply writes"


def test_a_calibration_is_written_with_every_comment(later: mw.App) -> None:
    done = later.calibrate(7200.0, apply=True)
    text = later.path.read_text()
    assert done.applied
    assert "# ours" in text
    assert "# what we believe" in text
    with mw.open(later.path, clock=ManualClock(START + timedelta(hours=1))) as app:
        traffic = app.blueprint.serving.endpoints["answer"].traffic
        assert traffic.measured is not None
        assert traffic.measured.requests == 240
        assert traffic.repeats == pytest.approx(46 / 240, abs=0.01)
        (found,) = app.actual(7200.0).comparisons
        off = [
            line.what
            for line in found.lines
            if line.what in ("cost per request", "prompt", "answer") and not line.inside
        ]
        assert not off
        assert app.release == later.release, "a calibration changes no answer"


def test_nobody_asked(asked: Path, cli: Cli) -> None:
    done = cli(asked, "plan", "--actual", "1s", code=4)
    assert "nobody asked in the last 1s" in done.stderr
    assert "write it like 24h" in cli(asked, "plan", "--actual", "soon", code=8).stderr


def test_the_command_line_looks_back_and_calibrates(asked: Path, model: OpenAiServer, cli: Cli) -> None:
    with mw.open(asked / "mlwright.yaml") as app:
        for number in range(3):
            model.script(Answer("so it is"))
            app.ask(f"And part {number}?")
    told = json.loads(cli(asked, "plan", "--actual", "1h", "--json").stdout)
    assert told["endpoints"][0]["requests"] == 3
    assert "rests on 3 requests" in cli(asked, "plan", "--actual", "1h", "--markdown").stdout
    assert "chance has a large part" in " ".join(cli(asked, "plan", "--actual", "1h").stdout.split())
    assert "needs 200 requests" in cli(asked, "plan", "--calibrate", code=3).stderr
    assert "nothing is written yet" in cli(asked, "plan", "--calibrate", "--force").stdout
    assert "written" in cli(asked, "plan", "--calibrate", "--force", "--apply").stdout
    assert "measured" in (asked / "mlwright.yaml").read_text()


def test_plans_are_saved_and_compared(asked: Path, cli: Cli) -> None:
    cli(asked, "plan", "--out", "plan.json")
    assert "do not differ" in cli(asked, "plan", "--against", "plan.json").stdout
    dearer = (asked / "mlwright.yaml").read_text().replace("output: 5", "output: 50")
    (asked / "dearer.yaml").write_text(dearer)
    found = json.loads(cli(asked, "plan", "--diff", "dearer.yaml", "--json", code=2).stdout)
    assert {"per month", "per request"} <= {one["what"] for one in found}
    assert "| per month |" in cli(asked, "plan", "dearer.yaml", "--against", "plan.json", "--markdown", code=2).stdout
    assert "per month" in cli(asked, "plan", "dearer.yaml", "--against", "plan.json", code=2).stdout


def test_no_price_is_an_error(asked: Path, cli: Cli) -> None:
    text = (asked / "mlwright.yaml").read_text().replace(", price: {input: 1, output: 5}", "")
    (asked / "mlwright.yaml").write_text(text.replace("http://127.0.0.1", "http://models.example"))
    done = cli(asked, "plan", code=3)
    assert "no price for models.chat.writer" in " ".join(done.stdout.split())
    assert json.loads(cli(asked, "plan", "--json", code=3).stdout)["per_month"] is None


def test_a_plan_needs_no_workspace_and_makes_none(asked: Path, cli: Cli) -> None:
    shutil.rmtree(asked / ".mlwright")
    assert "cheaper" in cli(asked, "plan").stdout
    assert not (asked / ".mlwright").exists()


def test_the_self_test_measures_this_machine(asked: Path, cli: Cli) -> None:
    cli(asked, "plan", "--self-test", "--json")
    kept = json.loads((asked / ".mlwright" / "selftest.json").read_text())
    assert 0 < kept["cpu"] < 5
    assert kept["seconds"] > 0
    assert kept["chunks"] > 0
    told = json.loads(cli(asked, "plan", "--json").stdout)
    (own,) = [one for one in told["assumptions"] if one["path"] == "this machine"]
    assert (own["origin"], own["days"]) == ("measured", 0)
    assert told["latency"][0]["own_cpu"]["likely"] == kept["seconds"]
    (asked / ".mlwright" / "selftest.json").write_text(json.dumps({**kept, "machine": "another"}))
    told = json.loads(cli(asked, "plan", "--json").stdout)
    assert [one["origin"] for one in told["assumptions"] if one["path"] == "this machine"] == ["default"]
    (asked / ".mlwright" / "selftest.json").write_text("{")
    assert "selftest.json cannot be read" in cli(asked, "plan", code=8).stderr
