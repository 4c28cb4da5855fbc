"""The design on the command line: drawings in every form, and the folder of documents."""

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

import mlwright as mw
from mlwright.kernel.errors import Conflict, Unreadable

Cli = Callable[..., subprocess.CompletedProcess[str]]


def test_a_pipe_gets_mermaid_and_a_file_gets_svg(plant: Path, cli: Cli) -> None:
    text = cli(plant, "draw").stdout
    assert text.splitlines()[1] == "flowchart LR"
    assert max(map(len, text.splitlines())) > 80, "long lines stay whole"
    assert "▶" in cli(plant, "draw", "--view", "data", "--text").stdout
    assert cli(plant, "draw", "--svg", "plan.svg").stdout == "wrote plan.svg\n"
    assert 'href="mlwright.yaml#L' in (plant / "plan.svg").read_text(encoding="utf-8")
    wrong = cli(plant, "draw", "--view", "nonesuch", code=4).stderr
    assert "overview, data, serving, trust, deployment" in wrong


def test_all_views_go_to_a_folder(plant: Path, cli: Cli) -> None:
    written = json.loads(cli(plant, "draw", "--all", "--out", "pictures/now", "--json").stdout)["written"]
    assert len(written) == 10
    assert all((plant / path).stat().st_size for path in written)
    assert 'href="../../mlwright.yaml#L' in (plant / "pictures/now/trust.svg").read_text(encoding="utf-8")


def test_help_names_every_view(plant: Path, cli: Cli) -> None:
    from mlwright.architect import all_views

    said = " ".join(cli(plant, "draw", "--help").stdout.split())
    assert all(view.name in said for view in all_views())


def test_a_terminal_gets_boxes(plant: Path) -> None:
    main, side = pty.openpty()
    command = [sys.executable, "-m", "mlwright", "draw", "--view", "deployment"]
    child = subprocess.Popen(command, cwd=plant, stdout=side, env={**os.environ, "COLUMNS": "200"})
    os.close(side)
    said = b""
    with suppress(OSError):  # what reading says when the child has closed its side
        while more := os.read(main, 4096):
            said += more
    os.close(main)
    assert child.wait() == 0
    assert "│ mlwright serve" in said.decode()


