"""Options that many commands share, so that they read the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Option("--file", "-f", envvar="MLWRIGHT_FILE", help="The blueprint.", show_default=True)]
Target = Annotated[str | None, typer.Option("--target", "-t", help="An overlay of the blueprint's `targets`.")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Override one setting, as in rag.support.retrieve.keep=4."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before destructive steps.")]
Endpoint = Annotated[str, typer.Option("--endpoint", "-e", help="The endpoint; the first one where none is named.")]

DEFAULT = Path("mlwright.yaml")
_LEAST = 0.05
"""Seconds: to look more often would only keep the machine busy."""


def overrides(sets: list[str] | None) -> dict[str, str]:
    """`--set a.b=1 --set c=2` as a mapping. A text without `=` is a usage error."""
    for text in sets or ():
        if "=" not in text:
            raise typer.BadParameter(f"{text!r} is not PATH=VALUE", param_hint="--set")
    return dict(text.split("=", 1) for text in sets or ())


def duration(text: str, option: str) -> float:
    """`500ms`, `2s` or `1m` in seconds; a number alone counts seconds. Another text, or less than can be kept up, is a
    usage error."""
    from mlwright.kernel.units import seconds  # loads pydantic

    try:
        found = seconds(f"{text}s" if text.replace(".", "", 1).isdigit() else text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
    if found < _LEAST:
        raise typer.BadParameter(f"{text!r} is less than {_LEAST:g} s", param_hint=option)
    return found
