"""From requirements to a running system: by a file, by answers at the terminal, and by a folder alone."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import mlwright as mw
from mlwright.faces.cli.main import cli
from mlwright.kernel.errors import Conflict, NotFound, ProviderError, UserError
from mlwright.testing.openai_server import Answer, Failure, OpenAiServer

REQUIREMENTS = """\
answers: Questions about pumps
data: docs
requests: 500/day
busiest: 5/min
latency: 4s
budget: 20 USD/month
personal_data: none
may_leave: no
"""


@pytest.fixture
def bare(plant: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the system without its blueprint, as the working directory, and no model server."""
    (plant / "mlwright.yaml").unlink()
    (plant / "requirements.yaml").write_text(REQUIREMENTS, encoding="utf-8")
    monkeypatch.chdir(plant)
    monkeypatch.setenv("MLWRIGHT_MODEL_SERVERS", "")
    return plant


def new(*words: str, said: str = "") -> Result:
    return CliRunner().invoke(cli, ["new", *words], input=said)


def test_requirements_in_a_file_become_a_system_that_runs(bare: Path) -> None:
    told = new("--from", "requirements.yaml")
    assert told.exit_code == 0, told.output
    assert "from the template rag" in told.output
    assert "asked: 20.00 USD" in told.output
    text = (bare / "mlwright.yaml").read_text(encoding="utf-8")
    assert 'purpose: "Questions about pumps"' in text
    assert "# why: golden.jsonl holds 4 questions" in text
    with mw.open("mlwright.yaml") as app:
        report = app.up()
        assert [one.passed for one in report.evaluations] == [True]
        assert "4,000 hours" in app.ask("How often is the mechanical seal replaced?").text
    assert new("--from", "requirements.yaml").exit_code == 0, "equal requirements write the same file"
    other = new("docs", "--from", "requirements.yaml", "--to", "other.yaml", "--json")
    assert json.loads(other.output)["profile"]["files"] == 3


def test_answers_at_the_terminal_fill_the_same_requirements(bare: Path) -> None:
    answers = ["Questions about pumps", "docs", "500/day", "often", "5/min", "4s", "20 USD/month", "none", "", "no"]
    told = new("--ask", "--to", "asked.yaml", said="\n".join(answers) + "\n")
    assert told.exit_code == 0, told.output
    assert "'often' is not understood here" in told.output
    assert told.output.index("3 files (") < told.output.index("How many requests"), "the files are looked at first"
    (bare / "requirements.yaml").write_text(f"{REQUIREMENTS}languages: en\n", encoding="utf-8")
    assert new("--from", "requirements.yaml", "--to", "read.yaml").exit_code == 0
    assert (bare / "asked.yaml").read_text(encoding="utf-8") == (bare / "read.yaml").read_text(encoding="utf-8")


def test_known_answers_are_not_asked_for_and_the_rest_may_stay_open(bare: Path) -> None:
    told = new("--from", "requirements.yaml", "--ask", "--json", said="")
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("{"), "questions go to standard error"
    assert told.stderr.count("\n? ") == 1
    assert json.loads(told.stdout)["asked"]["languages"] is None
    never = new("docs", "--ask", said="\n" + "soon\n" * 3)
    assert isinstance(never.exception, UserError)
    assert "write it like" in str(never.exception)


PROSE = "We want quick answers about our pumps from the manuals in docs, for 500 questions a day. Nothing may leave the house."


