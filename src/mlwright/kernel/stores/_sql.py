"""Reads SQL as far as needed: where strings and comments lie, and where statements and columns begin and end."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<quoted>'(?:[^']|'')*(?:'|\Z)|"(?:[^"]|"")*(?:"|\Z))
      | (?P<word>[^\W\d]\w*)
      | (?P<space>\s+)
      | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
_TYPES = {"text": 'text collate "C"', "blob": "bytea"}


class Token(NamedTuple):
    """A piece of a statement; `kind` is comment, quoted, word, space or mark."""

    kind: str
    text: str


def tokens(sql: str) -> Iterator[Token]:
    """Every character of `sql`, in pieces."""
    for match in _TOKEN.finditer(sql):
        yield Token(match.lastgroup or "mark", match[0])


def split(script: str) -> list[str]:
    """The statements of a script, without comments and without their semicolons."""
    found: list[list[str]] = [[]]
    for kind, text in tokens(script):
        if text == ";":
            found.append([])
        elif kind != "comment":
            found[-1].append(text)
        else:
            found[-1].append(" ")
    return [statement for pieces in found if (statement := "".join(pieces).strip())]


@lru_cache(maxsize=2048)
def percent_s(sql: str) -> str:
    """`?` outside strings and comments becomes `%s`; every `%` is doubled, as psycopg wants it."""
    return "".join("%s" if kind == "mark" and text == "?" else text.replace("%", "%%") for kind, text in tokens(sql))


def postgresql_types(statement: str) -> str:
    """Column types of `create table` and `alter table … add column` in PostgreSQL's words.

    `blob` becomes `bytea`, and `text` compares byte by byte as SQLite's does. Only the word in the place of a type
    is changed, so a column may be called `text`.
    """
    words = [token.text.lower() for token in tokens(statement) if token.kind == "word"][:3]
    if words[:2] == ["create", "table"]:
        return "".join(_with_types(statement, depth_of_columns=1))
    if words[:2] == ["alter", "table"]:
        return re.sub(
            r"(\badd\s+(?:column\s+)?(?:if\s+not\s+exists\s+)?\S+\s+)(text|blob)\b",
            lambda match: match[1] + _TYPES[match[2].lower()],
            statement,
            flags=re.IGNORECASE,
        )
    return statement


def _with_types(statement: str, *, depth_of_columns: int) -> Iterator[str]:
    depth = place = 0  # place: how many words of this column definition were read
    for kind, text in tokens(statement):
        if text == "(":
            depth, place = depth + 1, place if depth else 0
        elif text == ")":
            depth -= 1
        elif text == "," and depth == depth_of_columns:
            place = 0
        elif depth == depth_of_columns and (kind == "word" or text.startswith('"')):
            place += 1
            if place == 2 and text.lower() in _TYPES:
                yield _TYPES[text.lower()]
                continue
        yield text
