"""`${NAME}` in secret fields: found after validation, read from the environment, never shown."""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from mlwright.blueprint.nodes import Loc, Node, join_path, place_of, replaced
from mlwright.blueprint.problems import Problem

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def variables(model: BaseModel, root: Node) -> tuple[dict[Loc, str], list[Problem]]:
    """The environment variable behind each secret field that names one, and `${…}` written where none is allowed."""
    found: dict[Loc, str] = {}
    problems: list[Problem] = []
    for loc, value in leaves(model):
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not isinstance(text, str) or "${" not in text:
            continue
        match = _VARIABLE.fullmatch(text)
        if isinstance(value, SecretStr) and match:
            found[loc] = match[1]
        elif isinstance(value, SecretStr):
            hint = "write the variable alone, as in api_key: ${OPENAI_API_KEY}"
            problems.append(Problem(place_of(root, loc), join_path(loc), "is not the name of a variable", hint))
        else:
            hint = "environment variables are for secrets; `--set path=value` and `targets` change other fields"
            problems.append(Problem(place_of(root, loc), join_path(loc), "takes no ${…}: it is not a secret", hint))
    return found, problems


def unset(found: Mapping[Loc, str], root: Node) -> list[Problem]:
    """A problem for each variable that the environment lacks."""
    return [
        Problem(place_of(root, loc), join_path(loc), f"the environment variable {name} is not set", f"export {name}=…")
        for loc, name in found.items()
        if not os.environ.get(name)
    ]


def filled(data: Any, found: Mapping[Loc, str]) -> Any:
    """A copy of the data with the variables' values in place; those not set stay as they are written."""
    for loc, name in found.items():
        if name in os.environ:
            data = replaced(data, loc, os.environ[name])
    return data


def leaves(value: Any, loc: Loc = ()) -> Iterator[tuple[Loc, Any]]:
    """Every plain value in a model, with the way to it."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from leaves(getattr(value, name), (*loc, name))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from leaves(item, (*loc, name))
    elif isinstance(value, tuple | list):
        for number, item in enumerate(value):
            yield from leaves(item, (*loc, number))
    else:
        yield loc, value
