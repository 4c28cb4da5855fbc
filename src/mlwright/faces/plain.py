"""Values of the house as plain JSON values: what `--json` prints and the API returns."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from mlwright.kernel.clock import stamp
from mlwright.kernel.ids import Ref


def plain(value: Any) -> Any:
    """Dataclasses become objects, references `kind:id`, times ISO 8601 in UTC, numbers that JSON lacks null."""
    if isinstance(value, Ref | Path):
        return str(value)
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int | bool):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return str(value)
