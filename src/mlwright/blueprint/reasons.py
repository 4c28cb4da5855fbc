"""Reasons: every `why:` of a blueprint, with the choice that it stands beside."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlwright.blueprint.model import Blueprint
from mlwright.blueprint.nodes import Loc, Node, Scalar, Sequence, Table, join_path

_WHY = "why"


@dataclass(frozen=True, slots=True)
class Reason:
    """`chosen` is what stands beside the reason, as it is written, without secrets."""

    path: str
    chosen: str
    why: str


def reasons(blueprint: Blueprint) -> Iterator[Reason]:
    """In the order of the file. Empty reasons are none."""
    data = blueprint.as_data()
    for loc, table in _tables(blueprint.root, ()):
        why = table.items.get(_WHY)
        if isinstance(why, Scalar) and why.text.strip():
            yield Reason(join_path(loc), _chosen(table, _found(data, loc)), " ".join(why.text.split()))


def _tables(node: Node, loc: Loc) -> Iterator[tuple[Loc, Table]]:
    if isinstance(node, Table):
        yield loc, node
        for key, inner in node.items.items():
            yield from _tables(inner, (*loc, key))
    elif isinstance(node, Sequence):
        for number, inner in enumerate(node.items):
            yield from _tables(inner, (*loc, number))


def _found(data: Any, loc: Loc) -> Mapping[str, Any]:
    for step in loc:
        data = data[step]
    return data if isinstance(data, Mapping) else {}


def _chosen(table: Table, data: Mapping[str, Any]) -> str:
    """The other fields that are written, with the values that the blueprint shows: secrets are masked there."""
    shown = ((key, data[key]) for key in table.items if key != _WHY and key in data)
    return ", ".join(f"{key}: {value if isinstance(value, str) else json.dumps(value)}" for key, value in shown)
