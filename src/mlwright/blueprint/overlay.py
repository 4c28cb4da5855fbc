"""Values that replace those of the file: `targets.<name>.set` and `--set path=value`, typed as the file is."""

from collections.abc import Mapping

from mlwright.blueprint.nodes import Loc, Node, Place, Scalar, Sequence, Table, join_path, split_path
from mlwright.blueprint.reading import read_text
from mlwright.kernel.errors import UserError


def overlaid(root: Node, sets: Mapping[str, Node]) -> Node:
    """A copy of the tree with each dotted path replaced; missing tables on the way are made."""
    for path, value in sets.items():
        root = _put(root, split_path(path), value, path)
    return root


def from_command_line(sets: Mapping[str, str]) -> dict[str, Node]:
    """`--set path=value`: the value is read as YAML, so `4s`, `[1%, 100%]` and `{use: openai}` mean what they mean in
    the file. Errors name `--set path`. Raises UserError."""
    return {path: read_text(value, f"--set {path}") if value.strip() else _empty(path) for path, value in sets.items()}


def _empty(path: str) -> Node:
    raise UserError(f"--set {path}: the value is missing", hint=f"write --set {path}=VALUE")


def _put(node: Node | None, loc: Loc, value: Node, path: str) -> Node:
    if not loc:
        return value
    step, rest = loc[0], loc[1:]
    if isinstance(node, Sequence) and isinstance(step, int):
        if step >= len(node.items):
            raise UserError(
                f"{value.place}: {path} asks for item {step}, and the list has {len(node.items)}",
                hint="set the whole list, as in path=[a, b]",
            )
        items = list(node.items)
        items[step] = _put(items[step], rest, value, path)
        return Sequence(node.place, items)
    if node is not None and not isinstance(node, Table):
        raise UserError(
            f"{value.place}: {path} leads into {join_path(loc)!r}, but what stands there ({node.place}) is no mapping",
            hint="set the value as a whole, as in path={use: …}",
        )
    table = node or Table(value.place)
    key = str(step)
    items_, keys = dict(table.items), dict(table.keys)
    items_[key] = _put(items_.get(key), rest, value, path)
    keys[key] = keys.get(key, value.place)
    return Table(table.place, items_, keys)


def node_of(value: object, place: Place) -> Node:
    """A tree of JSON data, all of it at one place: for blueprints that come from a release instead of a file."""
    if isinstance(value, Mapping):
        return Table(place, {str(k): node_of(v, place) for k, v in value.items()}, {str(k): place for k in value})
    if isinstance(value, list):
        return Sequence(place, [node_of(item, place) for item in value])
    if value is None or isinstance(value, bool | int | float | str):
        return Scalar(place, value, str(value), plain=False)
    raise TypeError(f"{type(value).__name__} is not JSON")
