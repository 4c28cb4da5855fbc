"""Which keys may stand where: a walk through the types of the sections, along what the file holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from mlwright.blueprint.nodes import Loc
from mlwright.kernel.errors import MlwrightError
from mlwright.kernel.parts import Slot, config_of


@dataclass(frozen=True, slots=True)
class _Kind:
    """A type, and the slot that it is a part of."""

    type: Any
    slot: Slot | None = None


def known_keys(model: type[BaseModel], data: Any, loc: Loc) -> list[str]:
    """The keys that may stand in the mapping at `loc`; empty where any key may (names chosen by the author)."""
    kind = _Kind(model)
    for step in loc:
        kind = _child(_chosen(kind, data), step)
        data = _item(data, step)
    kind = _chosen(kind, data)
    if not _is_model(kind.type):
        return []
    names = [name for name in kind.type.model_fields if not (kind.slot and name == "use")]
    return [kind.slot.key, *names] if kind.slot else names


def _item(data: Any, step: str | int) -> Any:
    if isinstance(data, Mapping):
        return data.get(step)
    return data[step] if isinstance(data, list) and isinstance(step, int) and step < len(data) else None


def _chosen(kind: _Kind, data: Any) -> _Kind:
    """For a slot: the configuration of the part that the file names."""
    if kind.slot is None or not isinstance(data, Mapping):
        return kind
    try:
        return _Kind(config_of(kind.slot.package, str(data.get(kind.slot.key, data.get("use", "")))), kind.slot)
    except MlwrightError:
        return _Kind(None)


def _child(kind: _Kind, step: str | int) -> _Kind:
    if _is_model(kind.type):
        name = "use" if kind.slot and step == kind.slot.key else str(step)
        field = kind.type.model_fields.get(name)
        return (
            _plain(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation)
            if field
            else _Kind(None)
        )
    arguments = get_args(kind.type)
    return _plain(arguments[-1] if get_origin(kind.type) is dict else arguments[0]) if arguments else _Kind(None)


def _plain(annotation: Any) -> _Kind:
    """An annotation without `Annotated` and `| None`."""
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        slot = next((mark for mark in marks if isinstance(mark, Slot)), None)
        return _Kind(inner, slot) if slot else _plain(inner)
    if get_origin(annotation) in (Union, type(int | str)):
        some = [member for member in get_args(annotation) if member is not NoneType]
        return _plain(some[0]) if len(some) == 1 else _Kind(None)
    return _Kind(annotation)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
