"""Commands of serving: serve, promote, rollback, feedback, key."""

from typing import TYPE_CHECKING, Annotated

import typer

from mlwright import app as house
from mlwright.faces import api
from mlwright.faces.cli import show
from mlwright.faces.cli.logs import logged
from mlwright.faces.cli.options import DEFAULT, Endpoint, File, Json, Sets, Target, overrides

if TYPE_CHECKING:
    from mlwright.app import App

Why = Annotated[str, typer.Option("--why", help="The reason, kept with the change.")]


def add_to(cli: typer.Typer) -> None:
    for command in (serve, promote, rollback, feedback, key):
        cli.command()(command)


def serve(
    file: File = DEFAULT,
    host: Annotated[
        str, typer.Option(help="The address; anything but loopback needs a key (`mlwright key`).")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port.")] = 8700,
    target: Target = None,
    sets: Sets = None,
) -> None:
    """Serve the API and the pages until Ctrl-C; running requests are finished first."""
    with house.open(file, target=target, sets=overrides(sets)) as app:
        until_stopped(app, host, port)


def until_stopped(app: "App", host: str, port: int) -> None:
    """Serve, saying where, and keep the log in the workspace."""
    name = app.blueprint.system.name
    with logged(app.home / "logs"):
        api.serve(app, host, port, ready=lambda url: show.line(f"\nserving {name} at {url} (Ctrl-C ends)"))


def promote(endpoint: Endpoint = "", why: Why = "", file: File = DEFAULT, json: Json = False) -> None:
    """Give the canary its next share of the traffic, if its gate allows. Exits with 3 where the gate refuses."""
    with house.open(file) as app:
        now = app.promote(endpoint, why)
    show.json_of(now) if json else show.traffic(now)


def rollback(endpoint: Endpoint = "", why: Why = "", file: File = DEFAULT, json: Json = False) -> None:
    """Take the canary's traffic away at once; without a canary, return to the release before."""
    with house.open(file) as app:
        now = app.rollback(endpoint, why)
    show.json_of(now) if json else show.traffic(now)


def feedback(
    answer: Annotated[str, typer.Argument(help="The answer, as answer:01jd…")],
    up: Annotated[bool, typer.Option("--up/--down", help="Did it help?")] = True,
    comment: Annotated[str, typer.Option(help="What was good or wrong.")] = "",
    file: File = DEFAULT,
    json: Json = False,
) -> None:
    """Say whether an answer helped."""
    with house.open(file) as app:
        given = app.feedback(answer, 1 if up else -1, comment)
    show.json_of(given) if json else show.line(f"recorded for {given.answer}")


def key(
    name: Annotated[str, typer.Argument(help="Who will use it.")],
    revoke: Annotated[bool, typer.Option("--revoke", help="Revoke the key of that name instead.")] = False,
    file: File = DEFAULT,
    json: Json = False,
) -> None:
    """Make an API key; it is shown once and only its hash is kept."""
    with house.open(file) as app:
        if revoke:
            app.serving.keys.revoke(name)
        made = None if revoke else app.serving.keys.create(name)
    if json:
        show.json_of({"name": name, "revoked": revoke, "key": made})
    else:
        show.line(made or f"revoked {name}")
