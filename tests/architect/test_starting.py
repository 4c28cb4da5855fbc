"""Requirements become a blueprint: every combination loads, passes check, and says what cannot be had."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.architect import (
    EvalFile,
    Labels,
    Lengths,
    LocalModel,
    Profile,
    Proposal,
    Requirements,
    Situation,
    check,
    plan,
    problem,
    propose,
    still_open,
)
from mlwright.architect.starting.choices import Choice, Draft
from mlwright.architect.starting.decisions import DECISIONS, EMBEDDERS, WRITERS, Decision, Option
from mlwright.architect.starting.questions import QUESTIONS
from mlwright.blueprint import BlueprintError, from_text, read_as
from mlwright.kernel.errors import NotFound, UserError

TODAY = date(2026, 11, 23)
DOCS = Profile(
    "docs", files=30, read=30, bytes=200_000, kinds={".md": 25, ".pdf": 5}, lengths=Lengths(4000, 9000, 20_000, 150_000),
    languages={"en": 30},
)  # fmt: skip
GOLDEN = EvalFile("evals/golden.jsonl", 40, 30, 20, 10, 0)
LOCAL = LocalModel("llama3.2", "http://127.0.0.1:11434/v1")


def proposed(profile: Profile = DOCS, local: LocalModel | None = None, **asked: object) -> Proposal:
    it = Situation(Requirements.model_validate(asked), profile, "pumps", local)
    return propose(it, Path("mlwright.yaml"), today=TODAY)


def test_requirements_are_read_with_their_places(tmp_path: Path) -> None:
    file = tmp_path / "requirements.yaml"
    file.write_text(
        "answers: 3.10\nrequests: 2k/day\nbusiest: 90/min\nlatency: 4s\nbudget: 200 USD/month\npersonal_data: none\n"
        "languages: en, de\nmay_leave: no\n",
        encoding="utf-8",
    )
    found = read_as(Requirements, file)
    assert (found.answers, found.personal_data, found.languages, found.may_leave) == ("3.10", (), ("en", "de"), False)
    assert found.peak == pytest.approx(90 * 1440 / 2000)
    assert Requirements(busiest="6x").peak == 6  # type: ignore[arg-type]
    assert Requirements(busiest="90/min").peak is None
    again = Requirements.model_validate(found.model_dump(mode="json"))
    assert again == found


def test_mistakes_in_requirements_are_told_together(tmp_path: Path) -> None:
    file = tmp_path / "requirements.yaml"
    file.write_text(
        "latnecy: 4s\nbudget: 3\nmay_leave: maybe\nlanguages: [english]\nrequests: 2k/day\nbusiest: 0.5x\n",
        encoding="utf-8",
    )
    with pytest.raises(BlueprintError) as told:
        read_as(Requirements, file)
    assert [(one.place.line, one.path) for one in told.value.problems] == [
        (1, "latnecy"), (2, "budget"), (3, "may_leave"), (4, "languages.0"), (6, "busiest"),
    ]  # fmt: skip
    assert "did you mean 'latency'" in told.value.problems[0].hint
    file.write_text("requests: 1k/min\nbusiest: 90/min\n", encoding="utf-8")
    with pytest.raises(BlueprintError, match="less than the mean"):
        read_as(Requirements, file)
    with pytest.raises(NotFound, match="there is no file"):
        read_as(Requirements, tmp_path / "none.yaml")
    file.write_text("- a\n", encoding="utf-8")
    with pytest.raises(UserError, match="a mapping"):
        read_as(Requirements, file)


def test_there_are_nine_questions_and_each_fills_a_field() -> None:
    assert len(QUESTIONS) == 9
    assert {one.field for one in QUESTIONS} == set(Requirements.model_fields) - {"kind"}
    known = Requirements(latency=4.0, may_leave=False, personal_data=())
    assert "latency" not in [one.field for one in still_open(known)]
    assert "personal_data" not in [one.field for one in still_open(known)]
    assert len(list(still_open(known))) == 6
    assert problem("latency", "4s") == ""
    assert "write it like" in problem("latency", "soon")
    offers = {one.field: one.offer(DOCS) for one in QUESTIONS if one.offer(DOCS)}
    assert offers == {"languages": "en"}


asked = st.fixed_dictionaries(
    {},
    optional={
        "answers": st.sampled_from(["Questions about pumps", 'a: "b" # no\ncomment']),
        "requests": st.sampled_from(["1/day", "2k/day", "40/s"]),
        "busiest": st.sampled_from(["1x", "30x", "3k/min"]),
        "latency": st.sampled_from(["1ms", "700ms", "4s", "60s"]),
        "budget": st.sampled_from(["0 USD/month", "9 USD/month", "100k USD/month"]),
        "personal_data": st.sampled_from(["none", "yes", "email, phone"]),
        "languages": st.sampled_from(["en", "de", "en, ja", "xx"]),
        "may_leave": st.booleans(),
    },
)
profiles = st.sampled_from(
    [
        DOCS,
        Profile("a b", files=1, read=1, kinds={".txt": 1}, lengths=Lengths(40, 40, 40, 40), personal={"email": 3}, personal_files=1),
        Profile("src", files=9, read=9, kinds={".py": 8, ".md": 1}, code={".py": 8}, lengths=Lengths(900, 4000, 4000, 9000), sets=(GOLDEN,)),
        Profile("x", files=400_000, read=200, kinds={".PDF": 400_000}, lengths=Lengths(90_000, 90_000, 90_000, 18_000_000), scanned=7, languages={"fr": 150, "en": 50}, copies=3, unreadable={"no_text": 4}),
        Profile("t", files=1, read=1, kinds={".csv": 1}, lengths=Lengths(900, 900, 900, 900), labels=(Labels("churn.csv", "label", {"no": 9, "yes": 1}),)),
    ]
)  # fmt: skip


@settings(max_examples=10)
@given(asked, profiles, st.sampled_from([None, LOCAL]))
def test_every_combination_loads_passes_check_and_is_priced(
    tmp_path_factory: pytest.TempPathFactory, asked: dict[str, object], profile: Profile, local: LocalModel | None
) -> None:
    try:
        requirements = Requirements.model_validate(asked)
    except ValueError as error:
        assert "busiest" in str(error)
        return
    file = tmp_path_factory.getbasetemp() / "mlwright.yaml"
    made = propose(Situation(requirements, profile, "pumps", local), file, today=TODAY)
    blueprint = from_text(made.text, file)
    assert not [finding for finding in made.findings if finding.counts]
    assert made.plan.per_month is not None or made.plan.unpriced
    assert blueprint.system.budget == requirements.budget
    assert blueprint.serving.endpoints["answer"].slo.p95 == requirements.latency
    writer = blueprint.models.chat["writer"].facts()
    leaves = writer.leaves_machine or blueprint.models.embed["embedder"].facts().leaves_machine
    assert requirements.may_leave or not leaves
    over = requirements.budget is not None and made.plan.per_month and made.plan.per_month.likely > requirements.budget
    slow = requirements.latency is not None and made.plan.latency and made.plan.latency.likely > requirements.latency
    assert bool(over or slow) <= any("were asked for" in one or "the budget is" in one for one in made.conflicts)
    assert all(choice.why for choice in made.choices if choice.path.startswith(("models.", "data.")))


def test_equal_situations_give_equal_files_that_stand_for_themselves() -> None:
    one, other = proposed(latency="4s", requests="2k/day"), proposed(latency="4s", requests="2k/day")
    assert one.text == other.text
    blueprint = from_text(one.text, "mlwright.yaml")
    assert list(one.findings) == check(blueprint, today=TODAY)
    assert one.plan == plan(blueprint, today=TODAY)
    assert max(map(len, one.text.splitlines())) <= 120


def test_a_model_that_breaks_the_budget_is_passed_over_with_the_numbers() -> None:
    dear = proposed(may_leave=True, requests="50k/day", budget="10 USD/month")
    assert "chat: {writer: extractive}" in dear.text
    assert [one.split(" was ")[0] for one in dear.conflicts] == ["gpt-4o-mini", "gpt-4.1-nano"]
    assert "USD a month are planned" in dear.conflicts[0]
    assert "the budget is 10.00 USD" in dear.conflicts[0]
    cheap = proposed(may_leave=True, requests="50k/day", budget="900 USD/month")
    assert "gpt-4o-mini" in cheap.text
    assert cheap.conflicts == ()
    assert (cheap.secrets, dear.secrets) == (("OPENAI_API_KEY",), ())


def test_a_promise_that_nothing_keeps_is_told() -> None:
    made = proposed(latency="1ms")
    assert any("1 ms were asked for" in one for one in made.conflicts)


def test_a_model_on_this_machine_answers_where_it_is_quick_enough() -> None:
    assert LOCAL.base_url in proposed(local=LOCAL).text
    crowded = proposed(local=LOCAL, requests="500k/day", busiest="10x")
    assert LOCAL.base_url not in crowded.text
    assert any("side by side" in one for one in crowded.conflicts)


def test_what_was_found_decides() -> None:
    made = proposed(
        Profile("docs", files=3, read=3, kinds={".md": 3}, sets=(GOLDEN,), personal={"email": 2}, personal_files=1),
    )
    assert made.text.count("# why: evals/golden.jsonl holds 40 questions") == 2
    assert 'recall@5: ">= 0.7"' in made.text
    assert "auth: api_key" in made.text
    assert "EVL001" not in [finding.rule for finding in made.findings]
    assert any("nothing takes them out" in one for one in made.conflicts)
    denied = proposed(replace(DOCS, personal={"email": 2}, personal_files=1), personal_data="none")
    assert "api_key" not in denied.text
    assert any("no personal data were said, and 2 email stand in 1 of 30 files" in one for one in denied.conflicts)
    german = proposed(Profile("docs", files=3, read=3, kinds={".pdf": 3}, languages={"de": 3}))
    assert "dense_weight: 0.3" in german.text
    assert "languages: deu" in german.text
    assert "text-embedding-3-small" in proposed(DOCS, languages="de", may_leave=True).text


def test_where_no_template_fits_each_says_what_it_lacks() -> None:
    with pytest.raises(UserError, match=r"evals lacks answers of another system .*; rag lacks documents"):
        proposed(Profile(""))
    with pytest.raises(UserError, match=r"^rag lacks documents: x holds none that can be read"):
        proposed(Profile("x"), kind="rag")
    with pytest.raises(NotFound, match="no template 'gateway'"):
        proposed(kind="gateway")


def test_a_busiest_minute_alone_says_how_many_come() -> None:
    text = proposed(busiest="80/min").text
    assert "requests: 28800/day" in text or "requests: 20/min" in text
    assert "peak: 4x" in text
    assert "a quarter of the busiest minute" in text


def test_a_large_set_and_much_traffic_make_finer_gates_and_steps() -> None:
    golden = EvalFile("golden.jsonl", 400, 400, 0, 0, 400)
    made = proposed(
        replace(DOCS, sets=(golden,), folders=3, largest=70_500_000, unreadable={"timeout": 1}), requests="200k/day"
    )
    for line in (
        "max_regression: 0.04", "allow_synthetic: true", "min_cases: 400", "steps: [1%, 10%, 100%]", "metadata: [folder]",
        "max_size: 71 MB", "timeout: 300s",
    ):  # fmt: skip
        assert line in made.text, line
    assert {one.severity for one in made.findings} <= {"info"}


@pytest.mark.parametrize("row", [*DECISIONS, *WRITERS, *EMBEDDERS], ids=lambda row: row.name)
def test_every_row_of_the_table_counts_somewhere_with_a_reason(row: Decision | Option) -> None:
    rich = replace(
        DOCS, languages={"de": 20, "en": 10}, lengths=Lengths(400, 800, 20_000, 150_000), files=10_000_000, largest=10**8,
        folders=2, unreadable={"timeout": 1}, sets=(replace(GOLDEN, examples=1000),),
    )  # fmt: skip
    everything = {
        "requests": "200k/day",
        "latency": "4s",
        "budget": "9 USD/month",
        "may_leave": True,
        "answers": "Questions",
    }
    plenty = Situation(Requirements.model_validate(everything), rich, "a", LOCAL)
    private = Situation(
        Requirements.model_validate({"personal_data": "yes"}), replace(rich, code={".md": 9_999_999}), "a"
    )
    met = [it for it in (plenty, private) if row.when(it)]
    assert met
    assert all(row.why(it) for it in met)
    nothing = Situation(Requirements(), Profile("docs", files=1, read=1, kinds={".md": 1}), "a")
    always = {"traffic", "busiest minute", "extractive", "local/minilm"}
    assert row.when(nothing) == (row.name in always and row is not EMBEDDERS[1])


def test_a_draft_keeps_the_last_word_in_the_first_place() -> None:
    draft = Draft([Choice("a.b", "1", "one"), Choice("a.c.d", "2", "two"), Choice("e", "3")])
    draft.take(Choice("a.b", "4", "four"))
    draft.take(Choice("a.c", "{x: 1}", "whole"))
    assert draft.text("top") == "# top\n\na:\n  # why: four\n  b: 4\n  # why: whole\n  c: {x: 1}\n\ne: 3\n"
    draft.drop("a")
    assert [choice.path for choice in draft] == ["e"]
    with pytest.raises(UserError, match="plain value"):
        Draft([Choice("a", "1"), Choice("a.b", "2")]).text("top")
