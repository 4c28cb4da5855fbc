"""Metrics: the shipped suite over every one, their definitions by example, and trec_eval's figures."""

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.evals import Cited, EvalExample, Expected, MetricPart, Outcome, Retrieved, metric_named
from mlwright.evals.metrics._text import words
from mlwright.evals.metrics.ndcg import dcg
from mlwright.evals.naming import SLOT
from mlwright.kernel.errors import NotFound, UserError
from mlwright.kernel.parts import config_of, names
from mlwright.testing.metric import check_metric


def score(name: str, example: EvalExample, outcome: Outcome) -> float | None:
    return metric_named(name).score(example, outcome)


def wants(*relevant: str | tuple[str, str]) -> EvalExample:
    return EvalExample(
        "a", "q", relevant=tuple(Expected(*((one,) if isinstance(one, str) else one)) for one in relevant)
    )


def found(*stretches: str | tuple[str, str]) -> Outcome:
    return Outcome("", tuple(Retrieved(*((one, "") if isinstance(one, str) else one)) for one in stretches))


@pytest.mark.parametrize("name", names(SLOT))
def test_every_metric_passes_the_suite(name: str) -> None:
    config = config_of(SLOT, name)
    assert issubclass(config, MetricPart)
    check_metric(config.model_validate({"use": name}))
    if "k" in config.model_fields:
        check_metric(config.model_validate({"use": name, "k": 1}))


_PATHS = st.sampled_from(["a", "b", "c"])
_WORDS = st.text("ab \n", max_size=6)
_SPANS = st.none() | st.tuples(st.integers(0, 9), st.integers(10, 19))


@given(
    st.lists(st.builds(Expected, _PATHS, _WORDS, _SPANS), max_size=3).map(tuple),
    st.lists(st.builds(Retrieved, _PATHS, _WORDS, _SPANS), max_size=5).map(tuple),
    st.lists(st.builds(Cited, _PATHS, _WORDS, st.booleans(), _SPANS), max_size=3).map(tuple),
    _WORDS,
    _WORDS,
    st.booleans(),
    st.sampled_from(
        [
            "recall@2",
            "recall",
            "mrr@3",
            "mrr",
            "ndcg@2",
            "ndcg",
            "token_f1",
            "contains",
            "exact_match",
            "citation_accuracy",
            "citation_precision",
            "citation_recall",
            "abstention",
            "abstention_precision",
            "abstention_recall",
            "precision@2",
            "precision",
            "span_recall@2",
            "span_precision",
            "span_iou",
        ]
    ),
)
def test_scores_are_from_0_to_1(relevant, retrieved, cited, expected, output, abstained, name) -> None:  # type: ignore[no-untyped-def]
    got = score(name, EvalExample("a", "q", expected, relevant), Outcome(output, retrieved, cited, abstained))
    assert got is None or 0 <= got <= 1


def test_recall_finds_quotes_and_documents_among_the_first_k() -> None:
    outcome = found(("a", "x  y\nz"), ("b", "w"), ("c", "v"))
    assert score("recall@5", wants(("a", "y z")), outcome) == 1
    assert score("recall@5", wants(("a", "w")), outcome) == 0, "the quote stands in another document"
    assert score("recall@1", wants("a", "b"), outcome) == 0.5
    assert score("recall", wants("a", "b", "c", "d"), outcome) == 0.75
    assert score("recall@5", EvalExample("a", "q"), outcome) is None


def test_mrr_is_one_over_the_first_place() -> None:
    assert score("mrr", wants("c", ("b", "w")), found("a", ("b", "w"), "c")) == 0.5
    assert score("mrr@1", wants("b"), found("a", "b")) == 0
    assert score("mrr", wants("z"), found("a")) == 0
    assert score("mrr", EvalExample("a", "q"), found("a")) is None


def test_ndcg_ranks_documents_by_their_first_stretch() -> None:
    assert score("ndcg@10", wants("a"), found("b", "b", "b", "a")) == pytest.approx(0.6309, abs=1e-4)
    assert score("ndcg@1", wants("a", "b"), found("a")) == 1
    assert score("ndcg@10", wants("a", ("a", "x")), found("a")) == 1, "a document counts once"


