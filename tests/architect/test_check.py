"""Every rule fires where it should, is silent where it should, and its fix mends what it found."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from mlwright.architect import check, draw, fix, fixed, plan, to_json, to_sarif
from mlwright.architect.power import cases_needed, requests_needed, smallest_drop
from mlwright.architect.rules import rules
from mlwright.architect.waivers import TOLD
from mlwright.blueprint import Blueprint, derive, from_text, load
from mlwright.kernel.errors import NotFound
from mlwright.kernel.units import Bound

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "blueprints"
TODAY = date(2026, 11, 23)


def example(name: str) -> Blueprint:
    return load(EXAMPLES / f"{name}.yaml", secrets=False)


OF_THE_FILE = [rule.id for rule in rules() if rule.reads == "file"]


def test_the_example_with_every_sin_meets_every_rule() -> None:
    findings = check(example("sins"), today=TODAY)
    assert {finding.rule for finding in findings} == {*OF_THE_FILE, *TOLD}


@pytest.mark.parametrize("rule", [*OF_THE_FILE, *TOLD])
def test_the_comment_in_the_example_names_the_line(rule: str) -> None:
    lines = (EXAMPLES / "sins.yaml").read_text(encoding="utf-8").splitlines()
    places = {f.place.line for f in check(example("sins"), today=TODAY) if f.rule == rule}
    assert any(rule in lines[line - 1] or rule in lines[line - 2] for line in places), places


def test_a_finding_is_told_once() -> None:
    findings = check(example("sins"), today=TODAY)
    assert len(set(findings)) == len(findings)


def test_the_clean_examples_raise_no_alarm() -> None:
    for name in ("support", "whole"):
        assert {finding.severity for finding in check(example(name), today=TODAY)} <= {"info"}
    assert {finding.rule for finding in check(example("minimal"), today=TODAY)} == {"EVL001", "SRV012"}
    assert not [finding for finding in check(example("minimal"), today=TODAY) if finding.counts]
    assert check(load(EXAMPLES.parent / "handbook" / "mlwright.yaml"), today=TODAY) == []


def test_a_derived_blueprint_lacks_questions_alone(tmp_path: Path) -> None:
    found = check(from_text(derive(tmp_path), tmp_path / "mlwright.yaml"))
    assert {(finding.rule, finding.severity) for finding in found} == {("EVL001", "warning"), ("GOV001", "info")}


def test_fixes_mend_what_they_found_and_keep_comments(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "sins.yaml"
    patched = {f.rule for f in check(load(file, secrets=False), today=TODAY) if f.fix}
    assert set(fix(file)) >= patched - {"SRV005"}  # SRV004 already takes the retries away
    assert not [finding for finding in check(load(file, secrets=False), today=TODAY) if finding.fix]
    assert "# The sibling of support.yaml" in file.read_text(encoding="utf-8")
    assert fix(file) == []


def test_one_rule_can_be_fixed_alone() -> None:
    text = (EXAMPLES / "sins.yaml").read_text(encoding="utf-8")
    changed, taken = fixed(text, check(example("sins"), today=TODAY), only="RAG002")
    assert [finding.rule for finding in taken] == ["RAG002"]
    (edit,) = taken[0].fix
    assert changed.replace(f"tokens: {edit.value}", "tokens: 800") == text


SITUATED = """\
system: {name: a}
models: {chat: {writer: {use: openai, model: gpt-4o-mini, max_tokens: 500}}}
data: {sources: {docs: {use: files, path: docs}}}
rag: {docs: {documents: docs, chunk: {by: structure, tokens: 200}, situate: {tokens: 50}}}
"""


def test_chunk_and_context_must_fit_into_the_embedder() -> None:
    assert not [one for one in check(from_text(SITUATED)) if one.rule == "RAG002"]
    (found,) = [one for one in check(from_text(SITUATED.replace("50}", "80}"))) if one.rule == "RAG002"]
    assert "chunks of 200 tokens and a context of 80" in found.evidence
    (edit,) = found.fix
    assert edit.value == str(254 * 15 // 16 - 80)


def test_a_model_that_situates_is_in_use() -> None:
    text = SITUATED.replace("}}}\ndata", "}, scribe: openai/gpt-4o}}\ndata").replace("{tokens: 50}", "{model: scribe}")
    assert "models.chat.scribe" in {one.path for one in check(from_text(text)) if one.rule == "SRV001"}
    assert "situates" in draw(from_text(text), form="mermaid")


def test_a_fix_of_a_part_written_as_one_word() -> None:
    text = """\
