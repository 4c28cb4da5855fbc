"""Notebooks: cells in order, with code, words and outputs."""

import json
from typing import Any

import pytest

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parse import choose, every_parser
from mlwright.rag.parsers import ipynb
from mlwright.rag.types import Parsed
from mlwright.testing.parsers import ParserSuite

CELLS: list[dict[str, Any]] = [
    {"cell_type": "markdown", "source": ["# Pumps *now*\n", "\n", "- one\n", "- two\n"]},
    {
        "cell_type": "code",
        "source": "print(1)\nshow()",
        "outputs": [
            {"output_type": "stream", "text": ["\x1b[31m1\x1b[0m\n"]},
            {"output_type": "display_data", "data": {"image/png": "iVBO", "text/plain": ["<Figure>"]}},
            {"output_type": "error", "ename": "ValueError", "evalue": "no water", "traceback": ["long"]},
        ],
    },
    {"cell_type": "raw", "source": "as it is"},
]


def book(cells: list[dict[str, Any]], **about: Any) -> bytes:
    return json.dumps({"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode()


class TestIpynb(ParserSuite):
    config = ipynb.Config()
    samples = ((book(CELLS, kernelspec={"language": "python"}), "a.ipynb"),)


def parsed(data: bytes) -> Parsed:
    return ipynb.Config().build().parse(data, "a.ipynb")


def test_cells_are_pages_with_their_outputs() -> None:
    document = parsed(book(CELLS, kernelspec={"language": "python"}, authors=[{"name": "Ada"}]))
    assert [(block.kind, document.text[block.start : block.end]) for block in document.blocks] == [
        ("heading", "Pumps *now*"),
        ("item", "- one"),
        ("item", "- two"),
        ("code", "print(1)\nshow()"),
        ("code", "1"),
        ("code", "<Figure>"),
        ("code", "ValueError: no water"),
        ("paragraph", "as it is"),
    ]
    assert len(document.pages) == 3
    assert document.text[document.pages[1] :].startswith("print(1)")
    assert (document.title, document.meta) == ("Pumps *now*", {"author": "Ada", "code": "python"})
    assert document.notes == ("cell 2 shows image/png, which was left out",)


def test_format_3_is_read() -> None:
    old = {
        "worksheets": [
            {"cells": [{"cell_type": "heading", "level": 2, "source": "Old"}, {"cell_type": "code", "input": "x"}]}
        ]
    }
    assert parsed(json.dumps(old).encode()).text == "Old\n\nx"


def test_it_is_known_by_its_content() -> None:
    assert choose(every_parser(), book(CELLS), "a.json").use == "ipynb"


@pytest.mark.parametrize(("data", "reason"), [(b"{", "broken"), (b'{"a": 1}', "broken"), (book([]), "no_text")])
def test_what_is_no_notebook_has_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parsed(data)
    assert caught.value.reason == reason
