"""Every rule fires where it should, is silent where it should, and its fix mends what it found."""

from datetime import date
from pathlib import Path

import pytest

from mlwright.architect import check, draw, fix, fixed, to_json, to_sarif
from mlwright.architect.rules import rules
from mlwright.architect.rules.evl003 import cases_needed, smallest_drop
from mlwright.architect.rules.srv011 import requests_needed
from mlwright.blueprint import Blueprint, derive, from_text, load

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "blueprints"
TODAY = date(2026, 11, 23)


def example(name: str) -> Blueprint:
    return load(EXAMPLES / f"{name}.yaml", secrets=False)


def test_the_example_with_every_sin_meets_every_rule() -> None:
    findings = check(example("sins"), today=TODAY)
    assert {finding.rule for finding in findings} == {rule.id for rule in rules()} | {"WVR001", "WVR002"}


@pytest.mark.parametrize("rule", [rule.id for rule in rules()])
def test_the_comment_in_the_example_names_the_line(rule: str) -> None:
    lines = (EXAMPLES / "sins.yaml").read_text(encoding="utf-8").splitlines()
    found = [finding for finding in check(example("sins"), today=TODAY) if finding.rule == rule]
    assert any(rule in lines[finding.place.line - 1] for finding in found if finding.place.line) or rule == "EVL001"


@pytest.mark.parametrize("name", ["support", "minimal"])
def test_the_clean_examples_have_no_error(name: str) -> None:
    findings = check(example(name), today=TODAY)
    assert not [finding for finding in findings if finding.counts]
    if name == "support":
        assert {finding.severity for finding in findings} <= {"info"}


def test_a_derived_blueprint_has_no_error(tmp_path: Path) -> None:
    assert not [f for f in check(from_text(derive(tmp_path), tmp_path / "mlwright.yaml")) if f.counts]


def test_fixes_mend_what_they_found_and_keep_comments(tmp_path: Path) -> None:
    file = tmp_path / "mlwright.yaml"
    before = (EXAMPLES / "sins.yaml").read_text(encoding="utf-8")
    file.write_text(before, encoding="utf-8")
    patched = {f.rule for f in check(load(file, secrets=False), today=TODAY) if f.fix}
    assert set(fix(file)) >= patched
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
    (before,) = check(blueprint, today=date(2026, 12, 31))
    assert (before.rule, before.waived) == ("EVL001", "no questions yet")
    after = check(blueprint, today=date(2027, 1, 1))
    assert {finding.rule for finding in after} == {"EVL001", "WVR001"}
    assert all(finding.waived is None for finding in after)


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
    assert requests_needed(0.02) > requests_needed(0.1) >= 20


def test_every_rule_is_told_and_sourced() -> None:
    for rule in rules():
        assert rule.title
        assert rule.source
        assert len(rule.id) == 6
    assert [rule.id for rule in rules()] == sorted({rule.id for rule in rules()})
