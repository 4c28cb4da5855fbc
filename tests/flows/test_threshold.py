"""Calibrating the least cosine: what a threshold loses and stops, and the change of the file that follows."""

import json
from pathlib import Path

import pytest

import mlwright as mw
from mlwright.kernel.errors import UserError

BLUEPRINT = """\
version: 1
system: {name: support}
models: {embed: {embedder: hashing}}
data: {sources: {docs: {use: files, path: "docs/*.md"}}}
rag:
  support:
    documents: docs
    retrieve: {min_score: 0.9}   # to be calibrated
evals: {sets: {golden: {path: golden.jsonl}}}
"""
THINGS = ("boiler", "pump", "valve", "turbine", "gauge", "burner", "gasket", "piston")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    examples = []
    for thing in THINGS:
        text = f"# The {thing}\n\nEvery {thing} is oiled by the crew of the {thing} hall on Monday.\n"
        (tmp_path / "docs" / f"{thing}.md").write_text(text, encoding="utf-8")
        asked = f"Who is the crew that oiled every {thing}?"
        examples.append({"id": thing, "input": asked, "relevant": [{"document": f"{thing}.md"}]})
    examples.append({"id": "moon", "input": "Sunday football results please", "unanswerable": True})
    (tmp_path / "golden.jsonl").write_text("\n".join(map(json.dumps, examples)), encoding="utf-8")
    (tmp_path / "mlwright.yaml").write_text(BLUEPRINT, encoding="utf-8")
    with mw.open(tmp_path / "mlwright.yaml") as app:
        app.up()
    return tmp_path


def test_the_highest_threshold_that_loses_nothing_is_proposed_and_written(folder: Path) -> None:
    with mw.open(folder / "mlwright.yaml") as app:
        found = app.threshold(lose=0.0)
        assert (found.answerable, found.near_misses, found.unanswerable) == (8, 8, 1)
        assert found.current.min_score == 0.9
        assert found.current.lost.mean == 1.0
        assert found.proposed.lost.mean == 0.0
        assert found.proposed.stopped.mean > 0.5, "what is missing, and the moon, are farther than what is there"
        assert found.auc > 0.8
        assert not found.applied
        assert (folder / "mlwright.yaml").read_text(encoding="utf-8") == BLUEPRINT
        above = found.proposed.min_score + 0.01
        assert app.threshold(lose=0.0, apply=True).applied
    text = (folder / "mlwright.yaml").read_text(encoding="utf-8")
    assert "# to be calibrated" in text
    with mw.open(folder / "mlwright.yaml") as app:
        assert app.pipeline().spec.retrieve.min_score == found.proposed.min_score
        assert all(app.retrieve(f"Who is the crew that oiled every {thing}?").hits for thing in THINGS)
        assert not app.retrieve("Sunday football results please").hits
        again = app.threshold(lose=0.0)
        assert again.diff == ""
    with mw.open(folder / "mlwright.yaml", sets={"rag.support.retrieve.min_score": f"{above:.2f}"}) as app:
        assert not all(app.retrieve(f"Who is the crew that oiled every {thing}?").hits for thing in THINGS)


def test_a_set_that_names_nothing_and_a_search_without_vectors_are_refused(folder: Path) -> None:
    by_words = {"rag.support.retrieve.fuse": "keyword"}
    with mw.open(folder / "mlwright.yaml", sets=by_words) as app, pytest.raises(UserError, match="words alone"):
        app.threshold()
    (folder / "golden.jsonl").write_text('{"id": "a", "input": "What?", "unanswerable": true}\n', encoding="utf-8")
    with mw.open(folder / "mlwright.yaml") as app, pytest.raises(UserError, match="fewer than two"):
        app.threshold()


def test_the_command_shows_what_each_threshold_costs(folder: Path, cli) -> None:  # type: ignore[no-untyped-def]
    said = cli(folder, "rag", "threshold", "--lose", "0").stdout
    assert "proposed" in said
    assert "nothing is written yet" in said
    assert json.loads(cli(folder, "rag", "threshold", "--json").stdout)["answerable"] == 8