def test_answers_are_compared_as_squad_does() -> None:
    example = EvalExample("a", "q", "The Eiffel-Tower, of course!")
    assert words("The Eiffel-Tower, of  course!") == ["eiffeltower", "of", "course"]
    assert score("exact_match", example, Outcome("eiffeltower of course")) == 1
    assert score("exact_match", example, Outcome("eiffeltower")) == 0
    assert score("contains", example, Outcome("Of course it is the EiffelTower.")) == 1
    assert score("contains", example, Outcome("The tower, of course")) == 0
    assert score("token_f1", example, Outcome("eiffeltower maybe")) == pytest.approx(2 * 1 / (2 + 3))
    assert score("token_f1", EvalExample("a", "q", "the"), Outcome("a")) == 1
    assert score("token_f1", EvalExample("a", "q", "the"), Outcome("b")) == 0
    for name in ("exact_match", "contains", "token_f1"):
        assert score(name, EvalExample("a", "q"), Outcome("x")) is None


def test_citations_must_stand_there_and_point_where_they_should() -> None:
    outcome = Outcome("x", cited=(Cited("a", "q", True), Cited("b", "q", True), Cited("a", "q", False)))
    assert score("citation_accuracy", wants("a"), outcome) == pytest.approx(1 / 3)
    assert score("citation_accuracy", EvalExample("a", "q"), outcome) == pytest.approx(2 / 3)
    assert score("citation_accuracy", wants("a"), Outcome("claims")) == 0
    assert score("citation_accuracy", wants("a"), Outcome("", abstained=True)) is None


def at(document: str, *spans: tuple[int, int]) -> list[Expected]:
    return [Expected(document, span=span) for span in spans]


def test_precision_divides_by_the_depth_as_trec_eval_does() -> None:
    outcome = found("a", "b", "a")
    assert score("precision@2", wants("a"), outcome) == 0.5
    assert score("precision@5", wants("a"), outcome) == 0.4, "fewer than five were retrieved"
    assert score("precision", wants("a"), outcome) == pytest.approx(2 / 3)
    assert score("precision", wants("a"), Outcome("")) == 0
    assert score("precision@5", EvalExample("a", "q"), outcome) is None


def test_spans_are_counted_by_character() -> None:
    example = EvalExample("a", "q", relevant=(*at("a", (0, 10), (5, 20)), *at("b", (100, 110))))
    stretches = (Retrieved("a", "", (0, 15)), Retrieved("a", "", (10, 40)), Retrieved("b", "", (0, 50)))
    outcome = Outcome("", stretches)
    assert score("span_recall", example, outcome) == pytest.approx(20 / 30), "overlapping spans count once"
    assert score("span_precision", example, outcome) == pytest.approx(20 / 95), "what is read twice is paid twice"
    assert score("span_iou", example, outcome) == pytest.approx(20 / (95 + 30 - 20))
    assert score("span_recall@1", example, outcome) == pytest.approx(15 / 30)
    assert score("span_precision@1", example, outcome) == 1
    assert score("span_recall", example, Outcome("")) == score("span_precision", example, Outcome("")) == 0
    assert score("span_recall", wants("a"), outcome) is None, "a document alone has no characters"


def test_a_quote_counts_whole_where_a_stretch_holds_it() -> None:
    outcome = found(("a", "so  many\nwords"), ("b", "so many"))
    assert score("span_recall", wants(("a", "many words")), outcome) == 1
    assert score("span_recall", wants(("a", "many words"), ("a", "and others")), outcome) == 0.5
    assert score("span_precision", wants(("b", "many")), outcome) == pytest.approx(4 / 21)
    assert score("recall", wants(("a", "many words")), outcome) == 1


def test_a_span_is_retrieved_with_half_of_its_characters() -> None:
    example = EvalExample("a", "q", relevant=tuple(at("a", (10, 20))))
    assert score("recall", example, Outcome("", (Retrieved("a", "", (0, 15)),))) == 1
    assert score("recall", example, Outcome("", (Retrieved("a", "", (0, 14)),))) == 0
    assert score("mrr", example, Outcome("", (Retrieved("b", "", (0, 50)), Retrieved("a", "", (9, 50))))) == 0.5


def test_citations_into_the_right_document_may_still_miss_the_words() -> None:
    example = EvalExample("a", "q", relevant=(*at("a", (0, 10)), Expected("b", "so many words")))
    cited = (Cited("a", "x", True, (5, 30)), Cited("a", "x", True, (50, 60)), Cited("b", "many", True))
    assert score("citation_accuracy", example, Outcome("x", cited=cited)) == 1
    assert score("citation_precision", example, Outcome("x", cited=cited)) == pytest.approx(2 / 3)
    assert score("citation_recall", example, Outcome("x", cited=cited[1:])) == 0.5
    assert score("citation_precision", example, Outcome("x", cited=(Cited("b", "many", False),))) == 0
    assert score("citation_precision", example, Outcome("x")) == score("citation_recall", example, Outcome("x")) == 0
    assert score("citation_precision", example, Outcome("", abstained=True)) is None


