"""The ML Test Score: the least of four sections, and no point without a proof."""

from dataclasses import replace

import pytest

from architect.conftest import Make, records
from mlwright.architect import Records, score, score_json
from mlwright.architect.readiness import AUTOMATED, MANUAL, SECTIONS


def points(found: object) -> dict[str, float]:
    return {f"{test.section} {test.number}": test.points for test in found.tests if test.points}  # type: ignore[attr-defined]


def test_there_are_seven_tests_in_each_of_four_sections(make: Make) -> None:
    found = score(make(), records())
    assert [(test.section, test.number) for test in found.tests] == [(s, n) for s in SECTIONS for n in range(1, 8)]
    assert all(test.evidence and test.says for test in found.tests)
    assert all(test.ref for test in found.tests if test.points and test.number != 2 and test.section != "monitoring")


def test_the_least_section_is_the_score(make: Make) -> None:
    found = score(make(), records())
    assert found.total == min(found.sections.values()) == found.sections["data"]
    assert found.sections == {"data": 1.0, "model": 2.5, "infrastructure": 6.0, "monitoring": 3.0}
    assert found.verdict.startswith("not totally untested")
    assert set(points(found).values()) == {MANUAL, AUTOMATED}


def test_a_file_alone_proves_little(make: Make) -> None:
    found = score(make())
    assert points(found) == {"infrastructure 2": MANUAL}
    assert found.total == 0
    assert found.verdict.startswith("more of a research project")


def test_a_file_with_errors_proves_nothing(make: Make) -> None:
    assert points(score(make({"rag.support.chunk.tokens": "800"}))) == {}


@pytest.mark.parametrize(
    ("lost", "gone"),
    [
        ("tracking", {"data 2", "model 3", "model 5", "infrastructure 1"}),
        ("exercised", {"model 1", "infrastructure 4", "infrastructure 6", "infrastructure 7"}),
        ("evals", {"data 3", "model 6", "infrastructure 3", "infrastructure 4", "infrastructure 5"}),
        ("rag", {"monitoring 3", "monitoring 4"}),
        ("served", {"monitoring 6", "monitoring 7"}),
        ("data", {"monitoring 2"}),
    ],
)
def test_each_point_rests_on_its_record(make: Make, lost: str, gone: set[str]) -> None:
    whole, kept = records(), {}
    match lost:
        case "tracking":
            kept = {"tracking": replace(whole.tracking, latest={})}
        case "exercised":
            never = replace(whole.exercised["answer"], stable=None, canaries=0, promoted=0, rollbacks=0, aborts=0)
            kept = {"exercised": {"answer": never}}
        case "evals":
            gate = replace(whole.evals.gates[0], latest=None, compared=(), slices={})
            kept = {"evals": replace(whole.evals, gates=(gate,))}
        case "rag":
            kept = {"rag": {"support": replace(whole.rag["support"], index=None)}}
        case "served":
            kept = {"served": {"answer": replace(whole.served["answer"], requests=0, thumbs_up=0, thumbs_down=0)}}
        case "data":
            kept = {"data": replace(whole.data, sources=(replace(whole.data.sources[0], latest=None),))}
    before, after = points(score(make(), whole)), points(score(make(), replace(whole, **kept)))
    assert before.keys() - after.keys() == gone


@pytest.mark.parametrize(
    ("change", "test"),
    [({"aborts": 0}, "infrastructure 7"), ({"promoted": 0}, "infrastructure 6")],
)
def test_what_a_person_did_is_half_a_point(make: Make, change: dict[str, int], test: str) -> None:
    whole: Records = records()
    by_hand = replace(whole, exercised={"answer": replace(whole.exercised["answer"], **change)})
    assert (points(score(make(), whole))[test], points(score(make(), by_hand))[test]) == (AUTOMATED, MANUAL)


def test_as_json_every_test_says_whether_it_is_proved(make: Make) -> None:
    data = score_json(score(make(), records()))
    assert data["score"] == data["sections"]["data"]
    assert {test["proved"] for test in data["tests"]} == {True, False}
    assert len(data["tests"]) == 28
