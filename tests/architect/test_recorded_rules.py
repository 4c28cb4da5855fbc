"""Each rule of the records: where it fires and where it is silent."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from architect.conftest import NOW, STABLE, Make, records, result
from mlwright.architect import Finding, Records, check
from mlwright.architect.rules import rules
from mlwright.evals import Interval
from mlwright.kernel.ids import Ref
from mlwright.rag import RagReport
from mlwright.serving import Release

Change = Callable[[Records], Records]


def rag(**values: Any) -> Change:
    return lambda r: replace(r, rag={"support": replace(r.rag["support"], **values)})


def exercised(**values: Any) -> Change:
    return lambda r: replace(r, exercised={"answer": replace(r.exercised["answer"], **values)})


def gate(**values: Any) -> Change:
    return lambda r: replace(r, evals=replace(r.evals, gates=(replace(r.evals.gates[0], **values),)))


def golden(**values: Any) -> Change:
    return lambda r: replace(r, evals=replace(r.evals, sets=(replace(r.evals.sets[0], **values),)))


def untuned(r: Records) -> Records:
    return replace(r, tracking=replace(r.tracking, latest={}))


def forgetful(r: Records) -> Records:
    return replace(r, trace_days=30)


CHEAP = result(Ref("release", "1"), cost=0.001)
UNKNOWN = Release(STABLE, 2, "support.yaml", "", NOW)
HIGH = {"system.risk": "high"}
LABELS = {"rag.support.index.metadata": "[product, lang, acl]", "rag.support.retrieve.filter": "[acl]"}
CASES: dict[str, list[tuple[Change, Mapping[str, str]]]] = {
    "CST004": [(gate(compared=(result(), CHEAP)), {})],
    "EVL008": [(golden(since=NOW - timedelta(days=400)), {}), (golden(since=NOW - timedelta(days=31)), {"evals.sets.golden.max_age": "30d"})],
    "EVL011": [(gate(latest=result(took=301.0)), {})],
    "GOV002": [(forgetful, HIGH)],
    "MOD001": [(exercised(stable=UNKNOWN), {})],
    "MOD002": [(untuned, {})],
    "MOD004": [(gate(slices={"pumps": {"recall@5": Interval(0.6, 0.45, 0.73, 40)}}), {})],
    "MOD008": [(exercised(rollbacks=0, aborts=0, last_rollback=None), {})],
    "RAG010": [(rag(stale=3), {}), (lambda r: replace(r, rag={"support": RagReport(None, None, "", 0, 0, 0, 7, 0)}), {})],
    "RAG012": [(rag(labelled=5), {})],
    "SRV003": [(exercised(fallbacks=0), {})],
}  # fmt: skip
SILENT: list[tuple[str, Change, Mapping[str, str]]] = [
    ("CST004", gate(compared=(result(), replace(CHEAP, passed=False))), {}),
    ("CST004", gate(compared=(result(), result(Ref("release", "1"), cost=0.0039))), {}),
    ("CST004", gate(compared=(CHEAP,)), {}),
    ("EVL008", golden(since=None), {}),
    ("EVL011", gate(latest=None), {}),
    ("EVL011", gate(latest=replace(result(), took=None)), {}),
    ("GOV002", forgetful, {}),
    ("MOD001", exercised(stable=None), {}),
    ("MOD004", gate(slices={"pumps": {"recall@5": Interval(0.8, 0.7, 0.87, 60)}}), {}),
    ("MOD004", gate(slices={"pumps": {"recall@5": Interval(0.6, 0.45, 0.73, 40)}}, latest=None), {}),
    ("MOD008", exercised(rollbacks=0, stables=1), {}),
    ("RAG012", rag(labelled=5), LABELS),
    ("SRV003", exercised(fallbacks=0, stable=None), {}),
    ("SRV003", exercised(fallbacks=0), {"models.chat.writer": "extractive"}),
]


def found(make: Make, rule: str, change: Change, sets: Mapping[str, str]) -> list[Finding]:
    return check(make(sets), records=change(records()), only=rule)


def test_every_rule_of_the_records_has_a_case() -> None:
    assert set(CASES) - {"MOD001", "RAG012"} == {rule.id for rule in rules() if rule.reads == "records"}


def test_a_workspace_in_which_all_was_done_is_clean(make: Make) -> None:
    assert {finding.severity for finding in check(make(), records=records(), today=NOW.date())} == {"info"}


@pytest.mark.parametrize(
    ("rule", "change", "sets"),
    [pytest.param(rule, *case, id=f"{rule}-{n}") for rule, cases in CASES.items() for n, case in enumerate(cases)],
)
def test_it_fires_and_has_its_place(make: Make, rule: str, change: Change, sets: Mapping[str, str]) -> None:
    [finding] = found(make, rule, change, sets)
    assert finding.place.line
    assert finding.source
    assert check(make(sets), only=rule) == []
    assert found(make, rule, lambda r: r, sets) == []


@pytest.mark.parametrize(("rule", "change", "sets"), SILENT)
def test_it_is_silent(make: Make, rule: str, change: Change, sets: Mapping[str, str]) -> None:
    assert found(make, rule, change, sets) == []


def test_an_untried_rollback_is_an_error_where_the_risk_is_high(make: Make) -> None:
    change = exercised(rollbacks=0)
    severities = [
        found(make, "MOD008", change, {"system.risk": risk})[0].severity for risk in ("high", "limited", "minimal")
    ]
    assert severities == ["error", "warning", "info"]
