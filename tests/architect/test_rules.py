"""Each rule of the file: where it fires, where it is silent, and that its patch mends what it found."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from architect.conftest import Make
from mlwright.architect import check, fixed
from mlwright.architect.rules import rules
from mlwright.blueprint import from_text

PROMPT = """# System
Answer from the passages.

# User
{% for p in passages %}
<passage number="{{ p.number }}">{{ p.text }}</passage>
{% endfor %}
{{ question }}
"""
E5 = '{use: openai, model: intfloat/e5-base-v2, base_url: "http://127.0.0.1:8080/v1", dims: 768, max_tokens: 512, why: "as good"'
A, G = "serving.endpoints.answer", "rag.support"
ASKED = "How do I reset the pump?"


def questions(edge: int, plain: int, tag: str = "") -> str:
    lines = [f'{{"id": "e{n}", "input": "Far away {n}?", "unanswerable": true}}' for n in range(edge)]
    tags = f', "tags": ["{tag}"]' if tag else ""
    return "\n".join([*lines, *(f'{{"id": "p{n}", "input": "{ASKED} {n}"{tags}}}' for n in range(plain))])


@dataclass(frozen=True)
class Case:
    """`bad` and `good` are values to set by path; `wrong` and `right` files beside the blueprint."""

    bad: Mapping[str, str] = field(default_factory=dict)
    good: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    right: Mapping[str, str] = field(default_factory=dict)
    at: str = ""


CASES: dict[str, list[Case]] = {
    "CST001": [
        Case({"system.budget": "50 USD/month"}, {"system.budget": "400 USD/month"}, at="system.budget"),
        Case({f"{A}.slo.cost_per_request": "0.0001 USD"}, at=f"{A}.slo.cost_per_request"),
    ],
    "CST002": [
        Case({"models.chat.writer.model": "gpt-unheard-of"}, at="models.chat.writer"),
        Case(
            {"models.rerank": "{r: {use: http, model: m}}", f"{G}.rerank": "{model: r}"},
            {"models.rerank": "{r: {use: http, model: m, price: 2}}", f"{G}.rerank": "{model: r}"},
            at="models.rerank.r",
        ),
    ],
    "CST003": [
        Case(right={"prompts/answer.md": PROMPT.replace("Answer", "Answer well. " * 500)}, at=f"{G}.generate.prompt"),
        Case(
            wrong={"prompts/answer.md": PROMPT.replace("# User\n", "# User\n{{ question }}\n")},
            good={"models.chat.writer.base_url": "http://127.0.0.1:8000/v1"},
        ),
    ],
    "CST005": [
        Case(
            {"evals.sets.golden.min_cases": "5000", f"{A}.traffic.requests": "1k/day"},
            {"evals.sets.golden.min_cases": "100", f"{A}.traffic.requests": "1k/day"},
            at="evals.gates.support",
        )
    ],
    "EVL001": [Case({f"{A}.rollout": '{steps: [5%, 100%], abort_if: {error_rate: "> 2%"}}'}, at=A)],
    "EVL002": [
        Case({"evals.gates.support.require": '{mrr: ">= 0.6"}'}),
        Case({"evals.gates.support.require": '{contains: ">= 0.6", citation_accuracy: ">= 0.9"}'}),
        Case({"evals.gates.support.require": '{mrr: ">= 0.6", "recall@5": ">= 0.9"}'}),
    ],
    "EVL003": [Case({"evals.gates.support.max_regression": "1%"}, {"evals.gates.support.max_regression": "2%"})],
    "EVL004": [
        Case(wrong={"evals/golden.jsonl": questions(1, 30)}, right={"evals/golden.jsonl": questions(8, 30)}),
        Case(
            wrong={"evals/golden.jsonl": questions(8, 29, "pumps")},
            right={"evals/golden.jsonl": questions(8, 30, "pumps")},
        ),
        Case(
            wrong={"evals/golden.jsonl": questions(0, 4, "easy")}, right={"evals/golden.jsonl": questions(0, 4, "edge")}
        ),
    ],
    "EVL005": [
        Case(
            wrong={
                "evals/golden.jsonl": questions(1, 1),
                "prompts/answer.md": PROMPT.replace("Answer", "As with “how do I  reset\nthe PUMP 0”. Answer"),
            },
            right={"evals/golden.jsonl": questions(1, 1), "prompts/answer.md": PROMPT},
            at=f"{G}.generate.prompt",
        )
    ],
    "GOV001": [
        Case({"system": "{name: desk, risk: limited}"}, {"system": "{name: d, owner: o, purpose: p, risk: limited}"})
    ],
    "GOV003": [
        Case({"evals.gates.support.why": '""'}, at="evals.gates.support"),
        Case({"models.chat.writer.why": '""'}, {"models.chat.writer.why": '""', "system.risk": "minimal"}),
    ],
    "MOD001": [Case({"tracking.environment": "false"}, {"tracking.environment": "true"}, at="tracking.environment")],
    "MOD003": [
        Case(
            {"evals.gates.support": '{set: golden, require: {mrr: ">= 0.6", contains: ">= 0.6"}}'},
            at="evals.gates.support",
        )
    ],
    "MOD007": [
        Case({"models.chat.backup.model": "llama3.1:latest"}, {"models.chat.backup.model": "llama3.1:8b"}),
        Case({"models.chat.writer.model": "claude-3-5-haiku-latest"}, {"models.chat.writer.model": "greatest"}),
    ],
    "RAG001": [Case({f"{G}.chunk.overlap": "0%"}), Case({f"{G}.chunk.overlap": "40%"}, {f"{G}.chunk.overlap": "25%"})],
    "RAG002": [Case({f"{G}.chunk.tokens": "300"}, {f"{G}.chunk.tokens": "254"}, at=f"{G}.chunk.tokens")],
    "RAG003": [
        Case({f"{G}.index.keyword": "none"}),
        Case({f"{G}.retrieve.fuse": "vector"}, {f"{G}.retrieve.fuse": "rrf"}),
    ],
    "RAG004": [
        Case({f"{G}.retrieve.top": "6"}, {f"{G}.retrieve.top": "7"}),
        Case(
            {"models.rerank": "{r: mmr}", f"{G}.rerank": "{model: r, keep: 5, candidates: 5}"},
            {"models.rerank": "{r: mmr}", f"{G}.rerank": "{model: r, keep: 5, candidates: 30}"},
        ),
    ],
    "RAG005": [
        Case({f"{G}.generate.context": "1200"}, at=f"{G}.generate.context"),
        Case({"models.chat.backup.context": "128k", f"{G}.generate.model": "backup", f"{G}.generate.context": "130k"}),
    ],
    "RAG006": [Case({f"{G}.retrieve.filter": "[product, year]"}, at=f"{G}.retrieve.filter")],
    "RAG007": [
        Case(
            {"models.embed.embedder": E5 + "}"},
            {"models.embed.embedder": E5 + ', prefixes: {query: "query: ", document: "passage: "}}'},
            at="models.embed.embedder",
        ),
        Case({"models.embed.embedder": E5 + ', prefixes: {query: "passage: ", document: "query: "}}'}),
    ],
    "RAG008": [
        Case({f"{G}.generate.if_empty": "answer"}),
        Case({f"{G}.retrieve.min_score": "0"}, {f"{G}.retrieve.min_score": "0.1"}),
    ],
    "RAG009": [
        Case({f"{G}.generate.cite": "optional"}, {f"{G}.generate.cite": "strict"}),
        Case({"evals.gates.support.require": '{mrr: ">= 0.6", contains: ">= 0.6"}'}),
    ],
    "RAG011": [
        Case(
            {
                f"{G}.index.quantize": "i8",
                "evals.gates.support.require": '{citation_accuracy: ">= 0.9", contains: ">= 0.6"}',
            },
            {f"{G}.index.quantize": "i8"},
            at=f"{G}.index.quantize",
        )
    ],
    "RAG012": [
        Case(
            {f"{G}.meta": '{acl: "{acl}/**"}'},
            {
                f"{G}.meta": '{acl: "{acl}/**"}',
                f"{G}.index.metadata": "[product, lang, acl]",
                f"{G}.retrieve.filter": "[acl]",
            },
            at=f"{G}.index.metadata",
        ),
        Case({f"{G}.index.metadata": "[product, lang, acl]"}, at=f"{G}.retrieve.filter"),
        Case(
            {f"{G}.index.metadata": "[product, lang, acl]", f"{G}.retrieve.filter": "[acl]", f"{A}.auth": "none"},
            at=f"{A}.auth",
        ),
    ],
    "SEC001": [
        Case(wrong={"prompts/answer.md": PROMPT.replace("<passage", "<text").replace("</passage", "</text")}),
        Case(
            wrong={"prompts/answer.md": PROMPT.replace("</passage>", "")},
            right={"prompts/answer.md": PROMPT + "{# <passage> #}"},
        ),
    ],
    "SEC002": [
        Case(
            wrong={"prompts/answer.md": PROMPT.replace("Answer", "{% if history %}x{% endif %}\nAnswer")},
            right={
                "prompts/answer.md": PROMPT.replace("Answer", "{# question #}{{ no_answer }} to a question. Answer")
            },
        ),
        Case(
            {"rag.support.situate": "{model: backup, prompt: prompts/situate.md}"},
            {"rag.support.situate": "{model: backup, prompt: prompts/situate.md}"},
            wrong={"prompts/situate.md": "# System\nSay what {{ chunk }} is about.\n# User\n{{ document }}"},
            right={"prompts/situate.md": "# System\nSay what it is about.\n# User\n{{ document }}{{ chunk }}"},
            at="rag.support.situate.prompt",
        ),
        Case(wrong={"prompts/answer.md": "Answer {{ question }} from {{ passages }}"}),
    ],
    "SEC004": [
        Case({"models.chat.writer.api_key": "sk-literal"}, at="models.chat.writer.api_key"),
        Case(wrong={"prompts/answer.md": PROMPT + "AKIAABCDEFGHIJKLMNOP"}),
    ],
    "SEC006": [
        Case(
            {"models.rerank": "{r: {use: cross_encoder, model: a/b, engine: fastembed}}", f"{G}.rerank": "{model: r}"},
            {"models.rerank": "{r: {use: cross_encoder, model: a/b, engine: fastembed}}"},
            at="models.rerank.r",
        ),
        Case(
            {
                "models.rerank": "{r: {use: cross_encoder, model: a/b, engine: sentence-transformers}}",
                f"{G}.rerank": "{model: r}",
            },
            {
                "models.rerank": "{r: {use: cross_encoder, model: a/b, engine: sentence-transformers, revision: %s}}"
                % ("a" * 40),
                f"{G}.rerank": "{model: r}",
            },
        ),
    ],
    "SRV001": [Case({"models.chat.writer": "openai/gpt-4o-mini"}, at="models.chat.writer")],
    "SRV002": [
        Case({f"{A}.fallback": "[]"}, {f"{A}.fallback": "[rule.top_passages]"}),
        Case({f"{A}.fallback": "[writer]"}, {f"{A}.fallback": "[backup]"}),
    ],
    "SRV004": [Case({f"{A}.limits.timeout": "20s"}, {f"{A}.limits.timeout": "3s"}, at=f"{A}.limits.timeout")],
    "SRV005": [
        Case({f"{A}.limits.retries": "2"}, {f"{A}.limits.retries": "1"}, at=f"{A}.limits.retries"),
        Case({f"{A}.fallback": "[writer, backup]"}, at=f"{A}.fallback"),
        Case({f"{A}.fallback": "[backup, rule.top_passages, rule.top_passages]"}),
    ],
    "SRV006": [
        Case({"models.chat.writer.temperature": "1"}, {"models.chat.writer.temperature": "1", f"{A}.cache": "{}"})
    ],
    "SRV009": [
        Case({f"{A}.limits.rate": "1000/s"}, {f"{A}.limits.rate": "1/s"}, at=f"{A}.limits.rate"),
        Case({f"{A}.limits.input": "100k chars"}, {f"{A}.limits.input": "10k chars"}, at=f"{A}.limits.input"),
    ],
    "SRV010": [Case({f"{A}.limits.concurrency": "1"}, {f"{A}.limits.concurrency": "8"}, at=f"{A}.limits.concurrency")],
    "SRV011": [Case({f"{A}.rollout.steps": "[0.1%, 100%]"}, {f"{A}.rollout.steps": "[5%, 100%]"})],
    "SRV012": [
        Case({f"{A}.rollout.abort_if": "{}"}, at=f"{A}.rollout"),
        Case({f"{A}.rollout.steps": "[100%]"}, at=f"{A}.rollout.steps"),
    ],
}
EACH = [pytest.param(rule, case, id=f"{rule}-{n}") for rule, cases in CASES.items() for n, case in enumerate(cases)]


def test_every_rule_of_the_file_has_a_case() -> None:
    assert set(CASES) == {rule.id for rule in rules() if rule.reads == "file"}


@pytest.mark.parametrize(("rule", "case"), EACH)
def test_it_fires(make: Make, rule: str, case: Case) -> None:
    found = check(make(case.bad, case.wrong), only=rule)
    assert found
    assert all(any(letter.isdigit() for letter in one.evidence) or len(one.evidence) > 20 for one in found)
    assert case.at in ("", *(finding.path for finding in found))


@pytest.mark.parametrize(("rule", "case"), EACH)
def test_it_is_silent(make: Make, rule: str, case: Case) -> None:
    if rule == "CST003" and not (case.good or case.right):
        pytest.skip("the example itself is one")
    found = check(make(case.good, {"prompts/answer.md": PROMPT, **case.right}), only=rule)
    assert [finding for finding in found if finding.severity != "info" or rule in ("CST003", "GOV003")] == []


@pytest.mark.parametrize(("rule", "case"), EACH)
def test_its_patch_mends(make: Make, rule: str, case: Case) -> None:
    """On a file that is written out whole, so that a patch meets what `bad` has set."""
    blueprint = make(case.bad, case.wrong)
    text = blueprint.resolved()
    patched = [finding for finding in check(from_text(text, blueprint.path), only=rule) if finding.fix]
    if patched:
        changed, taken = fixed(text, patched)
        assert taken
        left = {(one.path, one.evidence) for one in check(from_text(changed, blueprint.path), only=rule)}
        assert not left & {(one.path, one.evidence) for one in taken}


@pytest.mark.parametrize(
    "rule", [rule for rule in rules() if rule.softens and rule.reads == "file"], ids=lambda rule: rule.id
)
def test_it_counts_less_where_the_risk_is_minimal(make: Make, rule: object) -> None:
    name = rule.id  # type: ignore[attr-defined]
    case = CASES[name][0]
    risky = {finding.severity for finding in check(make(case.bad, case.wrong), only=name)}
    mild = {finding.severity for finding in check(make({**case.bad, "system.risk": "minimal"}, case.wrong), only=name)}
    assert {"error": "warning", "warning": "info"}[risky.pop()] in mild
