"""The command `plan`: before the system runs, against what it did, and of two designs side by side."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from mlwright import app as house
from mlwright import architect
from mlwright.faces.cli import show
from mlwright.faces.cli.options import DEFAULT, Json, Sets, Target, overrides
from mlwright.kernel.files import write_atomically

WINDOW = "24h"


def plan(
    file: Annotated[Path, typer.Argument(help="The blueprint.")] = DEFAULT,
    actual: Annotated[
        str, typer.Option(metavar="WINDOW", help="Hold the plan against the last 24h, 7d …, line by line, with causes.")
    ] = "",
    calibrate: Annotated[
        bool,
        typer.Option("--calibrate", help="Show what was measured (in --actual, else 24h) as a change of the file."),
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="With --calibrate: change the file, keeping comments.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="With --calibrate: even from few requests.")] = False,
    endpoint: Annotated[str, typer.Option("--endpoint", "-e", help="Only this endpoint.")] = "",
    self_test: Annotated[
        bool, typer.Option("--self-test", help="First measure what a request costs this machine, and keep it.")
    ] = False,
    diff: Annotated[
        Path | None, typer.Option(help="Compare with another blueprint, line by line. Exits with 2 on changes.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="Compare with a saved plan, line by line. Exits with 2 on changes.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Save the plan to this file, as JSON.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")] = False,
    target: Target = None,
    sets: Sets = None,
    json: Json = False,
) -> None:
    """Price the system before it runs: cost per request and month by component, storage, latency, power, savings, with
    assumptions. Exits with 3 where something has no price."""
    if actual or calibrate:
        _look_back(file, actual or WINDOW, endpoint, target, overrides(sets), calibrate, apply, force, json, markdown)
        return
    if self_test:
        with show.progress(json) as progress:
            house.tested(file, progress, target=target, sets=overrides(sets))
    made = house.planned(file, target=target, sets=overrides(sets))
    if out is not None:
        write_atomically(out, show.json_text(architect.plan_json(made)).encode())
    if diff is not None or against is not None:
        before = architect.saved_plan(against) if against is not None else architect.plan_json(made)
        after = made if diff is None else house.planned(diff, target=target, sets=overrides(sets))
        _compared(before, architect.plan_json(after), json, markdown)
        return
    if json:
        show.json_of(architect.plan_json(made))
    elif markdown:
        show.verbatim(architect.plan_markdown(made))
    else:
        show.plan(made)
        if out is not None:
            show.line(f"saved {out}; later: mlwright plan {file} --against {out}", "quiet")
    if made.unpriced:
        raise typer.Exit(3)


def _compared(before: Mapping[str, Any], after: Mapping[str, Any], json: bool, markdown: bool) -> None:
    changes = architect.plan_changes(before, after)
    if json:
        show.json_of(changes)
    elif markdown:
        show.verbatim(architect.changes_markdown(changes))
    else:
        show.plan_changes(changes)
    if changes:
        raise typer.Exit(2)


def _look_back(
    file: Path,
    window: str,
    endpoint: str,
    target: str | None,
    sets: Mapping[str, str],
    calibrate: bool,
    apply: bool,
    force: bool,
    json: bool,
    markdown: bool,
) -> None:
    """What happened, beside the plan; or as new assumptions."""
    with house.open(file, target=target, sets=sets) as app:
        if calibrate:
            found = app.calibrate(window, endpoint, apply=apply, force=force)
            show.json_of(found) if json else show.recalibrated(found)
            return
        compared = app.actual(window, endpoint)
    if json:
        show.json_of(architect.actual_json(compared.comparisons, compared.storage))
    elif markdown:
        show.verbatim(architect.actual_markdown(compared.system, compared.comparisons, compared.storage))
    else:
        show.actual(compared)
