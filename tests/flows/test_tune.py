"""Tuning: settings are compared beside what is served, the winner becomes a change of the file, and a run goes on."""

import json
from pathlib import Path

import pytest

import mlwright as mw
from mlwright.evals import Stretch, read_set, synthesise
from mlwright.evals.compare import changes, holm
from mlwright.kernel.errors import Conflict, Refused

BLUEPRINT = """\
version: 1
system: {name: support}   # the desk
models: {embed: {embedder: hashing}}
data: {sources: {docs: {use: files, path: "docs/*.md"}}}
rag:
  support:
    documents: docs
    chunk: {by: fixed, tokens: 240}   # to be tuned
    retrieve: {fuse: vector, keep: 2, min_score: 0.95}   # hardly anything is so near
"""
THINGS = ("boiler", "pump", "valve", "turbine", "gauge", "burner", "gasket", "piston", "rotor", "filter")


def document(thing: str) -> str:
    sections = [
        f"## Care of the {thing}, part {n}\n\nThe {thing} of hall {n} is looked after by the {word} team every week. "
        f"Whoever hears the {word} rattle calls extension {n}{len(thing)}7 and writes it down. "
        f"Nothing else about {word} matters to the {thing}, whatever the old handbook of the plant says about it."
        for n, word in enumerate(("crimson", "amber", "violet", "silver"), start=1)
    ]
    return f"# The {thing}\n\n" + "\n\n".join(sections) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tune")
    (folder / "docs").mkdir()
    for thing in THINGS:
        (folder / "docs" / f"{thing}.md").write_text(document(thing), encoding="utf-8")
    (folder / "mlwright.yaml").write_text(BLUEPRINT, encoding="utf-8")
    with mw.open(folder / "mlwright.yaml") as app:
        app.up()
    return folder


def test_tuning_finds_better_settings_and_touches_nothing_else(folder: Path) -> None:
    with mw.open(folder / "mlwright.yaml") as app:
        index, chunks = app.pipeline().index_ref(), app.kernel.store.rows("select chunk from rag_chunk")
        with pytest.raises(Refused, match="synthetic"):
            app.tune(examples=40, apply=True)
        found = app.tune(examples=40)
        assert found.synthetic == found.examples > 10
        assert (found.documents, found.of_documents, found.metric) == (10, 10, "span_recall")
        assert app.pipeline().index_ref() == index
        assert app.kernel.store.rows("select chunk from rag_chunk") == chunks
        assert app.path.read_text(encoding="utf-8") == BLUEPRINT
        current = next(trial for trial in found.trials if trial.name == "current")
        winner = next(trial for trial in found.trials if trial.name == found.winner)
        assert winner.score
        assert current.score
        assert winner.score.mean > current.score.mean
        assert winner.change
        assert winner.change.corrected < 0.05
        assert "+" in found.diff
        assert not found.applied
        runs = app.runs(kind="tune")
        assert len(runs) == len(found.trials)
        assert winner.run
        uses = {edge.parent.kind for edge in app.kernel.lineage.up(winner.run, depth=1).edges}
        assert {"dataset", "evalset", "model"} <= uses
        again = app.tune(examples=40, apply=True, allow_synthetic=True)
        assert [trial.score for trial in again.trials] == [trial.score for trial in found.trials]
        assert len(app.runs(kind="tune")) == len(runs), "what was measured is not measured again"
        assert again.applied
    after = (folder / "mlwright.yaml").read_text(encoding="utf-8")
    assert "# the desk" in after
    assert after != BLUEPRINT
    with mw.open(folder / "mlwright.yaml") as app:
        assert app.pipeline().spec.chunk.tokens != 240 or app.pipeline().spec.retrieve.fuse != "vector"
    (folder / "mlwright.yaml").write_text(BLUEPRINT, encoding="utf-8")


def test_synthetic_examples_are_marked_and_stand_where_they_say(folder: Path) -> None:
    with mw.open(folder / "mlwright.yaml") as app:
        made = app.synth(folder / "made.jsonl", count=30)
        with pytest.raises(Conflict):
            app.synth(folder / "made.jsonl")
    kept = read_set(folder / "made.jsonl", "synthetic")
    assert kept == made
    assert kept.synthetic == len(kept.examples) > 10
    for example in kept.examples:
        (relevant,) = example.relevant
        assert relevant.span
        text = (folder / "docs" / relevant.document).read_text(encoding="utf-8")
        assert text[slice(*relevant.span)] == relevant.quote
    assert json.loads((folder / "made.jsonl").read_text(encoding="utf-8").splitlines()[0])["synthetic"]


def test_equal_text_makes_equal_examples() -> None:
    some = [
        Stretch("a.md", 0, f"The {thing} is emptied by the night shift of hall nine.", (thing,)) for thing in THINGS
    ]
    assert synthesise(some, 5) == synthesise(some, 5)
    assert len(synthesise(some, 5)) == 5
    assert synthesise([Stretch("a.md", 0, "Short.")], 5) == ()


def test_many_candidates_are_corrected_for() -> None:
    """The worked example of Holm's procedure: .01, .04, .03, .005 become .03, .06, .06, .02."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    base = {str(n): float(n % 2) for n in range(60)}
    same, better, none = changes(base, [base, dict.fromkeys(base, 1.0), {}])
    assert none is None
    assert same
    assert (same.mean, same.corrected) == (0, 1)
    assert better
    assert (better.mean, better.n) == (0.5, 60)
    assert better.corrected < 0.01
    assert better.low < 0.5 < better.high
