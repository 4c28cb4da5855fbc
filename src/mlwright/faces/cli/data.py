"""Commands of data: ingest, quarantine."""

import typer

from mlwright import app as house
from mlwright.faces.cli import show
from mlwright.faces.cli.options import DEFAULT, File, Json, Sets, Target, overrides


def add_to(cli: typer.Typer) -> None:
    cli.command()(ingest)
    cli.command()(quarantine)


def ingest(file: File = DEFAULT, target: Target = None, sets: Sets = None, json: Json = False) -> None:
    """Read the sources and bring every index in line: only what changed is read, parsed and embedded."""
    with house.open(file, target=target, sets=overrides(sets)) as app, show.progress(json) as progress:
        datasets, indexes = app.ingest(progress)
    if json:
        show.json_of({"datasets": datasets, "indexes": indexes})
    else:
        show.ingested(datasets, indexes)


def quarantine(file: File = DEFAULT, json: Json = False, replay: bool = False) -> None:
    """List the files that could not be read, each with its reason; --replay tries them again at the next ingest."""
    with house.open(file) as app:
        freed = sum(app.data.replay(source) for source in app.blueprint.data.sources) if replay else 0
        files = app.data.quarantined()
    if json:
        show.json_of({"quarantined": files, "replayed": freed})
    else:
        show.quarantined(files, freed)