system: {name: a, owner: b, purpose: c, risk: minimal}
models: {chat: {writer: openai/gpt-4o-mini}}
data: {sources: {docs: {use: files, path: docs}}}
rag: {docs: {documents: docs}}
serving: {endpoints: {answer: {handler: rag.docs, fallback: [rule.top_passages]}}}
"""
    changed, _ = fixed(text, check(from_text(text)), only="SRV001")
    assert "writer: {use: openai, model: gpt-4o-mini, max_tokens: 500}" in changed


def test_a_waiver_counts_until_its_day() -> None:
    text = (EXAMPLES / "minimal.yaml").read_text(encoding="utf-8")
    text += 'waive: [{rule: EVL001, reason: "no questions yet", until: 2026-12-31, path: serving}]\n'
    blueprint = from_text(text)
    *_, before = check(blueprint, today=date(2026, 12, 31))
    assert (before.rule, before.waived) == ("EVL001", "no questions yet")
    after = check(blueprint, today=date(2027, 1, 1))
    assert {finding.rule for finding in after} == {"EVL001", "SRV012", "WVR001"}
    assert all(finding.waived is None for finding in after)


def test_a_waiver_of_an_unknown_rule_names_the_nearest() -> None:
    [found] = [finding for finding in check(example("sins"), today=TODAY) if finding.rule == "WVR003"]
    assert found.counts
    assert "did you mean RAG0" in found.evidence


def test_a_waiver_of_a_rule_that_was_not_asked_is_left_alone() -> None:
    text = (EXAMPLES / "minimal.yaml").read_text(encoding="utf-8")
    text += 'waive: [{rule: MOD008, reason: "nothing to roll back to", until: 2099-12-31}]\n'
    assert "WVR002" not in {finding.rule for finding in check(from_text(text), today=TODAY)}


def test_one_rule_can_be_asked_alone() -> None:
    assert {finding.rule for finding in check(example("sins"), today=TODAY, only="RAG002")} == {"RAG002"}
    with pytest.raises(NotFound, match="evl03") as raised:
        check(example("sins"), only="evl03")
    assert raised.value.hint == "did you mean EVL003?"
    with pytest.raises(NotFound) as raised:
        check(example("sins"), only="?")
    assert "RAG002, " in raised.value.hint


def test_no_finding_repeats_a_secret() -> None:
    assert "not-a-real-key" not in str(to_json(check(example("sins"))))


def test_sarif_names_places_and_waivers() -> None:
    log = to_sarif(check(example("sins"), today=TODAY), version="1")
    run = log["runs"][0]
    assert {result["ruleId"] for result in run["results"]} == {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region["startLine"] > 0


def test_power_and_canary_arithmetic() -> None:
    assert 970 <= cases_needed(0.02) <= 985
    assert smallest_drop(cases_needed(0.02)) == pytest.approx(0.02, rel=1e-3)
    assert requests_needed(Bound(">", 0.02)) > requests_needed(Bound(">", 0.1)) >= 20


def test_a_canary_needs_as_many_requests_for_check_as_for_plan() -> None:
    blueprint = load(EXAMPLES / "sins.yaml")
    [found] = check(blueprint, only="SRV011")
    step = next(one for one in plan(blueprint).steps if one.endpoint == "answer")
    assert f"it needs {step.needed:,}, that is {step.days:,.1f} days" in found.evidence
    assert not step.sees
    mended = load(EXAMPLES / "sins.yaml", sets={edit.path: edit.value for edit in found.fix})
    assert next(one for one in plan(mended).steps if one.endpoint == "answer").sees


def test_every_rule_is_told_and_sourced() -> None:
    for rule in rules():
        assert rule.title
        assert rule.source
        assert len(rule.id) == 6
    assert [rule.id for rule in rules()] == sorted({rule.id for rule in rules()})