def test_abstention_has_a_precision_and_a_recall() -> None:
    known, unknown = EvalExample("a", "q"), EvalExample("b", "q", unanswerable=True)
    for name, example, abstained, expected in (
        ("abstention_precision", known, True, 0),
        ("abstention_precision", unknown, True, 1),
        ("abstention_precision", unknown, False, None),
        ("abstention_recall", unknown, False, 0),
        ("abstention_recall", unknown, True, 1),
        ("abstention_recall", known, True, None),
    ):
        assert score(name, example, Outcome("", abstained=abstained)) == expected


@pytest.mark.parametrize(
    ("unanswerable", "abstained", "expected"), [(True, True, 1), (True, False, 0), (False, True, 0), (False, False, 1)]
)
def test_abstention(unanswerable: bool, abstained: bool, expected: float) -> None:
    assert (
        score("abstention", EvalExample("a", "q", unanswerable=unanswerable), Outcome("", abstained=abstained))
        == expected
    )


def test_names_of_metrics() -> None:
    with pytest.raises(NotFound) as unknown:
        metric_named("recal@5")
    assert "recall" in unknown.value.hint
    for wrong in ("recall@", "recall@0", "recall@x", "recall@-1", "exact_match@3"):
        with pytest.raises(UserError):
            metric_named(wrong)


def trec(folder: Path) -> tuple[dict[str, dict[str, int]], dict[str, list[str]], dict[tuple[str, str], float]]:
    """Judgements, runs in trec_eval's order (score down, then name down) and its figures, by topic."""
    judged: dict[str, dict[str, int]] = defaultdict(dict)
    for line in (folder / "qrels.test").read_text(encoding="utf-8").splitlines():
        topic, _, document, gain = line.split()
        judged[topic][document] = int(gain)
    runs: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for line in (folder / "results.test").read_text(encoding="utf-8").splitlines():
        topic, _, document, _, points, _ = line.split()
        runs[topic].append((float(points), document))
    figures = {}
    for line in (folder / "out.test.aq").read_text(encoding="utf-8").splitlines():
        measure, topic, value = line.split()
        if topic in judged and measure.startswith(("P_", "recall_", "recip_rank", "ndcg_cut_")):
            figures[measure, topic] = float(value)
    return (
        judged,
        {topic: [document for _, document in sorted(run, reverse=True)] for topic, run in runs.items()},
        figures,
    )


@pytest.mark.parametrize(
    ("name", "measure"),
    [
        ("precision@5", "P_5"),
        ("precision@100", "P_100"),
        ("recall@5", "recall_5"),
        ("recall@10", "recall_10"),
        ("recall@100", "recall_100"),
        ("mrr", "recip_rank"),
    ],
)
def test_precision_recall_and_mrr_are_those_of_trec_eval(vectors: Path, name: str, measure: str) -> None:
    judged, runs, figures = trec(vectors / "trec_eval")
    for topic, run in runs.items():
        example = wants(*(document for document, gain in judged[topic].items() if gain > 0))
        assert score(name, example, found(*run)) == pytest.approx(figures[measure, topic], abs=6e-5)


@pytest.mark.parametrize("depth", [5, 10, 100])
def test_ndcg_is_that_of_trec_eval(vectors: Path, depth: int) -> None:
    judged, runs, figures = trec(vectors / "trec_eval")
    compared = 0
    for topic, run in runs.items():
        gains = [max(0, judged[topic].get(document, 0)) for document in run[:depth]]
        ideal = sorted((gain for gain in judged[topic].values() if gain > 0), reverse=True)[:depth]
        assert dcg(gains) / dcg(ideal) == pytest.approx(figures[f"ndcg_cut_{depth}", topic], abs=6e-5)
        if max(judged[topic].values()) == 1:
            example = wants(*(document for document, gain in judged[topic].items() if gain > 0))
            assert score(f"ndcg@{depth}", example, found(*run)) == pytest.approx(
                figures[f"ndcg_cut_{depth}", topic], abs=6e-5
            )
            compared += 1
    assert compared or any(max(gains.values()) > 1 for gains in judged.values())
