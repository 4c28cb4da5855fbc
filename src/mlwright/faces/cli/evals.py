"""Commands of evals: eval."""

from typing import Annotated

import typer

from mlwright import app as house
from mlwright.faces.cli import show
from mlwright.faces.cli.options import DEFAULT, File, Json, Sets, Target, overrides


def add_to(cli: typer.Typer) -> None:
    cli.command(name="eval")(evaluate)


def evaluate(
    gate: Annotated[str, typer.Argument(help="The gate; all of them where none is named.")] = "",
    file: File = DEFAULT,
    target: Target = None,
    sets: Sets = None,
    json: Json = False,
) -> None:
    """Evaluate the blueprint at its gates: every metric with its 95 % interval. Exits with 3 where a gate fails."""
    with house.open(file, target=target, sets=overrides(sets)) as app, show.progress(json) as progress:
        results = app.eval(gate, progress)
    if json:
        show.json_of(results)
    else:
        show.results(results)
    if not all(result.passed for result in results):
        raise typer.Exit(3)
