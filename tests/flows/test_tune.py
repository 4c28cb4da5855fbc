"""Tuning: settings are compared beside what is served, the winner becomes a change of the file, and a run goes on."""

import json
from pathlib import Path

import pytest

import mlwright as mw
from mlwright.app.candidates import Candidates
from mlwright.blueprint import edited, from_text, load
from mlwright.evals import Stretch, read_set, synthesise
from mlwright.evals.compare import changes, holm
from mlwright.kernel.errors import Conflict, NotFound, ProviderError, Refused
from mlwright.testing.openai_server import Answer, Failure, OpenAiServer

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
        assert any(", mmr" in trial.name for trial in found.trials)
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
        made = app.synth(folder / "made.jsonl", count=30).set
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


def test_rerankers_are_tried_also_where_the_blueprint_names_none(folder: Path) -> None:
    """And each has the edits that lead to it, so the change that is printed makes the candidate."""
    blueprint = load(folder / "mlwright.yaml", sets={"rag.support.retrieve.min_score": "0"})
    candidates = Candidates("support", blueprint.rag["support"], blueprint.models)
    base = candidates.fusions(candidates.cuttings()[0])[1]
    found = candidates.rerankings(base)
    assert [one.spec.rerank.model for one in found if one.spec.rerank] == ["mmr", "lexical"]
    for candidate in found:
        after = from_text(edited(BLUEPRINT, candidate.edits), folder / "mlwright.yaml")
        assert after.rag["support"].rerank == candidate.spec.rerank
        assert set(after.models.rerank) == {candidate.spec.rerank.model if candidate.spec.rerank else ""}
    (again,) = candidates.feedbacks(base)
    assert again.name.endswith(", feedback")
    after = from_text(edited(BLUEPRINT, again.edits), folder / "mlwright.yaml")
    assert after.rag["support"].retrieve.feedback == again.spec.retrieve.feedback is not None
    with_mmr = Candidates("support", found[0].spec, found[0].models)
    removed = with_mmr.rerankings(with_mmr.current())[-1]
    assert removed.spec.rerank is None
    assert [edit.value for edit in removed.edits if edit.path == "rag.support.rerank"] == [None]


TALKING = BLUEPRINT.replace(
    "models: {embed: {embedder: hashing}}",
    "models: {embed: {embedder: hashing}, chat: {writer: {use: openai, model: asker, base_url: URL}}}",
)


def test_a_model_writes_questions_in_its_own_words(folder: Path, tmp_path: Path) -> None:
    answer = "whatever the old handbook of the plant says about it."
    asked = [json.dumps({"question": f"What of topic {n}?", "answer": answer}) for n in range(6)]
    useless = ["I cannot.", json.dumps({"question": "Who?", "answer": "words that stand nowhere"})]
    path = folder / "talking.yaml"
    with OpenAiServer(Failure(503), *map(Answer, [*useless, *asked])) as server:
        path.write_text(TALKING.replace("URL", f'"{server.url}"'), encoding="utf-8")
        with mw.open(path) as app:
            made = app.synth(tmp_path / "made.jsonl", count=5, by="writer")
            assert (len(made.set.examples), made.calls, made.useless) == (5, 7, 2)
            assert made.cost == 0, "a model of this machine"
            for example in made.set.examples:
                (relevant,) = example.relevant
                assert relevant.quote == answer
                assert example.synthetic.endswith("/asker questions@1")
            with pytest.raises(NotFound, match="nobody"):
                app.synth(tmp_path / "other.jsonl", by="nobody")
            with pytest.raises(Conflict):
                app.synth(tmp_path / "made.jsonl", by="writer")
    with OpenAiServer(Answer("I cannot."), Answer("I cannot."), Answer("I cannot."), Answer("I cannot.")) as server:
        path.write_text(TALKING.replace("URL", f'"{server.url}"'), encoding="utf-8")
        with mw.open(path) as app, pytest.raises(ProviderError, match="no question"):
            app.synth(tmp_path / "none.jsonl", count=2, by="writer")
    assert not (tmp_path / "none.jsonl").exists()


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
