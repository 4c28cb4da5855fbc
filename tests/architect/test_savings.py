"""Cheaper settings: what each saves, and which evidence speaks for it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from mlwright.architect import Saving, plan
from mlwright.architect.savings import cheaper
from mlwright.blueprint import Blueprint, changed, from_text, load
from mlwright.evals import EvalResult
from mlwright.kernel.ids import Ref, new_ref
from mlwright.models import lookup, price_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "blueprints"
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def support() -> Blueprint:
    return load(EXAMPLES / "support.yaml", secrets=False)


def named(blueprint: Blueprint, text: str, results: dict[str, dict[Ref, EvalResult]] | None = None) -> Saving:
    found = plan(blueprint, today=TODAY, results=results or {}).savings
    return next(one for one in found if text in one.what)


def result(target: Ref, *, passed: bool) -> EvalResult:
    return EvalResult(
        ref=new_ref("evalresult"), gate="support", target=target, dataset=Ref("evalset", "1"), run=None, metrics={},
        requirements=(), passed=passed, errors=0, at=datetime(2026, 11, 20, tzinfo=UTC),
    )  # fmt: skip


def test_those_that_save_most_come_first(support: Blueprint) -> None:
    months = [one.month.likely for one in plan(support, today=TODAY, results={}).savings if one.month is not None]
    assert months == sorted(months, reverse=True)
    assert months[0] > 0


def test_a_saving_is_the_difference_of_two_plans(support: Blueprint) -> None:
    saving = named(support, "passages")
    before, after = plan(support).per_month, plan(changed(support, saving.edits)).per_month
    assert before is not None
    assert after is not None
    assert saving.month is not None
    assert saving.month.likely == pytest.approx(before.likely - after.likely)


def test_cheaper_models_read_as_much_and_cost_less(support: Blueprint) -> None:
    writer = support.models.chat["writer"]
    now, window = price_of(writer), writer.facts().context
    assert now is not None
    assert window is not None
    found = cheaper(writer)
    assert found
    for name, price in found:
        assert lookup("openai", name) == price
        assert price.input <= now.input
        assert (price.context or 0) >= window
        assert not any(word in name for word in ("audio", "tts", "embed", "realtime"))


def test_evidence_is_an_evaluation_of_exactly_that_release(support: Blueprint) -> None:
    assert named(support, "passages").evidence == "needs gate support: not evaluated yet"
    release = changed(support, named(support, "passages").edits).ref
    for passed, told in ((True, "gate support passed on 2026-11-20"), (False, "gate support failed")):
        evaluated = result(release, passed=passed)
        assert named(support, "passages", {"support": {release: evaluated}}).evidence.startswith(told)
    other = replace(evaluated, target=support.ref)
    assert "not evaluated" in named(support, "passages", {"support": {support.ref: other}}).evidence


def test_without_a_gate_nobody_would_notice(tmp_path: Path) -> None:
    assert named(small(tmp_path), "passages").evidence == "no gate would notice a loss: add one"


def test_what_has_no_price_saves_an_unknown_amount() -> None:
    assert named(load(EXAMPLES / "sins.yaml", secrets=False), "passages").month is None


SMALL = """\
system: {name: a}
models: {chat: {writer: {use: openai, model: m, base_url: "http://127.0.0.1:1/v1", price: {input: 1, output: 5}}}}
data: {sources: {docs: {use: files, path: "docs/*"}}}
rag: {docs: {documents: docs, generate: {prompt: prompt.md, context: %d}}}
serving: {endpoints: {answer: {handler: rag.docs, traffic: {repeats: %d%%, tokens: {%s}}}}}
"""


def small(folder: Path, context: int = 4000, repeats: int = 0, tokens: str = "question: 30") -> Blueprint:
    (folder / "docs").mkdir(exist_ok=True)
    (folder / "docs" / "a.md").write_text("word " * 4000)
    (folder / "prompt.md").write_text("# System\nAnswer.\n# User\n{{ passages }}\n{{ question }}\n")
    return from_text(SMALL % (context, repeats, tokens), folder / "mlwright.yaml")


def test_a_cache_saves_what_repeats(tmp_path: Path) -> None:
    saving = named(small(tmp_path, repeats=25), "an exact cache")
    before = plan(small(tmp_path, repeats=25)).per_month
    assert before is not None
    assert saving.month is not None
    assert saving.month.likely == pytest.approx(before.likely / 4)
    assert saving.evidence == "answers stay as they are"
    unknown = named(small(tmp_path), "an exact cache")
    assert unknown.month is not None
    assert unknown.month.likely == 0
    assert "plan --calibrate" in unknown.told


def test_a_smaller_context_is_offered_where_it_binds(tmp_path: Path) -> None:
    assert named(small(tmp_path, context=900), "a context of 675 tokens").month is not None
    assert not [one for one in plan(small(tmp_path), results={}).savings if "a context of" in one.what]


def test_measured_prompts_shrink_as_the_estimate_does(tmp_path: Path) -> None:
    estimated = named(small(tmp_path), "passages").month
    measured = named(small(tmp_path, tokens="prompt: 2900"), "passages").month
    assert estimated is not None
    assert measured is not None
    assert measured.likely == pytest.approx(2 * estimated.likely, rel=0.01)


def test_quantised_vectors_save_memory(tmp_path: Path) -> None:
    whole, bits = named(small(tmp_path), "vectors as i8"), named(small(tmp_path), "vectors as binary")
    assert 0 < whole.memory < bits.memory
    assert bits.memory / whole.memory == pytest.approx((1 - 1 / 32) / (1 - 1 / 4))
    assert whole.changes_answers


def test_prompt_caching_says_why_it_saves_nothing(support: Blueprint, tmp_path: Path) -> None:
    assert "keeps beginnings from 1,024 on" in named(support, "prompt caching").told
    assert "is not known to keep" in named(small(tmp_path), "prompt caching").told
    long = (tmp_path / "long.md", "# System\n" + "Be exact. " * 600 + "\n# User\n{{ passages }}\n{{ question }}\n")
    long[0].write_text(long[1])
    text = (EXAMPLES / "support.yaml").read_text().replace("prompts/answer.md", "long.md")
    saving = named(from_text(text, tmp_path / "support.yaml"), "prompt caching")
    assert saving.month is not None
    assert saving.month.likely > 0


def test_batches_halve_evaluations(support: Blueprint) -> None:
    line = next(one for one in plan(support).lines if one.line.path == "evals.gates.support")
    saving = named(support, "in batches")
    assert line.month is not None
    assert saving.month is not None
    assert saving.month.likely == pytest.approx(line.month.likely / 2)