def test_documents_cite_the_records_and_stay_as_they_are(standing: Path, cli: Cli) -> None:
    wrote = cli(standing, "document").stdout
    assert wrote.splitlines()[0] == "design-docs"
    assert "  wrote 2-evaluation-framework.md" in wrote.splitlines()
    folder = standing / "design-docs"
    with mw.open(standing / "mlwright.yaml") as app:
        result = app.evals.results(1)[0].ref
    assert str(result) in (folder / "evidence.md").read_text(encoding="utf-8")
    assert str(result).replace(":", "") in (folder / "2-evaluation-framework.md").read_text(encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    told = json.loads(cli(standing, "document", "--json").stdout)
    assert told["changed"] is False
    assert {file["state"] for file in told["documents"]["files"]} == {"same"}
    assert told["documents"]["proved"] > told["documents"]["unproved"] > 0
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    cli(standing, "document", "--check")


def test_what_a_person_notes_stays_and_what_changes_is_seen(standing: Path, cli: Cli) -> None:
    cli(standing, "document")
    card = standing / "design-docs" / "model-card.md"
    noted = card.read_text(encoding="utf-8").replace("<!-- notes -->\n", "<!-- notes -->\nAsk Ana about seals.\n")
    card.write_text(noted, encoding="utf-8")
    assert "design.html" in cli(standing, "document", "--check", code=2).stdout, "the page holds the notes, too"
    cli(standing, "document")
    assert card.read_text(encoding="utf-8") == noted
    assert "Ask Ana about seals." in (standing / "design-docs" / "design.html").read_text(encoding="utf-8")
    blueprint = standing / "mlwright.yaml"
    blueprint.write_text(blueprint.read_text(encoding="utf-8").replace("owner: plant", "owner: ana"), encoding="utf-8")
    told = cli(standing, "document", "--check", code=2).stdout
    assert "would write" in told
    assert "| who answers for it | plant |" in card.read_text(encoding="utf-8"), "check writes nothing"
    cli(standing, "document")
    assert "| who answers for it | ana |" in card.read_text(encoding="utf-8")
    assert "Ask Ana about seals." in card.read_text(encoding="utf-8")


def test_without_a_workspace_the_evidence_of_the_folder_stands(standing: Path, cli: Cli) -> None:
    cli(standing, "document")
    shutil.rmtree(standing / ".mlwright")
    cli(standing, "document", "--check")
    assert not (standing / ".mlwright").exists(), "documents make no workspace"
    blueprint = standing / "mlwright.yaml"
    text = blueprint.read_text(encoding="utf-8").replace("generate: {model: writer}", "retrieve: {keep: 4}")
    blueprint.write_text(text, encoding="utf-8")
    cli(standing, "document", "--check", code=2)
    cli(standing, "document")
    evaluation = (standing / "design-docs" / "2-evaluation-framework.md").read_text(encoding="utf-8")
    assert "**not proved yet**: the last result is of another release" in evaluation


def test_a_blueprint_alone_is_documented_without_claims(plant: Path, cli: Cli) -> None:
    told = json.loads(cli(plant, "document", "--json", "--out", "papers").stdout)["documents"]
    assert told["folder"] == "papers"
    assert not (plant / ".mlwright").exists()
    assert "mlwright.yaml#L" in (plant / "papers" / "3-serving-specification.md").read_text(encoding="utf-8")
    assert "no evaluation yet" in (plant / "papers" / "model-card.md").read_text(encoding="utf-8")


def test_files_of_others_are_not_touched(plant: Path, cli: Cli) -> None:
    (plant / "README.md").write_text("# Mine\n", encoding="utf-8")
    assert "was not written by mlwright document" in cli(plant, "document", "--out", ".", code=5).stderr
    assert (plant / "README.md").read_text(encoding="utf-8") == "# Mine\n"
    assert not (plant / "design.html").exists()


def test_a_drawing_that_is_no_view_any_more_goes(app: mw.App) -> None:
    folder = app.document().folder
    ledger = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
    ledger["files"] += ["diagrams/old.svg", "../mlwright.yaml", "diagrams/../../mlwright.yaml"]
    (folder / "evidence.json").write_text(json.dumps(ledger), encoding="utf-8")
    (folder / "diagrams" / "old.svg").write_text("<svg/>", encoding="utf-8")
    assert {file.path: file.state for file in app.document(check=True).files}["diagrams/old.svg"] == "gone"
    app.document()
    assert not (folder / "diagrams" / "old.svg").exists()
    assert app.path.exists()
    assert not app.document().changed


@pytest.mark.parametrize(
    "text", ["{}", "[]", "no json", '{"written_by": "mlwright document", "format": 1, "evidence": 5}']
)
def test_broken_evidence_is_named(plant: Path, cli: Cli, text: str) -> None:
    (plant / "design-docs").mkdir()
    (plant / "design-docs" / "evidence.json").write_text(text, encoding="utf-8")
    assert "is not evidence of documents" in cli(plant, "document", code=7).stderr


def test_broken_notes_lose_nothing(app: mw.App) -> None:
    folder = app.document().folder
    card = folder / "data-card.md"
    broken = card.read_text(encoding="utf-8").replace("<!-- /notes -->", "what I wrote")
    card.write_text(broken, encoding="utf-8")
    with pytest.raises(mw.MlwrightError, match=r"data-card\.md: the notes have no line <!-- /notes -->"):
        app.document()
    assert card.read_text(encoding="utf-8") == broken
    card.write_bytes(b"\xff\xfe")
    with pytest.raises(Unreadable):
        app.document()
    card.unlink()
    (folder / "evidence.json").unlink()
    (folder / "design.html").write_text("mine", encoding="utf-8")
    with pytest.raises(Conflict):
        app.document()
