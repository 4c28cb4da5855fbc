"""Plans: the arithmetic, what has no price, and the stages of a workspace."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from mlwright.architect import Indexed, Workspace, plan, plan_json, plan_markdown, stages
from mlwright.architect.costs import mean_tokens
from mlwright.blueprint import Blueprint, Edit, changed, from_text, load
from mlwright.kernel.ids import Ref

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "blueprints"


def example(name: str) -> Blueprint:
    return load(EXAMPLES / f"{name}.yaml", secrets=False)


def test_what_runs_here_has_no_bill() -> None:
    made = plan(example("minimal"))
    assert made.per_month is not None
    assert made.per_month.likely == 0


def test_the_formula_gives_the_number() -> None:
    made = plan(example("support"))
    line = next(one for one in made.lines if one.line.path == "models.chat.writer")
    share, tokens, price = line.line.formula.split(" x ")
    worked_out = float(share) * float(tokens.split()[0].replace(",", "")) * float(price.split()[0]) / 1e6
    assert line.line.usd is not None
    assert line.line.usd.likely == pytest.approx(worked_out)
    assert line.month is not None
    assert line.month.likely == pytest.approx(line.line.usd.likely * made.requests)
    assert line.line.usd.low < line.line.usd.likely < line.line.usd.high


def test_no_price_is_never_zero() -> None:
    made = plan(example("sins"))
    assert made.per_request is None
    assert made.per_month is None
    assert made.unpriced == ("models.chat.backup",)
    assert "no price" in plan_markdown(made)
    assert plan_json(made)["per_month"] is None


def test_repeats_count_only_with_a_cache() -> None:
    text = (EXAMPLES / "support.yaml").read_text(encoding="utf-8").replace(", prompt: prompts/answer.md", "")
    with_cache, without = plan(from_text(text)), plan(from_text(text.replace("cache: {exact: 1h}", "cache: {}")))
    assert with_cache.per_request is not None
    assert without.per_request is not None
    assert with_cache.per_request.likely == pytest.approx(without.per_request.likely * 0.72)


def test_a_plan_is_json() -> None:
    assert json.loads(json.dumps(plan_json(plan(example("support")))))["system"] == "support-desk"


def test_the_mean_of_a_skewed_answer_is_above_its_median() -> None:
    def mean(answer: str) -> int:
        edit = Edit("serving.endpoints.answer.traffic.tokens.answer", answer)
        return mean_tokens(changed(example("support"), [edit]).serving.endpoints["answer"])

    assert mean("{p50: 100, p95: 100}") == 100
    assert 180 < mean("{p50: 180, p95: 420}") < 420
    assert mean("{p50: 0, p95: 0}") == 0
    assert mean("{p50: 180, p95: 420, mean: 333}") == 333


def test_assumptions_say_where_they_come_from() -> None:
    made = plan(example("support"), today=date(2026, 11, 23))
    origins = {one.path.rpartition(".traffic.")[2]: one for one in made.assumptions}
    assert origins["requests"].origin == "file"
    assert re.fullmatch(r"support\.yaml:\d+", origins["requests"].source)
    assert origins["burst"].origin == "default"
    assert str(origins["fallbacks"]).endswith("fallbacks: 1% (default)")
    prices = origins["prices"]
    assert (prices.origin, prices.days) == ("table", made.prices_days)
    assert "14 days old" in str(prices)
    assert "Prices of 2026-11-09, 14 days old" in plan_markdown(made)


def test_what_is_paid_once_is_no_monthly_cost(tmp_path: Path) -> None:
    text = """\
system: {name: a}
models: {embed: {embedder: {use: openai, model: text-embedding-3-small}}}
data: {sources: {docs: {use: files, path: "docs/*"}}}
rag: {docs: {documents: docs}}
serving: {endpoints: {answer: {handler: rag.docs}}}
"""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("word " * 100_000)
    made = plan(from_text(text, tmp_path / "mlwright.yaml"))
    assert made.once is not None
    assert made.once.likely > 0
    once = next(one for one in made.lines if one.line.per == "once")
    assert once.month is not None
    assert once.month.likely == 0
    assert "once" in plan_markdown(made)


def test_a_second_fallback_is_asked_when_the_first_fails_too() -> None:
    text = (EXAMPLES / "support.yaml").read_text(encoding="utf-8").replace(", prompt: prompts/answer.md", "")
    text = text.replace("    backup:", "    third: {use: openai, model: gpt-4o, max_tokens: 500}\n    backup:")
    text = text.replace("fallback: [backup, rule", "fallback: [backup, third, rule")
    lines = [one.line for one in plan(from_text(text)).lines if one.line.path == "models.chat.third"]
    assert lines[0].what.startswith("fallback (0.0001): ") or lines[0].what.startswith("fallback (0.01%): ")
    assert lines[0].formula.startswith("7.2e-05 x ")


def verbs(blueprint: Blueprint, workspace: Workspace) -> dict[str, str]:
    return {stage.target: stage.verb for stage in stages(blueprint, workspace)}


def test_stages_do_only_what_is_new() -> None:
    blueprint = example("support")
    fresh = verbs(blueprint, Workspace())
    assert fresh == {
        "data.sources.docs": "ingest", "rag.support": "create", "evals.gates.support": "evaluate",
        "serving.endpoints.answer": "deploy",
    }  # fmt: skip
    one, two = Ref("dataset", "1"), Ref("dataset", "2")
    done = Workspace(
        datasets={"docs": one},
        indexes={"support": Indexed(one, current=True)},
        serving={"answer": blueprint.ref},
        evaluated={"support": True},
    )
    assert set(list(verbs(blueprint, done).values())[1:]) == {"keep"}
    changed = Workspace(datasets={"docs": two}, indexes={"support": Indexed(one, current=True)})
    assert verbs(blueprint, changed)["rag.support"] == "ingest"
    rebuilt = Workspace(datasets={"docs": one}, indexes={"support": Indexed(one, current=False, documents=7)})
    assert verbs(blueprint, rebuilt)["rag.support"] == "rebuild"
    canary = stages(blueprint, Workspace(serving={"answer": Ref("release", "old")}))[-1]
    assert (canary.verb, canary.details["share"]) == ("deploy", "5%")
