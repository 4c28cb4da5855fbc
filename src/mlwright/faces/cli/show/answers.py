"""Answers and passages on the terminal."""

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mlwright.faces.cli.show.console import console, seconds, usd
from mlwright.rag import Answer, Citation, Retrieval, Turn


def token(text: str) -> None:
    """A piece of an answer as it comes."""
    console.print(text, end="", markup=False, soft_wrap=True)


def turn(said: Turn) -> None:
    """A turn of a conversation that was led before."""
    console.print(Text.assemble(("? ", "mark"), said.question))
    console.print(said.answer, markup=False)


def question() -> str | None:
    """The next line that a person or a pipe gives, without white space around it; None at the end."""
    try:
        return console.input("\n[mark]?[/mark] ").strip()
    except (EOFError, KeyboardInterrupt):
        return None


def answer(found: Answer) -> None:
    """What follows a streamed answer: its citations, then model, time, cost and its reference."""
    console.print("\n")
    for citation in found.citations:
        console.print(Text.assemble((f"[{citation.number}] ", "mark"), (place(citation), "name")))
        console.print(Padding(Text(f"“{_short(citation.quote)}”", style="quiet"), (0, 0, 0, 4)))
    took = ", ".join(f"{stage} {seconds(value)}" for stage, value in found.seconds.items() if stage != "total")
    console.print(
        Text(
            f"\n{found.model.id} · {seconds(found.seconds.get('total'))} ({took}) · {usd(found.cost)} · "
            f"{_tokens(found)}\n{found.ref}",
            style="quiet",
        )
    )


def _tokens(found: Answer) -> str:
    """`812 (640 cached) + 96 tokens in 2 calls`."""
    cached = f" ({found.cached_tokens} cached)" if found.cached_tokens else ""
    calls = f" in {len(found.calls)} calls" if len(found.calls) > 1 else ""
    return f"{found.input_tokens}{cached} + {found.output_tokens} tokens{calls}"


def place(citation: Citation) -> str:
    """`guide/install.md:12-14`, or `paper.pdf, page 3`."""
    span = citation.span
    if span.page is not None:
        return f"{citation.key}, page {span.page}"
    lines = str(span.line_start) if span.line_start == span.line_end else f"{span.line_start}-{span.line_end}"
    return f"{citation.key}:{lines}"


def hits(found: Retrieval) -> None:
    """A table of passages: fused score, the score of each retriever, where it stands, how it begins."""
    table = Table(box=None, pad_edge=False)
    for heading in ("score", "vector", "words"):
        table.add_column(heading, justify="right")
    table.add_column("where", style="name", overflow="fold")
    table.add_column("text", ratio=1)
    for hit in found.hits:
        span = hit.chunk.span
        where = f"{hit.chunk.key}, page {span.page}" if span.page else f"{hit.chunk.key}:{span.line_start}"
        table.add_row(f"{hit.score:.3f}", _score(hit.vector), _score(hit.keyword), where, Text(_short(hit.chunk.text)))
    console.print(table if found.hits else Text("nothing found", style="warn"))


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _short(text: str, limit: int = 220) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rsplit(" ", 1)[0] + "…"
