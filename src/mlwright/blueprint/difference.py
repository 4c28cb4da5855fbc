"""What changed between two blueprints, value by value, and what each change makes necessary."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mlwright.blueprint.identity import prompt_place
from mlwright.blueprint.model import Blueprint
from mlwright.blueprint.nodes import Loc, join_path

Effect = Literal["ingest", "reindex", "release", "gate", "settings", "none"]

MEANS: Mapping[Effect, str] = {
    "ingest": "other documents are read: ingest and index again, new release",
    "reindex": "chunks or vectors change: the index is built again, new release",
    "release": "answers may change: a new release, which the gate judges",
    "gate": "the measure changes: evaluate again; answers stay",
    "settings": "takes effect when the server starts again; answers stay",
    "none": "changes nothing that runs",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs. `old` or `new` is None where the key is absent on that side (or is null there)."""

    path: str
    old: Any
    new: Any
    effect: Effect

    @property
    def means(self) -> str:
        return MEANS[self.effect]


def diff(old: Blueprint, new: Blueprint) -> list[Difference]:
    """Every value that differs, defaults included, in the order of the file. Secrets are compared by the name of their
    variable; prompts by their text."""
    before, after = _flat(old), _flat(new)
    paths = [*after, *(path for path in before if path not in after)]
    return [
        Difference(join_path(loc), before.get(loc), after.get(loc), _effect(loc, old, new))
        for loc in paths
        if before.get(loc) != after.get(loc)
    ]


def _flat(blueprint: Blueprint) -> dict[Loc, Any]:
    data = blueprint.as_data()
    for key, text in blueprint.prompts.items():
        name, stage = prompt_place(key)
        data["rag"][name][stage]["prompt"] = text
    return dict(_leaves(data, ()))


def _leaves(value: Any, loc: Loc) -> Iterator[tuple[Loc, Any]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, (*loc, key))
    else:
        yield loc, value


def _effect(loc: Loc, old: Blueprint, new: Blueprint) -> Effect:
    match loc:
        case ("data", *_) | ("rag", _, "documents"):
            return "ingest"
        case (_, _, _, "why") | ("version" | "waive" | "targets", *_):
            return "none"
        case ("models", "embed", name, *_):
            used = any(pipeline.index.embed == name for side in (old, new) for pipeline in side.rag.values())
            return "reindex" if used else "none"
        case ("rag", _, "chunk" | "situate" | "index", *_):
            return "reindex"
        case ("models" | "rag", *_) | ("serving", "endpoints", _, "handler" | "fallback"):
            return "release"
        case ("evals", *_):
            return "gate"
        case ("serving", "endpoints", _, "traffic" | "slo", *_) | ("system", *_):
            return "none"
        case _:
            return "settings"
