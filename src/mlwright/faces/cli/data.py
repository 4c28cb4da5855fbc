"""Commands of data: ingest, add, remove, quarantine."""

from pathlib import Path
from typing import Annotated

import typer

from mlwright import app as house
from mlwright.faces.cli import show
from mlwright.faces.cli.options import DEFAULT, File, Json, Sets, Target, duration, overrides


def add_to(cli: typer.Typer) -> None:
    for command in (ingest, add, remove, quarantine):
        cli.command()(command)


def ingest(
    file: File = DEFAULT,
    watch: Annotated[bool, typer.Option("--watch", help="Go on looking for changes until Ctrl-C.")] = False,
    every: Annotated[str, typer.Option(help="With --watch: time from one look to the next, as 500ms or 1m.")] = "2s",
    target: Target = None,
    sets: Sets = None,
    json: Json = False,
) -> None:
    """Read the sources and bring every index in line: only what changed is read, parsed and embedded. With `--watch`
    it goes on doing so; a file is taken when it no longer changes from one look to the next."""
    with house.open(file, target=target, sets=overrides(sets)) as app, show.progress(json) as progress:
        if watch:
            for done in app.watch(duration(every, "--every"), progress):
                show.json_line(_plain(done)) if json else show.watched(done)
            return
        datasets, indexes = app.ingest(progress)
    if json:
        show.json_of({"datasets": datasets, "indexes": indexes})
    else:
        show.ingested(datasets, indexes)


def _plain(done: "house.Round") -> dict[str, object]:
    if done.error is not None:
        return {"source": done.source, "error": done.error.message, "hint": done.error.hint}
    changes = {"added": done.added, "changed": done.changed, "removed": done.removed}
    return {"source": done.source, "dataset": done.dataset, "indexes": done.indexes, **changes}


def add(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, help="The files.")],
    file: File = DEFAULT,
    source: Annotated[str, typer.Option(help="The source; that of the first pipeline where none is named.")] = "",
    json: Json = False,
) -> None:
    """Add files to the documents and make them searchable. They are kept in the workspace, beside the source's own."""
    with house.open(file) as app:
        added, job = app.add([(path.name, path.read_bytes()) for path in files], source=source)
        app.settle(job)
        versions = {one.version for one in added}
        states = [state for state in app.added(added[0].source) if state.version in versions]
    show.json_of({"added": states}) if json else show.added(states)
    if any(state.state != "searchable" for state in states):
        raise typer.Exit(7)


def remove(
    document: Annotated[str, typer.Argument(help="The document, as document:docs/uploads/guide.md.")],
    file: File = DEFAULT,
    json: Json = False,
) -> None:
    """Take an added document away, out of every index, answer and cache."""
    with house.open(file) as app:
        gone = app.remove(document)
    show.json_of({"removed": gone}) if json else show.line(f"removed {gone.key}")


def quarantine(file: File = DEFAULT, json: Json = False, replay: bool = False) -> None:
    """List the files that could not be read, each with its reason; --replay tries them again at the next ingest."""
    with house.open(file) as app:
        freed = sum(app.data.replay(source) for source in app.blueprint.data.sources) if replay else 0
        files = app.data.quarantined()
    if json:
        show.json_of({"quarantined": files, "replayed": freed})
    else:
        show.quarantined(files, freed)
