"""The command `new`: from a folder, or from requirements in a file, in prose or in answers, to a blueprint."""

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
_LONGEST_NAME = 1000


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
    prose: Annotated[
        str,
        typer.Option(
            metavar="TEXT|FILE", help="What is asked for, in words that a language model on this machine reads."
        ),
    ] = "",
    writer: Annotated[
        str,
        typer.Option(help="The model of this machine that reads the prose and may answer; `auto`: the first found."),
    ] = "",
    json: Json = False,
) -> None:
    """Write a blueprint, with a reason for every choice: of a folder of documents, or of what is asked for. Overwrites
    nothing. Without a folder, --from and --prose it asks, where there is a terminal."""
    said = requirements is not None or bool(prose)
    if documents is not None and not said and not ask:
        written = house.new(documents, to, writer=writer)
        show.json_of({"blueprint": written}) if json else show.line(f"wrote {written}; next: mlwright up {written}")
        return
    if not said and not ask and not sys.stdin.isatty():
        raise UserError("nothing says what the system shall do", hint=_WAYS)
    known, found = _known(documents, requirements, prose, writer), None
    if prose:
        show.understood(known, quiet=json)
    if ask or not said:
        known, found = _asked(known, to, quiet=json)
    with show.progress(json) as progress:
        started = house.new_from(known, Path(), to, writer=writer, found=found, progress=progress)
    show.json_of(house.started_data(started)) if json else show.started(started, files=found is None)


def _known(documents: Path | None, file: Path | None, prose: str, reader: str) -> "Requirements":
    """What is said already, in prose, in a file and as the folder of documents; of two the later counts."""
    said: dict[str, Any] = {}
    if prose:
        said |= _written(house.understand(_text(prose), reader or "auto"))
    if file is not None:
        read = _written(blueprint.read_as(architect.Requirements, file))
        said |= {**read, **({"data": str(file.parent / read["data"])} if "data" in read else {})}
    if documents is not None:
        said["data"] = str(documents)
    return architect.Requirements.model_validate(said)


def _written(known: "Requirements") -> dict[str, Any]:
    return known.model_dump(mode="json", exclude_none=True)


def _text(prose: str) -> str:
    """The text itself, or what stands in the file of that name."""
    file = Path(prose) if len(prose) < _LONGEST_NAME and "\n" not in prose else None
    return file.read_text(encoding="utf-8") if file is not None and file.is_file() else prose


_WAYS = "name a folder of documents, a file with --from, --prose, or --ask for questions that a pipe may answer, too"


def _asked(known: "Requirements", to: Path, *, quiet: bool) -> "tuple[Requirements, Profile | None]":
    """`known` with the answers to what it leaves open. Where the answers end, the rest stays open."""
    said: dict[str, Any] = {}
    found: Profile | None = None
    for question in architect.still_open(known):
        data = said.get("data") or known.data
        if found is None and data and question.field not in ("answers", "data"):
            with show.progress(quiet) as progress:
                found = house.profile(Path(data), to.resolve().parent, progress)
            show.profile(found, quiet=quiet)
        answer = _answer(question, found or architect.Profile(""), quiet=quiet)
        if answer is None:
            break
        if answer:
            said[question.field] = answer
    return architect.Requirements.model_validate({**_written(known), **said}), found


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
