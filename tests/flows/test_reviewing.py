"""Check and score over a real workspace, through Python and the command line."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import mlwright as mw

Cli = Callable[..., subprocess.CompletedProcess[str]]


def rules_of(text: str) -> set[str]:
    return {finding["rule"] for finding in json.loads(text)}


def test_records_add_findings_that_the_file_alone_cannot_have(standing: Path, cli: Cli) -> None:
    of_file = rules_of(cli(standing, "check", "--json").stdout)
    with_records = rules_of(cli(standing, "check", "--records", "--json").stdout)
    assert with_records - of_file == {"MOD001", "MOD002"}
    with mw.open(standing / "mlwright.yaml") as app:
        assert {finding.rule for finding in app.check()} == with_records
        assert {finding.rule for finding in app.status().findings} == with_records
        assert {finding.rule for finding in app.check("MOD002")} == {"MOD002"}


def test_documents_that_changed_are_found_until_they_are_indexed(app: mw.App, standing: Path) -> None:
    (standing / "docs" / "notes.txt").write_text("The night shift found no leak.\n", encoding="utf-8")
    app.data.ingest("docs")
    [found] = app.check("RAG010")
    assert "1 documents changed" in found.evidence
    app.ingest()
    assert app.check("RAG010") == []


def test_labels_that_the_index_does_not_hold_are_found(app: mw.App, standing: Path) -> None:
    (standing / "docs" / "secret.md").write_text(
        "---\nacl: [board]\n---\n# Plans\n\nWe sell the plant.\n", encoding="utf-8"
    )
    app.ingest()
    [found] = app.check("RAG012")
    assert found.evidence.startswith("1 documents say who may see them")


def test_the_score_rests_on_what_was_done(standing: Path, cli: Cli) -> None:
    before = json.loads(cli(standing, "check", "--score", "--json").stdout)
    with mw.open(standing / "mlwright.yaml", sets={"rag.plant.retrieve.keep": "3"}) as app:
        app.up()
        app.promote()
        app.rollback()
        assert app.verify_index() == []
        assert app.runs(1, kind="verify")[0].metrics == {"damage": 0}
        after = app.score()
    gained = {(test.section, test.number) for test in after.tests if test.points} - {
        (test["section"], test["number"]) for test in before["tests"] if test["proved"]
    }
    assert gained == {("infrastructure", 6), ("infrastructure", 7)}
    assert before["sections"]["infrastructure"] >= 3
    assert "ML Test Score" in cli(standing, "check", "--score").stdout


def test_the_score_of_a_file_makes_no_workspace(plant: Path, cli: Cli) -> None:
    assert json.loads(cli(plant, "check", "--score", "--json").stdout)["score"] == 0
    assert not (plant / ".mlwright").exists()


def test_one_rule_is_mended_and_comments_stay(plant: Path, cli: Cli) -> None:
    file = plant / "mlwright.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "# the end\n", encoding="utf-8")
    assert cli(plant, "check", "--fix", "--only", "SRV012").stdout.splitlines()[0] == "mended SRV012"
    text = file.read_text(encoding="utf-8")
    assert 'abort_if: {error_rate: "> 5%"}' in text
    assert text.endswith("# the end\n")
    assert "did you mean SRV012" in cli(plant, "check", "--only", "SRV12", code=4).stderr


def test_an_error_ends_with_3_and_sarif_says_so(plant: Path, cli: Cli) -> None:
    done = cli(plant, "check", "--sarif", "--set", "rag.plant.chunk={by: fixed, tokens: 800}", code=3)
    [log] = json.loads(done.stdout)["runs"]
    assert "RAG002" in {result["ruleId"] for result in log["results"] if result["level"] == "error"}
    assert log["tool"]["driver"]["version"]
