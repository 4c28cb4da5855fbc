"""The port of a view: one file that draws a blueprint from one side. What a reader asks decides what it shows."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from mlwright.architect.graph import Graph
from mlwright.blueprint import Blueprint


@dataclass(frozen=True, slots=True)
class View:
    """Contract: `draw` reads the blueprint and facts of its parts, builds nothing and shows no secret; equal blueprints
    give equal graphs. `about` says in a sentence how to read it; views are listed by `place`."""

    place: int
    name: str
    title: str
    about: str
    draw: Callable[[Blueprint], Graph]


@cache
def all_views() -> tuple[View, ...]:
    """Every view of the folder, in the order in which a reader wants them."""
    files = (file.name for file in pkgutil.iter_modules(__path__) if not file.name.startswith("_"))
    found: list[View] = [importlib.import_module(f"{__name__}.{name}").VIEW for name in files]
    return tuple(sorted(found, key=lambda view: view.place))
