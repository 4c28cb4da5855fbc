"""Fields that the place of a document gives: `guides/{product}/**` makes `product` of the folder below `guides`."""

import re
from collections.abc import Mapping
from functools import cache

from mlwright.rag.types import MetaValue

_PIECE = re.compile(r"\*\*/|\*\*|\*|\?|\{\w+\}|.", re.S)


def check_pattern(field: str, pattern: str) -> None:
    """Raises ValueError where the pattern does not name its field exactly once."""
    named = re.findall(r"\{(.*?)\}", pattern)
    if named != [field] or not field.isidentifier():
        raise ValueError(f"the pattern {pattern!r} of field {field!r} has to name it once, as in folder/{{{field}}}/**")


def placed(patterns: Mapping[str, str], key: str) -> dict[str, MetaValue]:
    """The fields of a document by its key, where the pattern matches it. `acl` and `tags` are a set of one."""
    found = {field: _compiled(pattern).fullmatch(key) for field, pattern in patterns.items()}
    values = {field: match[field] for field, match in found.items() if match is not None}
    return {field: (value,) if field in ("acl", "tags") else value for field, value in values.items()}


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(map(_expression, _PIECE.findall(pattern))), re.S)


def _expression(piece: str) -> str:
    """`**` goes over folders, `*`, `?` and a field stay within one."""
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    if piece in known:
        return known[piece]
    return f"(?P<{piece[1:-1]}>[^/]+)" if piece.startswith("{") and len(piece) > 1 else re.escape(piece)
