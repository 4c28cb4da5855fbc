"""Plain data to YAML text that reads back as the same data: short lists and mappings on one line, the rest indented."""

import json
import re
from collections.abc import Mapping
from typing import Any

from mlwright.blueprint.scalars import meaning

WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z0-9_./$+-](?:[A-Za-z0-9_./$<>=@+ -]*[A-Za-z0-9_./$%+-])?")


def to_yaml(data: Mapping[str, Any]) -> str:
    """A YAML 1.2 document. Keys keep their order."""
    return "".join(f"{line}\n" for key, value in data.items() for line in _entry(key, value, 0))


def _entry(key: str, value: Any, indent: int) -> list[str]:
    head = f"{' ' * indent}{scalar(key)}:"
    flow = f"{head} {_flow(value)}"
    if not isinstance(value, Mapping | list) or not value or (indent and len(flow) <= WIDTH and _shallow(value)):
        return [flow]
    if isinstance(value, list):
        return [head, *(f"{' ' * indent}  - {_flow(item)}" for item in value)]
    return [head, *(line for name, item in value.items() for line in _entry(name, item, indent + 2))]


def _shallow(value: Any) -> bool:
    """Holds no mapping of its own below: such a value is read well on one line."""
    items = value.values() if isinstance(value, Mapping) else value
    return not any(isinstance(item, Mapping) and item for item in items)


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """One value as a YAML word: plain where that is safe, else in quotes."""
    if isinstance(value, str):
        safe = _PLAIN.fullmatch(value) and meaning(value) == value and not value.startswith(("- ", "---", "..."))
        return value if safe and value != "-" else quoted(value)
    if isinstance(value, float):
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(repr(float(value)), repr(float(value)))
    return json.dumps(value)


def quoted(text: str) -> str:
    """A text in double quotes. JSON's escapes are YAML's; what YAML does not allow as it is gets one."""
    escaped = json.dumps(text, ensure_ascii=False)
    return re.sub(r"[\x7f-\x84\x86-\x9f\x85\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]", _escape, escaped)


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
