"""Commands of lineage: why, blast."""

from typing import Annotated

import typer

from mlwright import app as house
from mlwright.faces.cli import show
from mlwright.faces.cli.options import DEFAULT, File, Json

Thing = Annotated[str, typer.Argument(help="A reference, as answer:01jd… or document:docs/guide.md.")]


def add_to(cli: typer.Typer) -> None:
    cli.command()(why)
    cli.command()(blast)


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
