"""Markdown: the text is the file, and blocks stand where they stand in it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mlwright.rag.parsers import markdown
from mlwright.rag.types import Parsed
from mlwright.testing.parsers import ParserSuite

SOURCE = """---
title: The guide
author: [Ada, Grace]
date: 2024-05-01
tags: [pump, valve]
draft: false
---

# First *heading*

A paragraph
on two lines.

Second
------

- one
- two

  more of two
    1. inner

> a quote

```python
# no heading
```

| a | b |
|---|---|
| 1 | 2 |

    indented code
"""


class TestMarkdown(ParserSuite):
    config = markdown.Config()
    samples = ((SOURCE.encode(), "a.md"), (SOURCE.replace("\n", "\r\n").encode(), "b.md"))


def parsed(source: str) -> Parsed:
    return markdown.Config().build().parse(source.encode(), "a.md")


def blocks(document: Parsed) -> list[tuple[str, int, str]]:
    return [(block.kind, block.level, document.text[block.start : block.end]) for block in document.blocks]


def test_each_block_has_its_kind_and_its_place() -> None:
    assert blocks(parsed(SOURCE))[1:] == [
        ("heading", 1, "# First *heading*"),
        ("paragraph", 0, "A paragraph\non two lines."),
        ("heading", 2, "Second\n------"),
        ("item", 0, "- one"),
        ("item", 0, "- two"),
        ("item", 0, "more of two"),
        ("item", 0, "1. inner"),
        ("quote", 0, "> a quote"),
        ("code", 0, "```python\n# no heading\n```"),
        ("table", 0, "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("code", 0, "    indented code"),
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_text_is_the_source_with_any_line_ending(newline: str) -> None:
    source = SOURCE.replace("\n", newline)
    document = parsed(source)
    assert document.text == source
    assert blocks(document)[1] == ("heading", 1, "# First *heading*")
    assert len(document.blocks) == 12


def test_front_matter_becomes_metadata() -> None:
    document = parsed(SOURCE)
    assert document.title == "The guide"
    expected = {
        "title": "The guide",
        "author": ("Ada", "Grace"),
        "date": "2024-05-01",
        "created": "2024-05-01",
        "tags": ("pump", "valve"),
        "draft": "False",
    }
    assert document.meta == expected
    assert document.notes == ()


@pytest.mark.parametrize(
    "front", ["title: [unclosed", "a: b: c", "- a list", "!!python/object:os.system x: 1", "{" * 300]
)
def test_bad_front_matter_is_a_note_and_no_error(front: str) -> None:
    document = parsed(f"---\n{front}\n---\n# Title\n")
    assert document.title == "Title"
    assert "front matter" in document.notes[0]
    assert document.meta == {}


def test_a_rule_is_no_front_matter() -> None:
    document = parsed("Words.\n\n---\n\nMore: words.\n\n---\n")
    assert document.meta == {}
    assert [kind for kind, _, _ in blocks(document)] == ["paragraph", "paragraph"]


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("# The `run` **command** { #run }\n", "The run command"),
        ("# See [the docs](https://example.org) #\n", "See the docs"),
        ("Title\n=====\n", "Title"),
        ("## C# and F#\n", "C# and F#"),
        ("no heading\n", ""),
    ],
)
def test_the_title_is_the_first_heading_in_plain_words(source: str, title: str) -> None:
    assert parsed(source).title == title


def test_a_deep_nest_of_quotes_is_read() -> None:
    assert parsed(">" * 2000 + " deep\n\n# Title").blocks


@settings(max_examples=150, deadline=None)
@given(some.text(alphabet=some.sampled_from("#->`|=_*1. \t\r\nab\x0b\x85\u2028:"), max_size=120))
def test_any_text_is_kept_as_it_is(source: str) -> None:
    """Without NUL, which at every second place means UTF-16."""
    document = parsed(source)
    assert document.text == source.removeprefix("\ufeff")
    end = 0
    for block in document.blocks:
        assert end <= block.start < block.end <= len(source)
        assert source[block.start : block.end].strip()
        end = block.end
