"""Chunkers: the shipped suite, and what following the structure means."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import NoReturn

import pytest
from pydantic import ValidationError

from mlwright.kernel.errors import UserError
from mlwright.models import Embedder
from mlwright.models.embed import local
from mlwright.rag.chunkers import (
    ChunkerPart,
    code,
    embedded_text,
    fixed,
    page,
    parent,
    recursive,
    semantic,
    sentence,
    structure,
)
from mlwright.rag.parsers import markdown, text
from mlwright.rag.types import Cut, Parsed
from mlwright.testing.chunkers import ChunkerSuite, hashed, token_ends

WORDS = "The pump feeds the boiler and the valve keeps the pressure low number {}. "


class TestStructure(ChunkerSuite):
    config = structure.Config()


class TestStructureInSmallPieces(ChunkerSuite):
    config = structure.Config(tokens=24, overlap=0.3)


class TestFixed(ChunkerSuite):
    config = fixed.Config(tokens=20, overlap=0.5)


class TestRecursive(ChunkerSuite):
    config = recursive.Config(tokens=20, overlap=0.5)


class TestParent(ChunkerSuite):
    config = parent.Config(tokens=12, parent=50, overlap=0.3)


class TestSentence(ChunkerSuite):
    config = sentence.Config(tokens=9, window=1)


class TestPage(ChunkerSuite):
    config = page.Config(tokens=40)


class TestCode(ChunkerSuite):
    config = code.Config(tokens=40)


class TestSemantic(ChunkerSuite):
    config = semantic.Config(tokens=60)


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
    found = [document.text[one.start : one.end] for one in cuts]
    assert all(one.endswith(".") for one in found)
    assert all(one.startswith(("# Guide", "The pump")) for one in found)
    sizes = [len(token_ends(one)) for one in found]
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


def texts(config: ChunkerPart, document: Parsed, limit: int = 256) -> list[str]:
    cuts = config.build_with(hashed).cut(document, token_ends, limit)
    return [document.text[one.start : one.end] for one in cuts]


def test_recursive_takes_the_coarsest_separator_that_is_enough() -> None:
    document = parsed("One two three four.\n\nFive six seven.\n\n" + "Eight nine ten eleven. " * 3)
    assert texts(recursive.Config(tokens=11, overlap=0), document) == [
        "One two three four.\n\nFive six seven.",
        "Eight nine ten eleven.",
        "Eight nine ten eleven.",
        "Eight nine ten eleven.",
    ]


def test_recursive_repeats_whole_pieces() -> None:
    document = parsed(" ".join(f"Item {number} is here." for number in range(60)))
    cuts = recursive.Config(tokens=40, overlap=0.2).build().cut(document, token_ends, 256)
    assert len(cuts) > 5
    for before, after in pairwise(cuts):
        assert document.text[after.start : before.end].startswith("Item")
        assert 0 < len(token_ends(document.text[after.start : before.end])) <= 8


def test_recursive_takes_the_separators_that_it_is_given() -> None:
    document = parsed("a a a a|b b b b|c c c c")
    assert texts(recursive.Config(tokens=5, overlap=0, separators=("|",)), document) == [
        "a a a a|",
        "b b b b|",
        "c c c c",
    ]


def test_a_small_chunk_knows_the_parent_around_it() -> None:
    document = parsed(f"# Guide\n\n## Setup\n\n{prose(12)}\n\n## Use\n\n{prose(2)}\n")
    cuts = parent.Config(tokens=30, parent=100, overlap=0).build().cut(document, token_ends, 256)
    parents = list(dict.fromkeys(one.parent for one in cuts))
    assert len(cuts) > len(parents) > 2
    for one in filter(None, parents):
        assert document.text[slice(*one)].endswith(".")
        assert len(token_ends(document.text[slice(*one)])) <= 100
        assert document.text[slice(*one)].count("\n## ") <= 1
    assert all(before[1] <= after[0] for before, after in pairwise(filter(None, parents)))


def test_a_parent_may_be_longer_than_the_embedder_reads() -> None:
    document = parsed(prose(60))
    cuts = parent.Config(tokens=30, parent=400).build().cut(document, token_ends, 64)
    assert max(len(token_ends(document.text[slice(*(one.parent or (0, 0)))])) for one in cuts) > 300
    assert max(one.tokens for one in cuts) <= 64


def test_a_parent_is_no_smaller_than_its_chunks() -> None:
    with pytest.raises(ValidationError, match=r"parent \(50\) is smaller"):
        parent.Config(tokens=100, parent=50)


def test_a_sentence_is_found_and_its_window_is_shown() -> None:
    document = parsed(f"# Guide\n\n{prose(9)}\n\n## Use\n\nStart the pump slowly and wait. Then open it.\n")
    cuts = sentence.Config(window=2).build().cut(document, token_ends, 256)
    assert len(cuts) == 11
    fifth = cuts[4]
    assert document.text[fifth.start : fifth.end] == WORDS.format(4).strip()
    assert fifth.parent is not None
    assert document.text[slice(*fifth.parent)] == "".join(WORDS.format(number) for number in range(2, 7)).strip()
    assert cuts[-1].parent is not None
    assert document.text[slice(*cuts[-1].parent)].startswith("## Use"), "a window never leaves its section"


def test_a_very_short_sentence_goes_with_the_next_one() -> None:
    found = texts(
        sentence.Config(), parsed("Yes. It is so. The pump feeds the boiler with water. Indeed it always does so here.")
    )
    assert found == ["Yes. It is so.", "The pump feeds the boiler with water.", "Indeed it always does so here."]


def test_a_page_is_a_chunk() -> None:
    pages = ["# Pumps\n\nThe first page.\n", "The second page goes on.\n", f"## Seals\n\n{prose(10)}\n"]
    whole = parsed("".join(pages))
    document = replace(whole, pages=(0, len(pages[0]), len(pages[0]) + len(pages[1])))
    cuts = page.Config(tokens=60).build().cut(document, token_ends, 256)
    found = [document.text[one.start : one.end] for one in cuts]
    assert found[:2] == [pages[0].strip(), pages[1].strip()]
    assert len(found) > 3, "a long page is divided"
    assert [one.headings for one in cuts[:3]] == [("Pumps",), ("Pumps",), ("Pumps", "Seals")]


SOURCE = '''"""A store."""

import os


def small(value):
    return value


def other(value):
    return -value


@dataclass
class Store:
    """Keeps rows."""

    def first(self, value):
        total = value + 1
        total = total * 2
        return total

    # What follows is quick.
    def second(self, value):
        for one in value:
            print(one)

        return None
'''


def test_code_is_cut_between_definitions() -> None:
    document = text.Config().build().parse(SOURCE.encode(), "store.py")
    cuts = code.Config(tokens=40).build().cut(document, token_ends, 256)
    found = [document.text[one.start : one.end] for one in cuts]
    assert found[0].startswith('"""A store."""')
    assert found[0].endswith("return -value"), "small definitions share a chunk"
    assert found[1].startswith("@dataclass\nclass Store:"), "a decorator belongs to what it decorates"
    second = next(place for place, one in enumerate(found) if "def second" in one)
    assert found[second].startswith("    # What follows is quick.\n    def second"), "and so does a comment"
    assert cuts[second].headings == ("class Store:",)


@pytest.mark.parametrize(
    "source",
    [
        "export function a() {\n  return 1;\n}\n\nexport class B {\n  go() {\n    return 2;\n  }\n}\n",
        "fn a() -> u8 {\n    1\n}\n\n#[derive(Debug)]\npub struct B {\n    go: u8,\n}\n",
        "int a(int x) {\n  return x;\n}\n\nstatic int b(int x)\n{\n  return x;\n}\n",
        "func a() int {\n\treturn 1\n}\n\n// B goes.\ntype B struct {\n\tgo int\n}\n",
    ],
    ids=["typescript", "rust", "c", "go"],
)
def test_definitions_are_found_in_many_languages(source: str) -> None:
    document = text.Config().build().parse(source.encode(), "a.txt")
    first, second = texts(code.Config(tokens=18), document)[:2]
    assert first.endswith("}")
    assert source.index(second) == source.index("\n\n") + 2


def test_semantic_cuts_where_the_topic_turns() -> None:
    pumps = "The pump moves water. The pump needs oil. Water leaves the pump. Oil keeps the pump quiet. "
    tax = "Income tax is due in May. The tax office sends a form. Income is written on the form. A form is due in May. "
    document = parsed(pumps + tax)
    assert texts(semantic.Config(tokens=45), document) == [pumps.strip(), tax.strip()]


def test_semantic_asks_for_no_vectors_where_a_section_fits() -> None:
    def refuse(texts: Sequence[str]) -> NoReturn:
        raise AssertionError(texts)

    cuts = semantic.Config().build_with(refuse).cut(parsed("# A\n\nOne.\n\n# B\n\nTwo.\n"), token_ends, 256)
    assert len(cuts) == 2


def test_semantic_says_that_it_needs_an_embedder() -> None:
    with pytest.raises(UserError, match="needs an embedder"):
        semantic.Config().build()
