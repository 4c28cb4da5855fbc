"""The JSON Schema of a blueprint, for editors: completion, hints, and red lines before anything runs."""

import re
from typing import Any

from mlwright.blueprint.model import Blueprint


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the file, with the parts that are installed here."""
    whole: dict[str, Any] = Blueprint.model_json_schema()
    _describe_all(whole)
    _describe_sections(whole, whole.get("$defs", {}))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole, "title": "mlwright blueprint"}


def _describe_all(node: Any) -> None:
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            _describe(node)
        for value in node.values():
            _describe_all(value)
    elif isinstance(node, list):
        for value in node:
            _describe_all(value)


def _describe_sections(node: Any, definitions: dict[str, Any]) -> None:
    """A field that holds a section is described by the first sentence about that section."""
    if isinstance(node, dict):
        target = definitions.get(str(node.get("$ref", "")).removeprefix("#/$defs/"))
        if target is not None and "description" not in node and "description" in target:
            node["description"] = re.split(r"(?<=\.)\s", " ".join(str(target["description"]).split()))[0]
        for value in node.values():
            _describe_sections(value, definitions)
    elif isinstance(node, list):
        for value in node:
            _describe_sections(value, definitions)


def _describe(definition: dict[str, Any]) -> None:
    """A field without a description gets the sentences of its section's docstring that name it."""
    about = " ".join(str(definition.get("description", "")).split())
    sentences = [part.strip() for part in re.split(r"(?<=[.;])\s+", about)]
    for name, field in definition.get("properties", {}).items():
        naming = [sentence for sentence in sentences if re.search(rf"`{re.escape(name)}[`:]", sentence)]
        if naming and isinstance(field, dict) and "description" not in field:
            field["description"] = " ".join(naming).rstrip(";")
