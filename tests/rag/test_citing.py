"""Citing: marks resolve to exact words; what is streamed has no mark that nobody knows."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.kernel.ids import Ref
from mlwright.rag import Chunk, Citation, Hit, Span
from mlwright.rag.citing import Citer, cite
from mlwright.rag.context import Shown, assemble
from mlwright.rag.sentences import sentences
from mlwright.rag.strict import StrictCiter

TEXT = "The lighthouse was built in 1874.\nIt stands on the\neastern cliff. Boats leave at nine [3]."


def shown(text: str = TEXT, *, start: int = 10, number: int = 1, version: str = "v") -> Shown:
    chunk = Chunk(
        ref=Ref("chunk", f"{version}{start}"), version=Ref("version", version), document=Ref("document", "d"), key="a.md",
        title="", headings=(), span=Span(start, start + len(text), 4, 4 + text.count("\n")), text=text, tokens=len(text.split()),
    )  # fmt: skip
    return Shown(number, start, text, 1.0, (chunk,))


def test_words_that_stand_there_are_the_quote_whatever_their_spacing() -> None:
    cited = cite("It stands on the eastern cliff. [1]", [shown()], {})
    (citation,) = cited.citations
    assert citation.quote == "It stands on the\neastern cliff."
    assert (citation.span.line_start, citation.span.line_end) == (5, 6)
    assert TEXT[citation.span.start - 10 : citation.span.end - 10] == citation.quote


def test_several_marks_in_one_are_looked_at_one_by_one() -> None:
    cited = cite("Built in 1874 [1, 2; 8].", [shown(), shown("Nothing of that kind.", number=2, version="w")], {})
    assert cited.text == "Built in 1874 [1]."
    assert [citation.number for citation in cited.citations] == [1]


def test_marks_in_a_row_share_a_claim() -> None:
    cited = cite(
        "The lighthouse was built in 1874 [1][2].", [shown(), shown("A lighthouse of 1874!", number=2, version="w")], {}
    )
    assert [citation.number for citation in cited.citations] == [1, 2]


def test_pages_come_from_the_document() -> None:
    (citation,) = cite("It stands on the eastern cliff. [1]", [shown()], {"v": (0, 30, 200)}).citations
    assert citation.span.page == 2


OTHER = "Boats leave the harbour at nine. Tickets cost four pounds."


def both() -> list[Shown]:
    return [shown(), shown(OTHER, number=2, version="w")]


@pytest.mark.parametrize(
    ("said", "kept", "numbers"),
    [
        ("Tickets cost four pounds [1].", "Tickets cost four pounds [2].", [2]),
        ("Tickets cost four pounds [9].", "Tickets cost four pounds [2].", [2]),
        ('It says "Tickets cost four pounds" somewhere [1].', 'It says "Tickets cost four pounds" somewhere [2].', [2]),
        ("The tickets cost four pounds each [1].", "The tickets cost four pounds each [2].", [2]),
        ("A lighthouse costs pounds [1].", "A lighthouse costs pounds [1].", [1]),
        ("Napoleon died in 1821 [1][2].", "Napoleon died in 1821.", []),
        ("Boats leave the harbour at nine [2-3].", "Boats leave the harbour at nine [2].", [2]),
        ("Run `x[1]` when the lighthouse was built [1].", "Run `x[1]` when the lighthouse was built [1].", [1]),
    ],
)
def test_a_wrong_number_is_put_right_and_a_bad_mark_goes(said: str, kept: str, numbers: list[int]) -> None:
    cited = cite(said, both(), {})
    assert cited.text == kept
    assert [citation.number for citation in cited.citations] == numbers


def test_repairs_and_losses_are_counted() -> None:
    cited = cite("Tickets cost four pounds [1]. Napoleon died [1].", both(), {})
    assert (cited.repaired, cited.dropped) == (1, 1)


def test_a_citation_comes_before_the_text_that_shows_its_mark() -> None:
    citer = Citer(both(), {})
    items = [item for piece in ("Tickets cost four ", "pounds [", "2]. Boats") for item in citer.feed(piece)]
    items += citer.end()
    at = next(place for place, item in enumerate(items) if isinstance(item, Citation))
    assert "".join(item for item in items[:at] if isinstance(item, str)) == "Tickets cost four pounds"
    assert items[at + 1] == " [2]"


@settings(max_examples=60)
@given(st.text("ab. [1]9,\n`", max_size=60), st.lists(st.integers(1, 5), max_size=20))
def test_a_stream_in_any_pieces_shows_the_same(text: str, sizes: list[int]) -> None:
    for kind in (Citer, StrictCiter):
        whole, citer = kind([shown("a b. ab")], {}), kind([shown("a b. ab")], {})
        expected = [*whole.feed(text), *whole.end()]
        said, at = list[str | Citation](), 0
        for size in sizes:
            said += citer.feed(text[at : at + size])
            at += size
        said += [*citer.feed(text[at:]), *citer.end()]
        assert "".join(i for i in said if isinstance(i, str)) == "".join(i for i in expected if isinstance(i, str))
        assert citer.cited == whole.cited


def strictly(text: str) -> str:
    citer = StrictCiter(both(), {})
    said = "".join(item for item in (*citer.feed(text), *citer.end()) if isinstance(item, str))
    assert said.strip() == citer.cited.text
    return citer.cited.text


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Tickets cost four pounds [2]. Napoleon was small. Boats leave at nine [2].",
         "Tickets cost four pounds [2]. Boats leave at nine [2]."),
        ("Tickets cost four pounds. Bananas are yellow.", "Tickets cost four pounds. [2]"),
        ("Tickets cost four pounds. [2] Bananas are yellow. [1]", "Tickets cost four pounds. [2]"),
        ("Two things:\n\n- Tickets cost four pounds [2]\n- Bananas are yellow [2]\n", "- Tickets cost four pounds [2]"),
        ("## Costs\nTickets cost four pounds [2].", "## Costs\nTickets cost four pounds [2]."),
        ("Bananas are yellow.\n\nSo it is.", ""),
    ],
)  # fmt: skip
def test_strictly_every_sentence_stands_on_a_passage(said: str, kept: str) -> None:
    assert strictly(said) == kept


def test_the_sources_own_marks_do_not_count() -> None:
    passage = shown("Built in 1874 [3]. Painted in 1901 [2].")
    assert passage.passage().text == "Built in 1874 ⟦3⟧. Painted in 1901 ⟦2⟧."
    cited = cite("Painted in 1901 ⟦2⟧. [1]", [passage], {})
    assert [one.quote for one in cited.citations] == ["Painted in 1901 [2]."]


@given(st.text("ab [1]\n", max_size=60))
def test_every_citation_is_to_the_character(answer: str) -> None:
    passage = shown("a b.\nab a. bb\n\n- b a b")
    for citation in cite(answer, [passage], {}).citations:
        start = passage.start
        assert passage.text[citation.span.start - start : citation.span.end - start] == citation.quote


@given(st.text("ab. !?\n-#", max_size=80))
def test_sentences_hold_every_word_once_and_in_order(text: str) -> None:
    found = list(sentences(text))
    assert "".join(text[start:end] for start, end in found).replace(" ", "").replace("\n", "") == "".join(text.split())
    assert all(one[1] <= other[0] for one, other in pairwise(found))


def hit(start: int, text: str, version: str = "v") -> Hit:
    return Hit(shown(text, start=start, version=version).chunks[0], 1.0)


def test_overlapping_neighbours_become_one_passage() -> None:
    found = assemble(
        [hit(0, "one two three"), hit(50, "far away"), hit(8, "three four")], 100, lambda t: len(t.split())
    )
    assert [(one.number, one.start, one.text) for one in found] == [(1, 0, "one two three four"), (2, 50, "far away")]
    assert len(found[0].chunks) == 2


def test_a_chunk_that_bridges_two_passages_joins_them() -> None:
    found = assemble([hit(0, "aa bb"), hit(6, "dd ee"), hit(3, "bb dd")], 100, lambda t: len(t.split()))
    assert [one.text for one in found] == ["aa bb dd ee"]


def test_near_neighbours_are_joined_with_what_stands_between() -> None:
    text = "One two three.\n\n## Head\n\nFour five six."
    hits = [hit(0, text[:14]), hit(text.index("Four"), "Four five six.")]
    (found,) = assemble(hits, 100, lambda t: len(t.split()), read=lambda chunk: text)
    assert found.text == text
    (citation,) = cite("Four five six. [1]", [found], {}).citations
    assert (citation.quote, citation.chunk, citation.span.line_start) == ("Four five six.", hits[1].chunk.ref, 8)
    assert len(assemble(hits, 100, lambda t: len(t.split()))) == 2


def test_a_cut_sentence_is_made_whole() -> None:
    text = "First it is cold. Then the sun comes up slowly. Birds sing.\nEnd"
    cut = hit(text.index("sun"), "sun comes")
    (found,) = assemble([cut], 100, lambda t: len(t.split()), read=lambda chunk: text)
    assert found.text == "Then the sun comes up slowly."
    (tight,) = assemble([cut], 3, lambda t: len(t.split()), read=lambda chunk: text)
    assert tight.text == "sun comes"
    (citation,) = cite("Then the sun comes up slowly. [1]", [found], {}).citations
    assert text[citation.span.start : citation.span.end] == citation.quote == "Then the sun comes up slowly."


def test_what_was_shown_before_keeps_its_place() -> None:
    hits = [hit(0, "a", "v"), hit(0, "b", "w"), hit(0, "c", "x")]
    before = [hits[2].chunk.ref.id, "gone", hits[1].chunk.ref.id]
    found = assemble(hits, 100, lambda t: 1, before=before)
    assert [(one.number, one.text) for one in found] == [(1, "c"), (2, "b"), (3, "a")]


def test_only_whole_chunks_within_the_budget_are_shown() -> None:
    hits = [hit(0, "a a a a"), hit(50, "b " * 50, "w"), hit(90, "c c", "x")]
    assert [one.text for one in assemble(hits, 7, lambda t: len(t.split()))] == ["a a a a", "c c"]
    assert assemble(hits, 0, lambda t: len(t.split())) == []
