"""The text of a document as lines: which chunks hold each stretch, where they begin, and what was cited."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mlwright.faces.ui.reading import Reading, marks, page_at, read
from mlwright.kernel.ids import Ref
from mlwright.rag import Block, Chunk, Parsed, Span

TEXT = "# Pumps\n\nFill the housing. Open the valve.\r\nCheck the seal.\n\nDone.\n"


def chunk(start: int, end: int, text: str = TEXT, parent: tuple[int, int] | None = None) -> Chunk:
    lines = text.count("\n", 0, start) + 1, text.count("\n", 0, end) + 1
    version, document = Ref("version", "v"), Ref("document", "d")
    span = Span(start, end, *lines)
    return Chunk(Ref("chunk", f"{start}"), version, document, "a", "", (), span, text[start:end], 7, parent=parent)


def said(reading: Reading) -> list[str]:
    return ["".join(piece.text for piece in line.pieces) for line in reading.lines]


OPEN, CHECK, DONE = TEXT.index("Open"), TEXT.index("Check"), TEXT.index("Done")
CHUNKS = [chunk(0, CHECK - 2), chunk(OPEN, DONE - 2), chunk(DONE, DONE + 5)]


def test_lines_are_those_of_the_text() -> None:
    reading = read(Parsed(TEXT, (Block("heading", 0, 7, 1),)), CHUNKS, (0, 0))
    assert said(reading) == ["# Pumps", "", "Fill the housing. Open the valve.", "Check the seal.", "", "Done."]
    assert [line.number for line in reading.lines] == [1, 2, 3, 4, 5, 6]
    assert [line.kind for line in reading.lines] == ["heading", "", "", "", "", ""]


def test_every_stretch_knows_the_chunks_that_hold_it() -> None:
    lines = read(Parsed(TEXT, ()), CHUNKS, (0, 0)).lines
    assert [line.whole for line in lines] == [(1,), (1,), (), (2,), (), (3,)]
    assert [(piece.text, piece.chunks) for piece in lines[2].pieces if piece.text] == [
        ("Fill the housing. ", (1,)),
        ("Open the valve.", (1, 2)),
    ]
    assert [line.begins for line in lines] == [(1,), (), (2,), (), (), (3,)]


def test_what_is_cited_is_marked_and_its_start_named() -> None:
    start = TEXT.index("the housing")
    lines = read(Parsed(TEXT, ()), CHUNKS, (start, CHECK + 5)).lines
    cited = [piece for line in lines for piece in line.pieces if piece.cited]
    assert "".join(piece.text for piece in cited) == "the housing. Open the valve.Check"
    assert [piece.first for piece in cited].count(True) == 1
    assert cited[0].first
    assert [line.cited for line in lines] == [False, False, True, True, False, False]


def test_marks_tell_what_neighbours_share() -> None:
    found = marks([*CHUNKS, chunk(0, 7, parent=(0, 30))])
    shared = CHECK - 2 - OPEN
    assert found[1].told == f"Chunk 1, 7 tokens, lines 1–3, shares characters: {shared} with chunk 2"
    assert found[3].told == "Chunk 3, 7 tokens, line 6"
    situated = replace(CHUNKS[0], context="It is about pumps.")
    assert marks([situated])[1].told.endswith("searched with: It is about pumps.")
    assert "shown to the model with 30 characters around it" in found[4].told


def test_a_long_text_is_read_in_parts_that_an_offset_finds() -> None:
    text = "".join(f"line {number}\n" for number in range(40_000))
    parsed = Parsed(text, (), pages=(0, 100, text.index("line 30000")))
    whole = [read(parsed, [], (0, 0), part=part) for part in range(1, 5)]
    assert {one.parts for one in whole} == {len(whole)}
    assert "\n".join(line for one in whole for line in said(one)) + "\n" == text
    assert [one.first for one in whole][1:] == [one.lines[-1].number + 1 for one in whole][:-1]
    at = text.index("line 30000")
    third = read(parsed, [], (0, 0), at=at)
    assert "line 30000" in said(third)
    assert third.start <= at < third.end
    assert read(parsed, [], (at, at + 4)).part == third.part
    assert [line.page for line in third.lines if line.page] == [3]
    assert [page_at(parsed, offset) for offset in (0, 99, 100, len(text))] == [1, 1, 2, 3]


@given(
    st.text(alphabet="ab \n", max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6),
    st.tuples(st.integers(0, 60), st.integers(0, 60)),
)
def test_no_character_is_lost_or_said_to_be_in_a_chunk_that_lacks_it(
    text: str, spans: list[tuple[int, int]], cited: tuple[int, int]
) -> None:
    chunks = [chunk(start, end, text) for start, end in sorted(spans) if start < end <= len(text)]
    at = 0
    for line in read(Parsed(text, ()), chunks, cited).lines:
        for piece in line.pieces:
            assert text.startswith(piece.text, at)
            for offset in range(at, at + len(piece.text)):
                holding = [n for n, one in enumerate(chunks, 1) if one.span.start <= offset < one.span.end]
                assert piece.chunks == tuple(holding)
                assert piece.cited == (cited[0] <= offset < cited[1])
            at += len(piece.text)
        at += text.startswith("\n", at)
    assert at == len(text)
