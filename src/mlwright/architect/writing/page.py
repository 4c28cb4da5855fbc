"""All documents on one page that needs nothing from anywhere, for screen and paper: no script, no font, no picture."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from mlwright.architect.svg_frame import GRAPH_CSS
from mlwright.architect.writing.style import STYLE

SOURCE = "blueprint"
"""What the lines of the blueprint are called on the page."""


@dataclass(frozen=True, slots=True)
class Part:
    """A document on the page: `body` is HTML already, `notes` are not."""

    name: str
    title: str
    about: str
    body: str
    notes: str = ""


def page(title: str, lede: str, parts: Sequence[Part], file: str, source: Sequence[str]) -> str:
    """The whole page. `source` are the lines of the blueprint `file`, to which statements lead."""
    style = f"{STYLE}{GRAPH_CSS}"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="content-security-policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="generator" content="mlwright document">',
            f"<title>{escape(title)}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            f'<header><h1>{escape(title)}</h1><p class="lede">{escape(lede)}</p></header>',
            '<nav aria-label="Documents"><ol>',
            *(f'<li><a href="#{part.name}">{escape(part.title)}</a></li>' for part in parts),
            *([f'<li><a href="#{SOURCE}">The blueprint</a></li>'] if source else []),
            "</ol></nav>",
            "<main>",
            *(line for part in parts for line in _part(part)),
            *(_source(file, source) if source else ()),
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _part(part: Part) -> Iterator[str]:
    yield f'<section class="document" id="{part.name}" aria-labelledby="{part.name}-title">'
    yield f'<h2 id="{part.name}-title">{escape(part.title)}</h2>'
    yield f'<p class="lede">{escape(part.about)}</p>'
    yield part.body.rstrip("\n")
    if part.notes:
        yield f'<h3 id="{part.name}-notes">Notes</h3>'
        yield f'<div class="notes">{escape(part.notes)}</div>'
    yield "</section>"


def _source(file: str, lines: Sequence[str]) -> Iterator[str]:
    yield f'<section class="document" id="{SOURCE}" aria-labelledby="{SOURCE}-title">'
    yield f'<h2 id="{SOURCE}-title">The blueprint</h2>'
    yield f'<p class="lede">{escape(file)}, line by line: where the statements above lead.</p>'
    numbered = enumerate(lines, start=1)
    shown = "".join(f'<span id="{SOURCE}-L{number}">{escape(line)}</span>' for number, line in numbered)
    yield f'<pre class="source" tabindex="0">{shown}</pre>'
    yield "</section>"
