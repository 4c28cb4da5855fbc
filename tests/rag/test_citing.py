"""Citing: marks resolve to exact words; what is streamed has no mark that nobody knows."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mlwright.kernel.ids import Ref
from mlwright.rag import Chunk, Hit, Span
from mlwright.rag.citing import Marks, cite, sentences
from mlwright.rag.context import Shown, assemble

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


@given(st.text("ab. [1]9,\n", max_size=60), st.lists(st.integers(1, 5), max_size=20))
def test_a_stream_in_any_pieces_shows_the_same(text: str, sizes: list[int]) -> None:
    whole = Marks({1})
    expected = whole.feed(text) + whole.rest()
    marks, said, at = Marks({1}), "", 0
    for size in sizes:
        said += marks.feed(text[at : at + size])
        at += size
    said += marks.feed(text[at:]) + marks.rest()
    assert said == expected


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


def test_only_whole_chunks_within_the_budget_are_shown() -> None:
    hits = [hit(0, "a a a a"), hit(50, "b " * 50, "w"), hit(90, "c c", "x")]
    assert [one.text for one in assemble(hits, 7, lambda t: len(t.split()))] == ["a a a a", "c c"]
    assert assemble(hits, 0, lambda t: len(t.split())) == []
