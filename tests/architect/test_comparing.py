"""Two plans side by side."""

import json
from pathlib import Path

import pytest

from mlwright.architect import PlanChange, changes_markdown, plan, plan_changes, plan_json, saved_plan
from mlwright.blueprint import Edit, changed, load
from mlwright.kernel.errors import NotFound, Unreadable

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "blueprints"
SUPPORT = load(EXAMPLES / "support.yaml", secrets=False)


def changes(*edits: Edit) -> dict[tuple[str, str], PlanChange]:
    found = plan_changes(plan_json(plan(SUPPORT)), plan_json(plan(changed(SUPPORT, edits))))
    return {(one.what, one.place): one for one in found}


def test_the_same_design_does_not_differ() -> None:
    assert changes() == {}
    assert "do not differ" in changes_markdown([])


def test_another_model_changes_what_it_costs_and_nothing_else() -> None:
    found = changes(Edit("models.chat.writer.model", "gpt-4.1-nano"))
    month = found["per month", ""]
    assert month.before is not None
    assert month.after is not None
    assert month.after.likely < month.before.likely
    assert month.ratio == pytest.approx(month.after.likely / month.before.likely - 1)
    line = found["prompt tokens, per request", "models.chat.writer"]
    assert line.ratio == pytest.approx(0.10 / 0.15 - 1)
    assert not [what for what, _ in found if what.startswith("p95")]


def test_lines_come_and_go() -> None:
    found = changes(Edit("serving.endpoints.answer.fallback", "[rule.top_passages]"))
    assert [one.how for one in found.values() if one.place == "models.chat.backup"] == ["removed"]
    back = plan_changes(
        plan_json(plan(changed(SUPPORT, [Edit("serving.endpoints.answer.fallback", "[rule.top_passages]")]))),
        plan_json(plan(SUPPORT)),
    )
    assert [one.how for one in back if one.place == "models.chat.backup"] == ["added"]


def test_a_price_that_is_lost_is_told() -> None:
    found = changes(Edit("models.chat.writer.model", "gpt-unheard-of"))
    month = found["per month", ""]
    assert month.unpriced_after
    assert not month.unpriced_before
    assert month.after is None
    assert "no price" in changes_markdown(list(found.values()))


def test_capacity_and_power_are_compared() -> None:
    found = changes(
        Edit("serving.endpoints.answer.limits.concurrency", "6"), Edit("evals.sets.golden.min_cases", "200")
    )
    assert found["utilisation", "serving.endpoints.answer"].ratio == pytest.approx(1.0, abs=0.05)
    assert found["smallest drop that shows", "evals.gates.support"].ratio == pytest.approx(5**0.5 - 1)


def test_a_saved_plan_is_read_again(tmp_path: Path) -> None:
    file, made = tmp_path / "plan.json", plan_json(plan(SUPPORT))
    file.write_text(json.dumps(made))
    assert plan_changes(saved_plan(file), made) == []


@pytest.mark.parametrize("text", ["", "[]", '{"format": 9}', "{"])
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(Unreadable, match="no saved plan"):
        saved_plan(tmp_path / "plan.json")


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no plan at"):
        saved_plan(tmp_path / "plan.json")
    with pytest.raises(Unreadable, match="lacks"):
        plan_changes({"format": 1}, plan_json(plan(SUPPORT)))
