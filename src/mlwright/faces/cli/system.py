"""Commands of the whole system: up, check, diff, schema, status, doctor; new, plan and draw have files of their own."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from mlwright import app as house
from mlwright import architect, blueprint
from mlwright.faces.cli import serving, show
from mlwright.faces.cli.options import DEFAULT, File, Json, Sets, Target, Yes, overrides
from mlwright.faces.cli.planning import plan


def add_to(cli: typer.Typer) -> None:
    for command in (up, check, plan, diff, schema, status, doctor):
        cli.command()(command)


def up(
    path: Annotated[Path, typer.Argument(help="A blueprint, or a folder of documents.")] = DEFAULT,
    question: Annotated[str, typer.Option("--ask", help="A question to answer when it stands.")] = "",
    display: Annotated[
        bool, typer.Option("--show", help="Also answer a question, trace it, and show the scores.")
    ] = False,
    serve: Annotated[
        bool | None,
        typer.Option("--serve/--no-serve", help="Serve API and pages afterwards; what a folder does by itself."),
    ] = None,
    host: Annotated[str, typer.Option(help="The address to serve at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to serve at.")] = 8700,
    writer: Annotated[
        str, typer.Option(help="Let this model of a server on this machine write the answers; `auto`: the first found.")
    ] = "",
    yes: Yes = False,
    target: Target = None,
    sets: Sets = None,
    json: Json = False,
) -> None:
    """Bring the workspace to its blueprint: ingest, index, evaluate, deploy. Repeating it does only what is new. Given
    a folder of documents, it derives the blueprint first, saves it as ./mlwright.yaml, answers a first question, shows
    where the answer came from, and serves (unless --no-serve or --json)."""
    folder = path.is_dir()
    file, derived = house.blueprint_for(path, writer)
    if derived and not json:
        show.line(f"wrote {file}, the blueprint of {path}")
        for found in () if writer else house.servers_here():
            show.line(f"{found.base_url} could write the answers; to let it, put into {file}:\n  {found.setting}")
    with house.open(file, target=target, sets=overrides(sets)) as app:
        with show.progress(json) as progress:
            report = app.up(progress, confirm=lambda stage: yes or typer.confirm(f"{stage.why}. Go on?"))
        first = show.first_answer(app, question, quiet=json) if question or display or folder else None
        if json:
            show.json_of({"up": report, "answer": house.answer_data(first) if first else None})
        else:
            show.up(report)
        if (folder and not json) if serve is None else serve:
            serving.until_stopped(app, host, port)


def check(
    file: Annotated[Path, typer.Argument(help="The blueprint.")] = DEFAULT,
    resolved: Annotated[bool, typer.Option("--resolved", help="Print the whole file with every default.")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Apply the safe fixes to the file, keeping its comments.")] = False,
    only: Annotated[str, typer.Option(help="Ask this rule alone, as RAG002; with --fix, mend what it finds.")] = "",
    records: Annotated[
        bool, typer.Option("--records", help="Also look at what the workspace recorded; opens it, as `status` does.")
    ] = False,
    score: Annotated[
        bool, typer.Option("--score", help="Print the ML Test Score, each test with the record that proves it.")
    ] = False,
    sarif: Annotated[bool, typer.Option("--sarif", help="Print SARIF 2.1.0, for code hosts.")] = False,
    target: Target = None,
    sets: Sets = None,
    json: Json = False,
) -> None:
    """Review the blueprint: findings with place, evidence and fix. Exits with 3 where one is an error."""
    if fix:
        mended = architect.fix(file, only)
        if not (json or sarif):
            show.line(f"mended {', '.join(mended)}" if mended else "nothing to fix")
    design = blueprint.load(file, target=target, sets=overrides(sets), secrets=False)
    if resolved:
        show.verbatim(design.resolved())
        return
    if score:
        tested = house.score(file, target=target, sets=overrides(sets))
        show.json_of(architect.score_json(tested)) if json else show.score(tested)
        return
    if records:
        with house.open(file, target=target, sets=overrides(sets)) as app:
            found = app.check(only)
    else:
        found = architect.check(design, only=only)
    if json or sarif:
        show.json_of(architect.to_sarif(found, version=version("mlwright")) if sarif else architect.to_json(found))
    else:
        show.findings(found)
    if any(finding.counts for finding in found):
        raise typer.Exit(3)


def diff(
    old: Annotated[Path, typer.Argument(help="The blueprint before.")],
    new: Annotated[Path, typer.Argument(help="The blueprint after.")] = DEFAULT,
    json: Json = False,
) -> None:
    """Compare two blueprints: what changed, and what that means for index and release. Exits with 2 on changes."""
    changes = blueprint.diff(blueprint.load(old, secrets=False), blueprint.load(new, secrets=False))
    show.json_of(changes) if json else show.differences(changes)
    if changes:
        raise typer.Exit(2)


def schema() -> None:
    """Print the JSON Schema of the blueprint, for editors."""
    show.json_of(blueprint.schema())


def status(file: File = DEFAULT, json: Json = False) -> None:
    """Show the system at a glance: index, quality, traffic, cost, findings, latest answers."""
    with house.open(file) as app:
        now = app.status()
    show.json_of(now) if json else show.status(now)


def doctor(file: File = DEFAULT, port: int = 8700, json: Json = False) -> None:
    """Say what is installed, what is missing, disk used, ports, logs, and how to start afresh."""
    found = house.diagnose(file, port)
    show.json_of(found) if json else show.diagnosis(found)
    if not found.well:
        raise typer.Exit(1)
