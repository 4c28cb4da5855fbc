"""Chunkers: the shipped suite, and what following the structure means."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import pytest

from mlwright.models import Embedder
from mlwright.models.embed import local
from mlwright.rag.chunkers import embedded_text, fixed, structure
from mlwright.rag.parsers import markdown
from mlwright.rag.types import Cut, Parsed
from mlwright.testing.chunkers import ChunkerSuite, token_ends

WORDS = "The pump feeds the boiler and the valve keeps the pressure low number {}. "


class TestStructure(ChunkerSuite):
    config = structure.Config()


class TestStructureInSmallPieces(ChunkerSuite):
    config = structure.Config(tokens=24, overlap=0.3)


class TestFixed(ChunkerSuite):
    config = fixed.Config()


class TestFixedInSmallPieces(ChunkerSuite):
    config = fixed.Config(tokens=20, overlap=0.5)


def parsed(source: str) -> Parsed:
    return markdown.Config().build().parse(source.encode(), "a.md")


def cut(source: str, tokens: int = 100, overlap: float = 0.15, limit: int = 256) -> tuple[Parsed, list[Cut]]:
    document = parsed(source)
    return document, structure.Config(tokens=tokens, overlap=overlap).build().cut(document, token_ends, limit)


def prose(sentences: int) -> str:
    return "".join(WORDS.format(number) for number in range(sentences))


def test_a_chunk_never_crosses_a_heading_and_knows_the_path() -> None:
    document, cuts = cut(f"# Guide\n\nIntro.\n\n## Setup\n\n{prose(2)}\n\n### Keys\n\nA key.\n\n## Use\n\nRun it.\n")
    assert [one.headings for one in cuts] == [
        ("Guide",),
        ("Guide", "Setup"),
        ("Guide", "Setup", "Keys"),
        ("Guide", "Use"),
    ]
    for one in cuts[1:]:
        assert document.text[one.start : one.end].startswith("#")
        assert document.text[one.start : one.end].count("\n#") == 0


def test_headings_without_text_stand_with_what_follows() -> None:
    document, cuts = cut("# Guide\n\n## Setup\n\n### Keys\n\nA key.\n")
    assert len(cuts) == 1
    assert cuts[0].headings == ("Guide", "Setup", "Keys")
    assert document.text[cuts[0].start : cuts[0].end] == "# Guide\n\n## Setup\n\n### Keys\n\nA key."


def test_front_matter_stands_with_the_first_section() -> None:
    _, cuts = cut("---\ntitle: Guide\n---\n# Guide\n\nIntro.\n")
    assert [one.headings for one in cuts] == [("Guide",)]
    assert cuts[0].start == 0


def test_long_sections_are_cut_between_sentences_into_even_parts() -> None:
    document, cuts = cut(f"# Guide\n\n{prose(30)}")
    texts = [document.text[one.start : one.end] for one in cuts]
    assert all(text.endswith(".") for text in texts)
    assert all(text.startswith(("# Guide", "The pump")) for text in texts)
    sizes = [len(token_ends(text)) for text in texts]
    assert max(sizes) <= 100
    assert min(sizes) > 0.6 * max(sizes)


@pytest.mark.parametrize("overlap", [0.1, 0.15, 0.2])
def test_neighbours_share_the_overlap(overlap: float) -> None:
    document, cuts = cut(
        " ".join(f"Pump {number} runs. Valve {number} holds." for number in range(200)), overlap=overlap
    )
    assert len(cuts) > 5
    for before, after in pairwise(cuts):
        shared = len(token_ends(document.text[after.start : before.end]))
        assert overlap * 100 * 0.6 <= shared <= overlap * 100 * 1.4


def test_no_overlap_when_none_is_asked_for() -> None:
    _, cuts = cut(prose(40), overlap=0)
    assert all(before.end <= after.start for before, after in pairwise(cuts))


def test_code_stays_whole_where_it_fits() -> None:
    code = "```python\n" + "\n".join(f"step_{number}(value)" for number in range(8)) + "\n```"
    document, cuts = cut(f"# Guide\n\n{prose(4)}\n\n{code}\n\n{prose(4)}")
    assert any(code in document.text[one.start : one.end] for one in cuts)


def test_code_that_does_not_fit_is_cut_between_lines() -> None:
    lines = [f"step_{number}(value, other_value)" for number in range(80)]
    document, cuts = cut("# Guide\n\n```python\n" + "\n".join(lines) + "\n```\n", overlap=0)
    for one in cuts[:-1]:
        assert document.text[one.end] == "\n"


def test_indentation_of_the_first_line_is_kept() -> None:
    lines = [f"    step_{number}(value, other_value)" for number in range(80)]
    document, cuts = cut("```python\n" + "\n".join(lines) + "\n```\n", overlap=0)
    assert document.text[cuts[1].start : cuts[1].end].startswith("    step_")


def test_a_cut_after_an_abbreviation_is_no_end_of_a_sentence() -> None:
    document, cuts = cut("Use a valve, e.g. Model X by Dr. Watt, for hot steam in pipes. " * 20, tokens=40, overlap=0)
    assert all(document.text[one.start : one.end].startswith("Use a valve") for one in cuts)


def test_deep_paths_lose_their_outer_headings_first() -> None:
    source = "".join(f"{'#' * level} {'Heading words of level ' * 3}{level}\n\n" for level in range(1, 7)) + prose(3)
    document, cuts = cut(source, limit=80)
    assert cuts[-1].headings[-1].endswith("6")
    assert len(cuts[-1].headings) < 6
    for one in cuts:
        assert len(token_ends(embedded_text(document.title, one.headings, document.text[one.start : one.end]))) <= 80


def test_scripts_without_spaces_are_cut_at_their_sentences() -> None:
    document, cuts = cut("これは長い文章です。" * 200, tokens=100, overlap=0)
    assert all(document.text[one.start : one.end].endswith("。") for one in cuts)
    assert len(cuts) > 3


@pytest.mark.parametrize(
    "filler", [" " * 300_000, "\n" * 300_000, "." * 300_000, "# " + "`[*" * 100_000, "é" * 300_000]
)
def test_strange_stretches_take_no_time(filler: str) -> None:
    document, cuts = cut(f"Words before.\n\n{filler}\n\nWords after.", overlap=0.15)
    assert document.text[cuts[0].start : cuts[0].end].startswith("Words before.")
    assert document.text[cuts[-1].start : cuts[-1].end].endswith("Words after.")


def test_fixed_windows_repeat_their_overlap() -> None:
    document = parsed("word " * 1000)
    cuts = fixed.Config(tokens=100, overlap=0.2).build().cut(document, token_ends, 256)
    assert [one.tokens for one in cuts[:3]] == [100, 100, 100]
    assert len(token_ends(document.text[cuts[1].start : cuts[0].end])) == 20


@cache
def minilm() -> Embedder:
    return local.Config().build()


class TestStructureWithTheTokenizerOfTheLocalEmbedder(ChunkerSuite):
    config = structure.Config()

    def token_ends(self, source: str) -> Sequence[int]:
        return minilm().token_ends(source)
