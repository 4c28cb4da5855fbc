"""reStructuredText: the same sections as docutils finds, at their places in the file; no directive is run."""

import io
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from docutils.core import publish_doctree
from hypothesis import given, settings
from hypothesis import strategies as some

from mlwright.rag.parsers import rst
from mlwright.rag.parsers._marks import heading
from mlwright.rag.types import Parsed
from mlwright.testing.parsers import ParserSuite

SOURCE = """=====
Pumps
=====

:author: Ada
:date: 2024-05-01

.. _care:

Care of :ref:`pumps`
--------------------

A paragraph with ``code``::

    verbatim
      deeper

- one
- two
  goes on

.. note:: Mind the gap.

   And more.

.. code-block:: python
   :linenos:

   x = 1

.. include:: /etc/passwd

.. raw:: html

   <script>alert(1)</script>

.. a comment
   of two lines

+---+---+
| a | b |
+---+---+

=== ===
x   y
=== ===
1   2
=== ===

Deep
~~~~

.. [1] A footnote.

>>> 1 + 1
2

----

The end.
"""


class TestRst(ParserSuite):
    config = rst.Config()
    samples = ((SOURCE.encode(), "a.rst"), (SOURCE.replace("\n", "\r\n").encode(), "b.rst"))


def parsed(source: str) -> Parsed:
    return rst.Config().build().parse(source.encode(), "a.rst")


def test_each_block_has_its_kind_and_its_place() -> None:
    document = parsed(SOURCE)
    assert document.text == SOURCE
    assert [(block.kind, block.level, document.text[block.start : block.end]) for block in document.blocks] == [
        ("heading", 1, "=====\nPumps\n====="),
        ("item", 0, ":author: Ada"),
        ("item", 0, ":date: 2024-05-01"),
        ("heading", 2, "Care of :ref:`pumps`\n--------------------"),
        ("paragraph", 0, "A paragraph with ``code``::"),
        ("code", 0, "    verbatim\n      deeper"),
        ("item", 0, "- one"),
        ("item", 0, "- two\n  goes on"),
        ("paragraph", 0, ".. note:: Mind the gap."),
        ("paragraph", 0, "And more."),
        ("code", 0, ".. code-block:: python\n   :linenos:\n\n   x = 1"),
        ("table", 0, "+---+---+\n| a | b |\n+---+---+"),
        ("table", 0, "=== ===\nx   y\n=== ===\n1   2\n=== ==="),
        ("heading", 3, "Deep\n~~~~"),
        ("paragraph", 0, ".. [1] A footnote."),
        ("code", 0, ">>> 1 + 1\n2"),
        ("paragraph", 0, "The end."),
    ]
    assert [heading(document, block) for block in document.blocks if block.level] == ["Pumps", "Care of pumps", "Deep"]
    assert document.title == "Pumps"
    assert document.meta == {"author": "Ada", "date": "2024-05-01", "created": "2024-05-01"}


def test_nothing_of_another_file_comes_in() -> None:
    assert "root:" not in parsed(SOURCE).text


def test_docutils_finds_the_same_sections_in_real_documents(shared_data: Path) -> None:
    files = sorted((shared_data / "docs_flask_rst").rglob("*.rst"))[::6]
    assert len(files) > 10
    for path in files:
        source = path.read_text("utf-8")
        document = parsed(source)
        ours = [(block.level, heading(document, block).replace("`", "")) for block in document.blocks if block.level]
        assert ours == list(_sections(source)), path.name


def _sections(source: str) -> Iterator[tuple[int, str]]:
    settings = {
        "report_level": 5, "halt_level": 5, "file_insertion_enabled": False, "raw_enabled": False,
        "_disable_config": True, "doctitle_xform": False, "warning_stream": io.StringIO(),
    }  # fmt: skip

    def walk(node: nodes.Node, level: int) -> Iterator[tuple[int, str]]:
        for child in node.children:
            if isinstance(child, nodes.section):
                yield level, " ".join(child[0].astext().replace("`", "").split())
                yield from walk(child, level + 1)

    return walk(publish_doctree(source, settings_overrides=settings), 1)


@settings(max_examples=60, deadline=None)
@given(some.text(alphabet="=-~.: \n*`|+_ab>[]1"))
def test_any_text_gives_blocks_in_order(source: str) -> None:
    end = 0
    for block in parsed(source).blocks:
        assert end <= block.start < block.end <= len(source)
        end = block.end
