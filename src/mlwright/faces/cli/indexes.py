"""Commands below `index`: list, diff, tag, untag, verify, map, prune."""

from typing import Annotated

import typer

from mlwright import app as house
from mlwright.faces.cli import show
from mlwright.faces.cli.options import DEFAULT, File, Json, Target

Pipeline = Annotated[str, typer.Option(help="The pipeline; the first one where none is named.")]
Version = Annotated[str, typer.Argument(help="A version: its number, reference or tag, a time (UTC), or `current`.")]


def add_to(cli: typer.Typer) -> None:
    group = typer.Typer(
        name="index",
        no_args_is_help=True,
        help="Look after an index: its versions, what changed between them, whether it is whole, and what it holds.",
    )
    for command in (diff, tag, untag, verify, prune):
        group.command()(command)
    group.command("list")(versions)
    group.command("map")(mapped)
    cli.add_typer(group)


def versions(pipeline: Pipeline = "", file: File = DEFAULT, target: Target = None, json: Json = False) -> None:
    """List the versions of an index, newest first: those that can be searched with `retrieve --at`, and older ones."""
    with house.open(file, target=target) as app:
        found = app.index_versions(pipeline).all()
    show.json_of(found) if json else show.index_versions(found)


def diff(
    before: Version,
    after: Version = "current",
    pipeline: Pipeline = "",
    file: File = DEFAULT,
    target: Target = None,
    json: Json = False,
) -> None:
    """Show what changed from one version to another: documents added, changed and removed, and chunks."""
    with house.open(file, target=target) as app:
        found = app.index_versions(pipeline).diff(before, after)
    show.json_of(found) if json else show.index_diff(found)


def tag(
    version: Version,
    name: Annotated[str, typer.Argument(help="The name to give: letters, digits, dots, dashes and underscores.")],
    pipeline: Pipeline = "",
    file: File = DEFAULT,
    target: Target = None,
    json: Json = False,
) -> None:
    """Give a version a name, and keep it searchable until the name is taken off."""
    with house.open(file, target=target) as app:
        found = app.index_versions(pipeline).tag(version, name)
    show.json_of(found) if json else show.index_versions([found])


def untag(
    name: Annotated[str, typer.Argument(help="The name to take off.")],
    pipeline: Pipeline = "",
    file: File = DEFAULT,
    target: Target = None,
    json: Json = False,
) -> None:
    """Take a name off a version; it stays as long as `index.keep` of the blueprint allows."""
    with house.open(file, target=target) as app:
        found = app.index_versions(pipeline).untag(name)
    show.json_of(found) if json else show.index_versions([found])


def verify(
    pipeline: Pipeline = "",
    repair: Annotated[bool, typer.Option("--repair", help="Mend what is found.")] = False,
    file: File = DEFAULT,
    target: Target = None,
    json: Json = False,
) -> None:
    """Check that index, store and lineage are whole and agree; exit code 3 where they do not. With `--repair`, what is
    damaged is mended or made again from the documents."""
    with house.open(file, target=target) as app, show.progress(json) as progress:
        found = app.verify_index(pipeline, repair=repair, progress=progress)
        left = app.verify_index(pipeline) if repair and found else found
    show.json_of({"found": found, "left": left}) if json else show.damages(found, left, repaired=repair)
    if left:
        raise typer.Exit(3)


def mapped(pipeline: Pipeline = "", file: File = DEFAULT, target: Target = None, json: Json = False) -> None:
    """Show what an index holds by what it means: clusters with their words, outliers and near duplicates. The page
    `/map` of `mlwright serve` draws it; `--json` has the places of all points."""
    with house.open(file, target=target) as app:
        found = app.map_index(pipeline)
    show.json_of(found) if json else show.index_map(found)


def prune(
    pipeline: Annotated[str, typer.Option(help="One pipeline; all where none is named.")] = "",
    file: File = DEFAULT,
    target: Target = None,
    json: Json = False,
) -> None:
    """Forget what no kept version needs, and give its space back. Tagged versions, the newest ones (`index.keep`) and
    whatever an answer has shown stay."""
    with house.open(file, target=target) as app:
        done = app.prune_index(pipeline)
    show.json_of(done) if json else show.pruned(done)
