"""Commands of tracking: runs."""

from typing import Annotated

import typer

from mlwright import app as house
from mlwright.faces.cli import show
from mlwright.faces.cli.options import DEFAULT, File, Json


def add_to(cli: typer.Typer) -> None:
    cli.command()(runs)


def runs(
    run: Annotated[str, typer.Argument(help="One run, as run:01jd…; all of them where none is named.")] = "",
    file: File = DEFAULT,
    kind: Annotated[str | None, typer.Option(help="Only runs of this kind: index, eval, …")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 20,
    json: Json = False,
) -> None:
    """List recorded runs, or show one whole: parameters, metrics, environment, commit."""
    with house.open(file) as app:
        found = [app.tracking.run(house.as_ref(run))] if run else app.runs(limit, kind)
    if json:
        show.json_of(found)
    elif run:
        show.run(found[0])
    else:
        show.runs(found)
