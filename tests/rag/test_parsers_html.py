"""HTML: content is kept with its structure, navigation is dropped."""

import contextlib
import re
from collections import Counter
from pathlib import Path

import pytest

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parse import Reader
from mlwright.rag.parsers import html
from mlwright.rag.types import Parsed
from mlwright.testing.parsers import ParserSuite

PAGE = """<!DOCTYPE html><html lang="de"><head><title>The pump</title><meta name="author" content="Ada">
<meta property="article:published_time" content="2024-05-01"><style>p {color: red}</style></head><body>
<header><a href="/">Home of the site</a></header><nav><ul><li><a href="/a">Alpha page</a></li></ul></nav>
<main><h1>The <em>pump</em></h1><p>It feeds<br>the   boiler.</p><script>alert("no")</script>
<h2>Steps</h2><ol><li>Open it</li><li>Close it<ul><li>gently</li></ul></li></ol>
<pre><code>def run():
    return 1
</code></pre>
<table><tr><th>Part</th><th colspan="2">Size</th></tr><tr><td rowspan="2">Valve</td><td>1</td><td>2</td></tr>
<tr><td>3</td><td>4</td></tr></table><blockquote><p>Said once.</p></blockquote><p hidden>secret</p>
<p>Enough words follow so that this main content is plainly no empty shell that some script would fill in later.</p></main>
<aside>Read also</aside><footer>All rights reserved</footer></body></html>"""


class TestHtml(ParserSuite):
    config = html.Config()
    samples = ((PAGE.encode(), "a.html"), (b"<p>Just <b>a fragment</b>", "b.html"))


def parsed(source: str | bytes) -> Parsed:
    return html.Config().build().parse(source if isinstance(source, bytes) else source.encode(), "a.html")


def blocks(document: Parsed) -> list[tuple[str, int, str]]:
    return [(block.kind, block.level, document.text[block.start : block.end]) for block in document.blocks]


def test_the_main_content_keeps_its_structure() -> None:
    assert blocks(parsed(PAGE))[:-1] == [
        ("heading", 1, "The pump"),
        ("paragraph", 0, "It feeds\nthe boiler."),
        ("heading", 2, "Steps"),
        ("item", 0, "1. Open it"),
        ("item", 0, "2. Close it"),
        ("item", 0, "- gently"),
        ("code", 0, "def run():\n    return 1"),
        ("table", 0, "| Part | Size | Size |\n| --- | --- | --- |\n| Valve | 1 | 2 |\n| Valve | 3 | 4 |"),
        ("quote", 0, "Said once."),
    ]


@pytest.mark.parametrize("gone", ["Home of the site", "Alpha page", "alert", "color", "secret", "Read also", "rights"])
def test_what_is_no_content_is_dropped(gone: str) -> None:
    assert gone not in parsed(PAGE).text


def test_the_page_says_what_it_is() -> None:
    document = parsed(PAGE)
    assert document.title == "The pump"
    assert document.meta == {"author": "Ada", "created": "2024-05-01", "lang": "de"}


def test_navigation_that_is_not_marked_is_dropped_too() -> None:
    links = "".join(f'<div><a href="/{number}">Section link {number}</a></div>' for number in range(40))
    words = "<p>" + "The pump feeds the boiler, and the valve keeps the pressure low. " * 8 + "</p>"
    text = parsed(f"<html><body><div>{links}</div><div><h1>Pumps</h1>{words * 4}</div></body></html>").text
    assert "feeds the boiler" in text
    assert "Section link" not in text


def test_a_page_of_nothing_but_navigation_is_kept() -> None:
    assert "Alpha" in parsed("<html><body><nav><a href='/a'>Alpha</a></nav></body></html>").text


@pytest.mark.parametrize(
    "source", ["<html><body></body></html>", "<script>app()</script>", "<html><body><img src='a'></body></html>"]
)
def test_a_page_without_text_has_a_reason(source: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parsed(source)
    assert caught.value.reason == "no_text"


def test_the_declared_encoding_is_believed() -> None:
    page = '<html><head><meta charset="iso-8859-2"></head><body><p>Zażółć gęślą jaźń</p></body></html>'
    assert "Zażółć gęślą jaźń" in parsed(page.encode("iso-8859-2")).text
    assert parsed(page.encode("iso-8859-2")).notes == ()


def test_an_xml_declaration_is_no_obstacle() -> None:
    assert "Grüße" in parsed('<?xml version="1.0" encoding="UTF-8"?><html><body><p>Grüße</p></body></html>').text


def test_a_deep_nest_is_read_or_refused() -> None:
    with Reader(parsers=[html.Config()]) as reader, contextlib.suppress(Unreadable):
        assert "deep" in reader.read(b"<div>" * 5000 + b"deep" + b"</div>" * 5000, "a.html").text


def test_absurd_spans_stay_small() -> None:
    text = parsed(
        "<table><tr><td colspan='99999999999999999999'>a</td><td colspan='-3' rowspan='x'>b</td></tr></table>"
    ).text
    assert len(text) < 400


def test_words_of_reviewed_pages_are_found(shared_data: Path) -> None:
    """Bag of words against reviewed Markdown; list numbers and captions differ by intent."""
    scores = []
    for source in sorted((shared_data / "html_docling_gt" / "sources").glob("*.html")):
        truth = (shared_data / "html_docling_gt" / "groundtruth" / f"{source.name}.md").read_text("utf-8")
        scores.append(f1(parsed(source.read_bytes()).text, re.sub(r"\]\([^)\s]*\)", "]", truth)))
    assert len(scores) == 32
    assert sum(scores) / len(scores) >= 0.95


def f1(text: str, truth: str) -> float:
    ours, theirs = (Counter(re.findall(r"\w+", one.lower())) for one in (text, truth))
    return 2 * (ours & theirs).total() / (ours.total() + theirs.total())


def test_a_page_that_leaves_out_its_body_is_read() -> None:
    """The tags html, head and body are optional in HTML."""
    source = "<!doctype html><title>Valves</title><main><h1>Valves</h1><p>It opens at 6 bar.</p></main>"
    found = html.Config().build().parse(source.encode(), "valves.html")
    assert (found.title, found.text) == ("Valves", "Valves\n\nIt opens at 6 bar.")
