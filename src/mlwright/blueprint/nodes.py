"""The tree that a YAML file becomes: plain values, every one with its place."""

from dataclasses import dataclass, field
from typing import Any

from mlwright.kernel.errors import UserError
from mlwright.kernel.units import Bare

Loc = tuple[str | int, ...]
"""The way to a value from the root: keys and positions."""

MAX_VALUES = 20_000


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something is written; line and column count from 1. Written `mlwright.yaml:7:12`."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value. `text` is what is written; `value` is None, bool, int, float or str by YAML 1.2's core schema."""

    place: Place
    value: bool | int | float | str | None
    text: str
    plain: bool


@dataclass(slots=True)
class Sequence:
    place: Place
    items: list["Node"] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """A mapping; `keys` holds the places of the keys."""

    place: Place
    items: dict[str, "Node"] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)


Node = Scalar | Sequence | Table


def plain_data(root: Node) -> Any:
    """The tree as dicts, lists and values. Raises UserError where aliases unfold to more than MAX_VALUES values."""
    left = MAX_VALUES

    def unfold(node: Node, above: tuple[int, ...]) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise UserError(
                f"{root.place.file}: aliases unfold to more than {MAX_VALUES} values",
                hint="write the repeated part out, or put it into a file of its own",
            )
        if isinstance(node, Scalar):
            return Bare(node.value) if isinstance(node.value, float) else node.value
        if id(node) in above:
            raise UserError(f"{node.place}: an alias contains itself", hint="remove the alias")
        inside = (*above, id(node))
        if isinstance(node, Sequence):
            return [unfold(item, inside) for item in node.items]
        return {key: unfold(item, inside) for key, item in node.items.items()}

    return unfold(root, ())


def find(root: Node, loc: Loc) -> tuple[Node, Loc]:
    """The deepest node on the way to `loc`, and the part of `loc` that leads to it. Steps that only pydantic knows
    (the member of a union) are passed over; so is a missing end."""
    node, taken = root, []
    for step in loc:
        if isinstance(node, Table) and step in node.items:
            node = node.items[str(step)]
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            continue
        taken.append(step)
    return node, tuple(taken)


def place_of(root: Node, loc: Loc) -> Place:
    """The place of a value; of its nearest written ancestor where it is a default."""
    return find(root, loc)[0].place


def place_of_key(root: Node, loc: Loc) -> Place:
    """The place of the key that ends `loc`, else of the value."""
    parent, _ = find(root, loc[:-1])
    if loc and isinstance(parent, Table) and loc[-1] in parent.keys:
        return parent.keys[str(loc[-1])]
    return place_of(root, loc)


def split_path(path: str) -> Loc:
    """`rag.docs.retrieve.top` to its steps; a number is a position in a list, as in `serving.…steps.0`."""
    return tuple(int(step) if step.isdigit() else step for step in path.split("."))


def join_path(loc: Loc) -> str:
    return ".".join(map(str, loc))


def replaced(data: Any, loc: Loc, value: Any) -> Any:
    """A copy of plain data with one value replaced; everything else is shared."""
    if not loc:
        return value
    step = loc[0]
    if isinstance(data, list):
        number = int(step)
        return [*data[:number], replaced(data[number], loc[1:], value), *data[number + 1 :]]
    return {**data, step: replaced(data[step], loc[1:], value)}
