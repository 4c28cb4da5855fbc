"""The port of a template: one file that says what a kind of system always has. The decision table adds the rest."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from mlwright.architect.starting.choices import Choice
from mlwright.architect.starting.situation import Situation
from mlwright.kernel.errors import NotFound, UserError


@dataclass(frozen=True, slots=True)
class Template:
    """Contract: `lacks` says what a situation lacks for this kind of system, in words for people, and nothing where it
    fits; it reads the situation alone. `choices` is asked only where it fits, and gives a whole blueprint. Templates
    are tried by `place`: the more a template asks of the data, the earlier it comes."""

    place: int
    name: str
    about: str
    lacks: Callable[[Situation], str]
    choices: Callable[[Situation], Iterator[Choice]]


@cache
def templates() -> tuple[Template, ...]:
    """Every template of the folder, in the order in which they are tried."""
    files = (file.name for file in pkgutil.iter_modules(__path__) if not file.name.startswith("_"))
    found: list[Template] = [importlib.import_module(f"{__name__}.{name}").TEMPLATE for name in files]
    return tuple(sorted(found, key=lambda template: template.place))


def template_for(it: Situation) -> Template:
    """The one that was asked for, else the first that fits. Raises UserError where none does, with what each lacks, and
    NotFound for one that is not known."""
    named = [one for one in templates() if it.asked.kind in (None, one.name)]
    if not named:
        raise NotFound(
            f"there is no template {it.asked.kind!r}",
            hint=f"kind is one of: {', '.join(one.name for one in templates())}",
        )
    for one in named:
        if not one.lacks(it):
            return one
    raise UserError(
        "; ".join(f"{one.name} lacks {one.lacks(it)}" for one in named),
        hint="say under `data` where documents or cases lie",
    )
