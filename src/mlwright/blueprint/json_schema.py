"""The JSON Schema of a blueprint, for editors: completion, hints, and red lines before anything runs."""

import re
from typing import Any

from mlwright.blueprint.model import Blueprint


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the file, with the parts that are installed here."""
    whole: dict[str, Any] = Blueprint.model_json_schema()
    shared = whole.setdefault("$defs", {})
    _lift(whole, shared, top=True)
    for definition in [whole, *shared.values()]:
        _describe(definition)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole, "title": "mlwright blueprint"}


def _lift(node: Any, shared: dict[str, Any], *, top: bool = False) -> None:
    """Each part brings definitions of its own; references lead to the top, so that is where they must stand."""
    if isinstance(node, dict):
        if not top and "$defs" in node:
            for name, definition in node.pop("$defs").items():
                shared.setdefault(name, definition)
                _lift(definition, shared)
        if "properties" in node and "anyOf" not in node:
            _describe(node)
        for value in list(node.values()):
            _lift(value, shared)
    elif isinstance(node, list):
        for value in node:
            _lift(value, shared)


def _describe(definition: dict[str, Any]) -> None:
    """A field without a description gets the sentences of its section's docstring that name it."""
    about = " ".join(str(definition.get("description", "")).split())
    sentences = [part.strip() for part in re.split(r"(?<=[.;])\s+", about)]
    for name, field in definition.get("properties", {}).items():
        naming = [sentence for sentence in sentences if re.search(rf"`{re.escape(name)}[`:]", sentence)]
        if naming and "description" not in field:
            field["description"] = " ".join(naming).rstrip(";")
