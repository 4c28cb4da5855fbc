"""The command `new`: from a folder, from requirements in a file, or from answers to questions, to a blueprint."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlwright import app as house
from mlwright import architect, blueprint
from mlwright.faces.cli import show
from mlwright.faces.cli.options import DEFAULT, Json
from mlwright.kernel.errors import UserError

if TYPE_CHECKING:
    from mlwright.architect import Profile, Requirements

_AGAIN = 3
"""How often an answer that is not understood is asked for again."""


def add_to(cli: typer.Typer) -> None:
    cli.command()(new)


def new(
    documents: Annotated[
        Path | None, typer.Argument(help="The folder of documents. Alone, it is all that is asked for.")
    ] = None,
    to: Annotated[Path, typer.Option(help="Where the blueprint is written.")] = DEFAULT,
    requirements: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="What is asked for, as a YAML file.")
    ] = None,
    ask: Annotated[
        bool,
        typer.Option("--ask", help="Ask what is not known yet: at most nine questions, after a look at the files."),
    ] = False,
    writer: Annotated[
        str, typer.Option(help="Let this model of a server on this machine write the answers; `auto`: the first found.")
    ] = "",
    json: Json = False,
) -> None:
    """Write a blueprint, with a reason for every choice: of a folder of documents, or of what is asked for. Overwrites
    nothing. Without a folder and without --from it asks, where there is a terminal."""
    if documents is not None and requirements is None and not ask:
        written = house.new(documents, to, writer=writer)
        show.json_of({"blueprint": written}) if json else show.line(f"wrote {written}; next: mlwright up {written}")
        return
    if requirements is None and not ask and not sys.stdin.isatty():
        raise UserError("nothing says what the system shall do", hint=_WAYS)
    base = requirements.parent if requirements else Path()
    known = blueprint.read_as(architect.Requirements, requirements) if requirements else architect.Requirements()
    if documents is not None:
        base, known = Path(), known.model_copy(update={"data": str(documents)})
    found = None
    if ask or requirements is None:
        known, found = _asked(known, base, to, quiet=json)
    started = house.new_from(known, base, to, writer=writer, found=found)
    show.json_of(house.started_data(started)) if json else show.started(started, files=found is None)


_WAYS = "name a folder of documents, a file with --from, or --ask for questions that a pipe may answer, too"


def _asked(known: "Requirements", base: Path, to: Path, *, quiet: bool) -> "tuple[Requirements, Profile | None]":
    """`known` with the answers to what it leaves open. Where the answers end, the rest stays open."""
    said: dict[str, Any] = {}
    found: Profile | None = None
    for question in architect.still_open(known):
        data = said.get("data") or known.data
        if found is None and data and question.field not in ("answers", "data"):
            found = house.profile(base / data, to.resolve().parent)
            show.profile(found, quiet=quiet)
        answer = _answer(question, found or architect.Profile(""), quiet=quiet)
        if answer is None:
            break
        if answer:
            said[question.field] = answer
    return architect.Requirements.model_validate({**known.model_dump(mode="json", exclude_none=True), **said}), found


def _answer(question: "architect.Question", found: "Profile", *, quiet: bool) -> str | None:
    """What was said, understood; the offer for an empty line, None at the end of the answers."""
    wrong = ""
    for _ in range(_AGAIN):
        said = show.asked(question.text, question.found(found), question.offer(found), wrong, quiet=quiet)
        if said is None:
            return None
        wrong = architect.problem(question.field, said) if said else ""
        if not wrong:
            return said
    raise UserError(f"{question.field}: {wrong}", hint="`mlwright new --from FILE` reads the answers from a file")
