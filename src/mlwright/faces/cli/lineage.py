"""Commands of lineage: why, blast, trace."""

from pathlib import Path
from typing import Annotated

import typer

from mlwright import app as house
from mlwright import architect
from mlwright.faces.cli import show
from mlwright.faces.cli.options import DEFAULT, File, Json

Thing = Annotated[str, typer.Argument(help="A reference, as answer:01jd… or document:docs/guide.md.")]


def add_to(cli: typer.Typer) -> None:
    cli.command()(why)
    cli.command()(blast)
    cli.command()(trace)


def why(ref: Thing, file: File = DEFAULT, json: Json = False) -> None:
    """Show what a thing was made from: prompt, model, index, chunk, document version, run and commit."""
    with house.open(file) as app:
        walk = app.why(ref)
    if json:
        show.json_of({"tree": walk.root, "edges": walk.graph.edges})
    else:
        show.tree(walk.root)


def blast(ref: Thing, file: File = DEFAULT, json: Json = False) -> None:
    """Show what a thing touched: the chunks, indexes, answers and evaluations made from it."""
    with house.open(file) as app:
        walk = app.blast(ref)
    if json:
        show.json_of({"tree": walk.root, "kinds": walk.kinds()})
    else:
        show.tree(walk.root)
        show.kinds(walk.kinds())


def trace(
    ref: Annotated[str, typer.Argument(help="An answer, a run, or trace:… with the id of the header X-Trace-Id.")],
    file: File = DEFAULT,
    svg: Annotated[Path | None, typer.Option(help="Write the drawing as SVG to this file.")] = None,
    json: Json = False,
) -> None:
    """Draw what happened while a thing was made: every step on an axis of time, which failed, and why."""
    with house.open(file) as app:
        found = app.trace(ref)
    title = f"Trace of {found.label}"
    if svg:
        svg.write_text(architect.draw_trace(found.spans, title), encoding="utf-8")
    if json:
        show.json_of(found)
    elif svg:
        show.line(f"wrote {svg}")
    else:
        show.verbatim(architect.draw_trace(found.spans, title, "text", width=show.columns()))
