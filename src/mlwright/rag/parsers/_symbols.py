"""Finds the symbols of languages with braces, and of any other by indent, without knowing their grammar.

One pass over the characters keeps track of strings, comments and braces. What stands before an opening brace, back to
the end of the statement before it, heads a symbol where it names a container (`class`, `impl`, `namespace` …) or takes
arguments; only containers are entered. In a language without braces, a line at the margin with indented lines below it
heads them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlwright.rag.types import Block

_CONTAINERS = {
    "class", "struct", "interface", "trait", "impl", "enum", "namespace", "module", "mod", "object", "extension",
    "protocol", "record", "union", "extern", "contract",
}  # fmt: skip
_CONTROL = {
    "if", "else", "for", "while", "switch", "match", "do", "try", "catch", "finally", "with", "return", "loop",
    "unsafe", "select", "case", "default", "synchronized", "using", "lock", "foreach", "guard", "defer", "when",
}  # fmt: skip
_DEEPEST, _LONGEST_HEAD = 4, 400


@dataclass(frozen=True, slots=True)
class Marks:
    """How a language begins comments to the end of a line, other comments, and strings."""

    line: tuple[str, ...]
    block: tuple[tuple[str, str], ...]
    strings: str


@dataclass(frozen=True, slots=True)
class _Head:
    start: int
    end: int
    level: int


def blocks_of(text: str, marks: Marks) -> tuple[Block, ...]:
    """Headings where symbols begin, code between them."""
    heads = list(_by_braces(text, marks)) or list(_by_indent(text, marks))
    return tuple(_blocks(text, heads))


def with_code(text: str, heads: Sequence[tuple[int, int, int]]) -> tuple[Block, ...]:
    """Blocks from (start, end, level) of headings in order."""
    return tuple(_blocks(text, [_Head(*head) for head in heads]))


def _blocks(text: str, heads: Sequence[_Head]) -> Iterator[Block]:
    at = 0
    for head in heads:
        yield from _code(text, at, head.start)
        yield Block("heading", head.start, head.end, head.level)
        at = head.end
    yield from _code(text, at, len(text))


def _code(text: str, start: int, end: int) -> Iterator[Block]:
    """The stretch as code blocks, parted by blank lines; indent counts."""
    at = start
    opened = -1
    last = start
    for line in text[start:end].splitlines(keepends=True):
        if line.strip():
            opened = at if opened < 0 else opened
            last = at + len(line.rstrip())
        elif opened >= 0:
            yield Block("code", opened, last)
            opened = -1
        at += len(line)
    if opened >= 0:
        yield Block("code", opened, last)


def _by_braces(text: str, marks: Marks) -> Iterator[_Head]:
    braces: list[tuple[bool, int]] = []  # of each open brace: is it a container's, and how many brackets stood open
    statement, brackets = 0, 0
    for at, character in _structure(text, marks):
        if character in "([":
            brackets += 1
        elif character in ")]":
            brackets = max(0, brackets - 1)
        elif character == ";" and not brackets:
            statement = at + 1
        elif character == "{":
            head, container = (None, False) if brackets else _head(text, statement, at, marks)
            if head is not None and all(entered for entered, _ in braces) and len(braces) < _DEEPEST:
                yield _Head(head[0], head[1], len(braces) + 1)
            braces.append((container, brackets))
            statement, brackets = (statement, 0) if brackets else (at + 1, 0)
        elif character == "}" and braces:
            _, brackets = braces.pop()
            statement = statement if brackets else at + 1


def _head(text: str, start: int, end: int, marks: Marks) -> tuple[tuple[int, int] | None, bool]:
    """The place of the words before a brace, where they head a symbol; and whether that is a container."""
    first = _last_lines(text, _past_comments(text, start, end, marks), end)
    words = text[first:end].rstrip()
    if not words or len(words) > _LONGEST_HEAD:
        return None, False
    bare = _words(words)
    container = not _CONTAINERS.isdisjoint(bare) and "=" not in words
    called = "(" in words and not (bare and bare[0] in _CONTROL)
    named = called and ("=" not in words.split("(")[0] or "=>" in words or "function" in bare)
    typed = bool(bare) and bare[0] in ("type", "create", "func", "fn", "def", "fun")
    return ((first, first + len(words)) if container or named or typed else None), container


def _last_lines(text: str, start: int, end: int) -> int:
    """Where the statement begins that ends at `end`, in languages that end one with the line: its last line, with those
    that it continues (open brackets, deeper indent) and the annotations above it."""
    lines, at, depth = [], start, 0
    for line in text[start:end].rstrip().split("\n"):
        margin = at - (text.rfind("\n", 0, at) + 1)
        lines.append(
            (at + len(line) - len(line.lstrip()), margin + len(line) - len(line.lstrip()), depth, line.strip())
        )
        depth += sum(line.count(one) for one in "([") - sum(line.count(one) for one in ")]")
        at += len(line) + 1
    last = len(lines) - 1
    while last and (lines[last][2] > 0 or _continues(lines[last][3], lines[last][1] - lines[last - 1][1])):
        last -= 1
    while last and lines[last - 1][3].startswith(("@", "#[", "template")):
        last -= 1
    return lines[last][0]


def _continues(words: str, deeper: int) -> bool:
    return deeper > 0 or words.startswith(("where", "throws ", "extends ", "implements ", ":"))


def _words(source: str) -> list[str]:
    return "".join(letter if letter.isalnum() or letter == "_" else " " for letter in source).lower().split()


def _past_comments(text: str, start: int, end: int, marks: Marks) -> int:
    """The first character of the statement that is neither blank nor comment."""
    at = start
    while at < end:
        if text[at].isspace():
            at += 1
        elif (closing := _comment_end(text, at, marks)) > at:
            at = closing
        else:
            break
    return min(at, end)


def _comment_end(text: str, at: int, marks: Marks) -> int:
    for opening in marks.line:
        if text.startswith(opening, at):
            end = text.find("\n", at)
            return len(text) if end < 0 else end + 1
    for opening, closing in marks.block:
        if text.startswith(opening, at):
            end = text.find(closing, at + len(opening))
            return len(text) if end < 0 else end + len(closing)
    return at


def _structure(text: str, marks: Marks) -> Iterator[tuple[int, str]]:
    """The braces, brackets and semicolons that stand neither in a string nor in a comment."""
    openings = {opening[0] for opening in marks.line} | {opening[0] for opening, _ in marks.block}
    at, size = 0, len(text)
    while at < size:
        character = text[at]
        if character in openings and (end := _comment_end(text, at, marks)) > at:
            at = end
        elif character in marks.strings:
            at = _string_end(text, at, character)
        else:
            if character in "{}()[];":
                yield at, character
            at += 1


def _string_end(text: str, at: int, quote: str) -> int:
    """Behind the closing quote. A string that its line does not close is none: an apostrophe, or a lifetime."""
    start, at = at, at + 1
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == quote:
            return at + 1
        elif text[at] == "\n" and quote != "`":
            return start + 1
        else:
            at += 1
    return start + 1


def _by_indent(text: str, marks: Marks) -> Iterator[_Head]:
    """Lines at the margin that indented lines follow."""
    at, before = 0, (-1, -1)
    for line in text.splitlines(keepends=True):
        words = line.strip()
        if words and line[0].isspace():
            if before[0] >= 0:
                yield _Head(*before, 1)
            before = (-1, -1)
        elif words:
            plain = words.startswith(marks.line) or words[0] in ")}]" or words.lower() in ("end", "fi", "done")
            before = (-1, -1) if plain else (at, at + len(line.rstrip()))
        at += len(line)
