"""Commands of RAG: ask, retrieve."""

from typing import Annotated

import typer

from mlwright import app as house
from mlwright.faces.cli import show
from mlwright.faces.cli.options import DEFAULT, Endpoint, File, Json, Sets, Target, overrides

Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where", metavar="FILTER", help="Only passages whose metadata say so: 'lang = en and tags in (a, b)'."
    ),
]


At = Annotated[
    str, typer.Option("--at", metavar="VERSION", help="Search the index of the past: a number, tag or time.")
]


def _all_of(where: list[str] | None) -> str:
    """Several filters, all of which must hold, as the text of one."""
    return " and ".join(f"({one})" for one in where or ())


def add_to(cli: typer.Typer) -> None:
    cli.command()(ask)
    cli.command()(retrieve)


def ask(
    question: Annotated[str, typer.Argument(help="The question.")],
    file: File = DEFAULT,
    endpoint: Endpoint = "",
    where: Where = None,
    user: Annotated[str, typer.Option(help="Who asks: the same user always meets the same release.")] = "",
    at: At = "",
    why: Annotated[bool, typer.Option("--why", help="Show what the answer was made from.")] = False,
    target: Target = None,
    sets: Sets = None,
    json: Json = False,
) -> None:
    """Ask a question; the answer streams, with citations down to file, page and line."""
    with house.open(file, target=target, sets=overrides(sets)) as app:
        on_token = show.nothing if json else show.token
        answer = app.ask(
            question,
            endpoint=endpoint,
            user=user,
            where=_all_of(where),
            at=at,
            on_token=on_token,
        )
        walk = app.why(answer.ref) if why else None
    if json:
        show.json_of(house.answer_data(answer) | ({"why": walk.root} if walk else {}))
    else:
        show.answer(answer)
        if walk:
            show.tree(walk.root)


def retrieve(
    question: Annotated[str, typer.Argument(help="The question.")],
    file: File = DEFAULT,
    pipeline: Annotated[str, typer.Option(help="The pipeline; the first one where none is named.")] = "",
    top: Annotated[int | None, typer.Option(help="How many passages; the blueprint's `keep` where absent.")] = None,
    where: Where = None,
    at: At = "",
    explain: Annotated[bool, typer.Option("--explain", help="Show every stage with its time and best chunks.")] = False,
    sets: Sets = None,
    json: Json = False,
) -> None:
    """Show the passages that a question finds, with the scores of each retriever."""
    with house.open(file, sets=overrides(sets)) as app:
        found = app.retrieve(question, pipeline=pipeline, top=top, where=_all_of(where), explain=explain, at=at)
        places = show.places(app.pipeline(pipeline).chunk, found) if explain and not json else {}
    if json:
        show.json_of(found)
        return
    show.hits(found)
    if explain:
        show.stages(found, places)
