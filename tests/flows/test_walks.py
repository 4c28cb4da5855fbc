"""The walks across systems, end to end on embedded defaults: from files to a traced answer, and to the next release."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import mlwright as mw
from mlwright.architect import draw_trace
from mlwright.kernel.clock import ManualClock
from mlwright.kernel.errors import NotFound, Refused

SEAL = "How often is the mechanical seal replaced?"


def test_an_answer_leads_back_to_file_line_run_and_release(app: mw.App) -> None:
    answer = app.ask(SEAL)
    assert "4,000 hours" in answer.text
    citation = answer.citations[0]
    assert (citation.key, citation.span.line_start) == ("pumps.md", 9)
    source = (app.path.parent / "docs" / "pumps.md").read_text(encoding="utf-8")
    assert source[citation.span.start : citation.span.end] == citation.quote
    kinds = set(app.why(answer.ref).kinds())
    assert {"chunk", "version", "document", "source", "index", "dataset", "run", "model", "prompt", "release"} <= kinds


def test_what_happened_is_kept_for_an_answer_and_for_a_run(app: mw.App) -> None:
    answer = app.ask("Which pump had a leak, and when was it repaired?")
    spans = {span.name.split()[0]: span for span in app.trace(answer.ref).spans}
    assert set(spans) == {"serve", "answer", "retrieval", "embeddings", "search", "chat"}
    assert spans["answer"].about == str(answer.ref)
    assert spans["chat"].parent == spans["answer"].id
    assert spans["answer"].parent == spans["serve"].id
    runs = {run.kind: [span.name.split()[0] for span in app.trace(run.ref).spans] for run in app.runs()}
    assert runs["index"][0] == "index"
    assert {"read", "embeddings", "write"} <= set(runs["index"])
    assert runs["eval"][0] == "eval"
    assert runs["eval"].count("answer") == 4
    with pytest.raises(NotFound, match="no trace of run:nonesuch"):
        app.trace("run:nonesuch")


def test_a_trace_shows_who_failed_before_a_fallback_answered(plant: Path) -> None:
    text = (plant / "mlwright.yaml").read_text(encoding="utf-8")
    dead = 'models: {embed: {embedder: {use: hashing}}, chat: {writer: {use: openai, model: m, base_url: "http://127.0.0.1:9/v1"}}}'
    text = text.replace("rag:\n", f"{dead}\nrag:\n").replace(", gate: quality", "")
    (plant / "mlwright.yaml").write_text(
        text.partition("evals:")[0] + "serving:" + text.partition("serving:")[2], encoding="utf-8"
    )
    with mw.open(plant / "mlwright.yaml", sets={"serving.endpoints.answer.limits.retries": "0"}) as app:
        app.up()
        answer = app.ask(SEAL)
        failed, saved = (one for one in app.trace(answer.ref).spans if one.name == "answer plant")
        drawn = draw_trace(app.trace(answer.ref).spans, "x", "text")
    assert failed.error
    assert (saved.error, saved.about) == ("", str(answer.ref))
    assert drawn.count("✕") == 2, "the try, and the model in it"


def test_traces_go_when_the_blueprint_says_so(standing: Path) -> None:
    clock = ManualClock(datetime.now(UTC) + timedelta(days=3))
    with mw.open(standing / "mlwright.yaml", sets={"serving.traces.keep": "4d"}, clock=clock) as app:
        [run] = app.runs(1, "eval")
        assert app.trace(run.ref).spans
    with (
        mw.open(standing / "mlwright.yaml", sets={"serving.traces.keep": "2d"}, clock=clock) as app,
        pytest.raises(NotFound, match="no trace of run") as refused,
    ):
        app.trace(run.ref)
    assert "for 2 days" in refused.value.hint


def test_a_document_leads_forward_to_the_answers_it_gave(app: mw.App) -> None:
    answer = app.ask(SEAL)
    other = app.ask("At which pressure does the relief valve open?")
    touched = app.blast("document:docs/pumps.md").kinds()
    assert answer.ref in {told.ref for told in touched["answer"]}
    assert {"version", "chunk", "dataset", "index"} <= set(touched)
    cited = {told.ref for told in app.blast(answer.citations[0].chunk).kinds()["answer"]}
    assert other.ref not in cited or any(hit.chunk.ref == answer.citations[0].chunk for hit in other.hits)


def test_it_abstains_where_the_documents_say_nothing(app: mw.App) -> None:
    answer = app.ask("How far away is the moon?")
    assert answer.abstained
    assert not answer.citations


def test_up_again_changes_nothing(app: mw.App) -> None:
    before = app.ask(SEAL)
    again = app.up()
    assert [index.embedded for index in again.indexes] == [0]
    assert {stage.verb for stage in again.stages} <= {"ingest", "keep"}
    after = app.ask(SEAL)
    assert (after.index, after.text) == (before.index, before.text)


def test_a_changed_document_is_answered_at_once_and_the_cache_never_lies(app: mw.App, standing: Path) -> None:
    assert "4,000" in app.ask(SEAL).text
    file = standing / "docs" / "pumps.md"
    file.write_text(file.read_text(encoding="utf-8").replace("4,000", "6,500"), encoding="utf-8")
    _, [index] = app.ingest()
    assert (index.changed, index.added, index.removed) == (1, 0, 0)
    assert "6,500" in app.ask(SEAL).text


def test_a_deleted_document_is_gone_from_answers(app: mw.App, standing: Path) -> None:
    assert not app.ask(SEAL).abstained
    (standing / "docs" / "pumps.md").unlink()
    _, [index] = app.ingest()
    assert index.removed == 1
    assert "4,000" not in app.ask(SEAL).text
    assert "pumps.md" not in [document.key for document in app.pipeline().documents()]


def test_a_new_release_grows_behind_its_gate(app: mw.App, standing: Path) -> None:
    first = app.release
    text = (standing / "mlwright.yaml").read_text(encoding="utf-8")
    (standing / "mlwright.yaml").write_text(
        text.replace("{model: writer}", "{model: writer, context: 3000}"), encoding="utf-8"
    )
    with mw.open(standing / "mlwright.yaml") as newer:
        assert newer.release != first
        newer.up()
        traffic = newer.serving.traffic("answer")
        assert traffic is not None
        assert (traffic.stable, traffic.canary, traffic.share) == (first, newer.release, 0.1)
        served = {newer.ask(SEAL, user=f"user {number}").release for number in range(60)}
        assert served == {first, newer.release}, "both releases answer, each its own users"
        assert newer.promote().stable == newer.release
        assert newer.rollback().stable == first


def test_a_release_that_was_not_judged_gets_no_more_traffic(app: mw.App, standing: Path) -> None:
    text = (standing / "mlwright.yaml").read_text(encoding="utf-8")
    (standing / "mlwright.yaml").write_text(
        text.replace("{model: writer}", "{model: writer, context: 3000}"), encoding="utf-8"
    )
    with mw.open(standing / "mlwright.yaml") as newer:
        from mlwright.app.up import keep_release

        newer.ingest()
        keep_release(newer)
        newer.serving.deploy("answer", newer.release, "by hand")
        with pytest.raises(Refused, match="eval"):
            newer.promote()


def test_evaluations_and_builds_are_runs(app: mw.App) -> None:
    kinds = [run.kind for run in app.runs()]
    assert set(kinds) == {"index", "eval"}
    [result] = app.eval()
    assert result.metrics["recall@5"].mean == 1
    assert len(app.evals.examples(result.ref)) == 4


def test_feedback_is_kept_on_the_answer(app: mw.App) -> None:
    answer = app.ask(SEAL)
    app.feedback(answer.ref, 1, "just right")
    assert "feedback" in app.blast(answer.ref).kinds()
    with pytest.raises(NotFound):
        app.feedback("answer:nonesuch", 1)


def test_status_says_what_is_there(app: mw.App) -> None:
    app.ask(SEAL)
    status = app.status()
    assert status.pipelines["plant"].documents == 3
    assert status.endpoints["answer"].requests == 1
    assert status.answers[0].question == SEAL
