"""Changes to a blueprint's text that leave everything else as it stands: comments, order, spelling."""

import difflib
import io
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from mlwright.blueprint.nodes import Loc, join_path, plain_data, split_path
from mlwright.blueprint.reading import read_text
from mlwright.kernel.errors import UserError


@dataclass(frozen=True, slots=True)
class Edit:
    """Set one value. `value` is written as in the file: `240`, `[1%, 100%]`, `{exact: 1h}`; None takes the key out."""

    path: str
    value: str | None

    def __str__(self) -> str:
        return f"{self.path}: {self.value}" if self.value is not None else f"remove {self.path}"


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text of a blueprint with values set or taken out. Raises UserError for a path through a plain value."""
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(text)
    for edit in edits:
        _apply(document, split_path(edit.path), edit, yaml)
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def as_diff(before: str, after: str, name: str, how: str) -> str:
    """What `how` changes in a file, as a unified diff; empty where nothing changes."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, f"{name} ({how})", lineterm="")
    return "\n".join(lines)


def _apply(document: Any, loc: Loc, edit: Edit, yaml: YAML) -> None:
    at: Any = document
    for depth, step in enumerate(loc[:-1]):
        if isinstance(at, MutableMapping) and at.get(step) is None:
            if edit.value is None:
                return
            at[step] = {}
        _container(at, loc[:depth], edit)
        at = at[step]
    _container(at, loc[:-1], edit)
    if edit.value is None:
        at.pop(loc[-1], None)
    else:
        at[loc[-1]] = _value(edit, yaml)


def _container(at: Any, loc: Loc, edit: Edit) -> None:
    if not isinstance(at, MutableMapping | list):
        raise UserError(
            f"{edit.path} leads into {join_path(loc)!r}, which is a plain value", hint="write it as a mapping: {use: …}"
        )


def _value(edit: Edit, yaml: YAML) -> Any:
    """As ruamel keeps it, so that flow style and quotes survive; read by our rules first, so that it is valid."""
    plain_data(read_text(edit.value or "", edit.path))
    return yaml.load(edit.value or "")