def test_prose_fills_the_same_requirements_after_one_repair(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = {"answers": "Answers about pumps", "data": "docs", "requests": 500, "may_leave": False, "budget": ""}
    with OpenAiServer(Answer(json.dumps(first)), model="llama3.2") as server:
        server.script(Answer(f"Here it is:\n```json\n{json.dumps({**first, 'requests': '500/day'})}\n```"))
        monkeypatch.setenv("MLWRIGHT_MODEL_SERVERS", server.url)
        told = new("--prose", PROSE, "--json")
        assert told.exit_code == 0, told.output
        asked, again = (seen.body for seen in server.seen)
    assert "not said      busiest, latency, budget, personal_data, languages" in " ".join(told.stderr.split("\n"))
    assert json.loads(told.stdout)["asked"]["requests"] == "500/day"
    assert json.loads(told.stdout)["asked"]["latency"] is None
    assert asked["messages"][1]["content"] == PROSE
    assert asked["response_format"]["json_schema"]["schema"]["properties"]["may_leave"]["type"] == "boolean"
    assert "requests: '500' is not understood here" in again["messages"][-1]["content"]
    (bare / "said.txt").write_text(PROSE, encoding="utf-8")
    assert isinstance(new("--prose", "said.txt", "--to", "b.yaml").exception, NotFound), "no model runs here now"


def test_a_model_that_fills_no_form_is_given_up(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = Failure(400, "response_format is not known")
    with OpenAiServer(refused, Answer("Gladly!"), refused, Answer('{"latency": "4s", "system": "x"}')) as server:
        monkeypatch.setenv("MLWRIGHT_MODEL_SERVERS", server.url)
        given_up = new("--prose", PROSE).exception
        assert isinstance(given_up, ProviderError)
        assert "in two tries: system: unknown key" in given_up.message
        assert ["response_format" in seen.body for seen in server.seen] == [True, False, True, False]
        assert not (bare / "mlwright.yaml").exists()
        assert isinstance(new("--prose", " ").exception, UserError)


def test_a_file_and_a_folder_have_the_last_word(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OpenAiServer(Answer('{"data": "nowhere", "latency": "1h", "languages": ["en"]}')) as server:
        monkeypatch.setenv("MLWRIGHT_MODEL_SERVERS", server.url)
        told = new("docs", "--prose", PROSE, "--from", "requirements.yaml", "--json")
    asked = json.loads(told.stdout)["asked"]
    assert (asked["data"], asked["latency"], asked["languages"]) == ("docs", "4s", ["en"])


def test_without_a_terminal_nothing_is_asked(bare: Path) -> None:
    told = new()
    assert isinstance(told.exception, UserError)
    assert "--from" in told.exception.hint


def test_nothing_is_overwritten_and_nothing_invented(bare: Path) -> None:
    (bare / "mlwright.yaml").write_text("version: 1\n", encoding="utf-8")
    assert isinstance(new("--from", "requirements.yaml").exception, Conflict)
    assert isinstance(new("nowhere", "--from", "requirements.yaml").exception, NotFound)
    assert isinstance(
        new("docs", "--from", "requirements.yaml", "--writer", "auto", "--to", "a.yaml").exception, NotFound
    )


def test_a_folder_alone_is_derived_as_ever(bare: Path) -> None:
    told = new("docs")
    assert told.output == "wrote mlwright.yaml; next: mlwright up mlwright.yaml\n"
    assert (bare / "mlwright.yaml").read_text(encoding="utf-8").startswith("# Written by `mlwright up`")


def test_answers_of_another_system_are_scored(bare: Path) -> None:
    lines = [
        {"id": "seal", "output": "Every 4,000 hours.", "retrieved": [{"document": "pumps.md", "text": "every 4,000 hours"}],
         "cited": [{"document": "pumps.md", "quote": "4,000 hours"}], "cost": 0.002, "seconds": 0.5},
        {"id": "valve", "output": "At 6 bar.", "retrieved": [{"document": "valves.html", "text": "It opens at 6 bar."}],
         "cited": [{"document": "valves.html", "quote": "6 bar"}]},
        {"id": "leak", "output": "pump 7", "retrieved": [{"document": "notes.txt", "text": "pump 7"}],
         "cited": [{"document": "notes.txt", "quote": "pump 7"}]},
        {"id": "moon", "output": "", "abstained": True},
    ]  # fmt: skip
    (bare / "judged").mkdir()
    (bare / "golden.jsonl").rename(bare / "judged" / "golden.jsonl")
    answers = bare / "judged" / "answers.jsonl"
    answers.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    (bare / "requirements.yaml").write_text("data: judged\nlatency: 4s\n", encoding="utf-8")
    told = new("--from", "requirements.yaml")
    assert told.exit_code == 0, told.output
    assert "from the template evals" in told.output
    assert "nothing was done about latency" in told.output
    with mw.open("mlwright.yaml") as app:
        [first] = app.up().evaluations
        assert (first.target.kind, first.errors, first.passed) == ("answers", 0, True)
        assert {name: round(one.mean, 2) for name, one in first.metrics.items() if name in ("recall@5", "citation_accuracy")} == {
            "recall@5": 1.0, "citation_accuracy": 1.0,
        }  # fmt: skip
        assert [stage.verb for stage in app.up().stages] == ["keep"]
        answers.write_text("".join(f"{json.dumps(line)}\n" for line in lines[:3]), encoding="utf-8")
        [second] = app.up().evaluations
        assert (second.target == first.target, second.errors) == (False, 1)


def test_a_model_of_this_machine_writes_the_answers(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OpenAiServer(model="llama3.2") as server:
        monkeypatch.setenv("MLWRIGHT_MODEL_SERVERS", server.url)
        told = new("--from", "requirements.yaml")
        assert told.exit_code == 0, told.output
        assert server.seen == [], "nothing of the documents is sent before `up`"
        with mw.open("mlwright.yaml") as app:
            assert app.blueprint.models.chat["writer"].facts().model == "llama3.2"
