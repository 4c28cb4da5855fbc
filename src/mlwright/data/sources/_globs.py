"""Patterns of files: `**`, `*`, `?`, `[a-z]` and `{pdf,md}`, matched part by part so that a walk can skip folders.

A wildcard does not match a leading dot (hidden files), a part that itself starts with a dot does. `**` stands alone in
its part and matches any number of folders that are not hidden. Capital letters are told from small ones, everywhere.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

_MOST_ALTERNATIVES = 1000
_MAGIC = re.compile(r"[*?\[{]")
ANYWHERE = "**"


def has_magic(part: str) -> bool:
    return _MAGIC.search(part) is not None


def expand(pattern: str) -> list[str]:
    """`a.{md,{x,y}}` to `a.md`, `a.x`, `a.y`. Braces without a comma, or without a partner, stand for themselves.

    Raises ValueError for a pattern that means more than 1,000 patterns."""
    done: list[str] = []
    waiting = [(pattern, 0)]
    while waiting:
        text, start = waiting.pop()
        braces = _first_braces(text, start)
        if braces is None:
            done.append(text)
        else:
            opening, closing, choices = braces
            if choices is None:
                waiting.append((text, opening + 1))
            else:
                waiting.extend((text[:opening] + choice + text[closing + 1 :], opening) for choice in reversed(choices))
        if len(done) + len(waiting) > _MOST_ALTERNATIVES:
            raise ValueError(f"{pattern!r} means more than {_MOST_ALTERNATIVES} patterns; write fewer braces")
    return list(dict.fromkeys(done))


def _first_braces(text: str, start: int) -> tuple[int, int, list[str] | None] | None:
    """The first `{` from `start`, its partner and the choices between; no choices where it stands for itself."""
    opening = text.find("{", start)
    if opening < 0:
        return None
    depth, cuts = 0, [opening]
    for at in range(opening, len(text)):
        if text[at] == "{":
            depth += 1
        elif text[at] == "}":
            depth -= 1
            if depth == 0:
                cuts.append(at)
                choices = [text[left + 1 : right] for left, right in pairwise(cuts)]
                return opening, at, choices if len(choices) > 1 else None
        elif text[at] == "," and depth == 1:
            cuts.append(at)
    return opening, opening, None


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern without braces, cut at its slashes; None stands for `**`."""

    parts: tuple[re.Pattern[str] | None, ...]

    @classmethod
    def of(cls, pattern: str) -> "Glob":
        return cls(tuple(None if part == ANYWHERE else _compiled(part) for part in pattern.split("/")))

    def start(self) -> frozenset[int]:
        """Where a walk stands before its first part."""
        return self._open({0})

    def step(self, states: frozenset[int], name: str) -> frozenset[int]:
        """Where it stands after `name`; empty where nothing below can match."""
        after = set[int]()
        for state in states:
            if state == len(self.parts):
                continue
            part = self.parts[state]
            if part is None:
                if not name.startswith("."):
                    after.add(state)
            elif part.fullmatch(name):
                after.add(state + 1)
        return self._open(after)

    def ends(self, states: frozenset[int]) -> bool:
        return len(self.parts) in states

    def _open(self, states: set[int]) -> frozenset[int]:
        """`**` may also match nothing: then the walk already stands behind it."""
        reached = set(states)
        for state in sorted(states):
            while state < len(self.parts) and self.parts[state] is None:
                state += 1
                reached.add(state)
        return frozenset(reached)


@dataclass(frozen=True, slots=True)
class Globs:
    """Several patterns walked at once."""

    globs: tuple[Glob, ...]

    @classmethod
    def of(cls, patterns: list[str]) -> "Globs":
        composed = [unicodedata.normalize("NFC", pattern) for pattern in patterns]
        return cls(tuple(Glob.of(plain) for pattern in composed for plain in expand(pattern)))

    def start(self) -> tuple[frozenset[int], ...]:
        return tuple(glob.start() for glob in self.globs)

    def step(self, states: tuple[frozenset[int], ...], name: str) -> tuple[frozenset[int], ...]:
        return tuple(glob.step(state, name) for glob, state in zip(self.globs, states, strict=True))

    def ends(self, states: tuple[frozenset[int], ...]) -> bool:
        return any(glob.ends(state) for glob, state in zip(self.globs, states, strict=True))

    def matches(self, key: str) -> bool:
        """Whether the whole `key`, a path with forward slashes, matches one of the patterns."""
        states = self.start()
        for name in key.split("/"):
            states = self.step(states, name)
        return self.ends(states)


def _compiled(part: str) -> re.Pattern[str]:
    """The regular expression of one part; a `[` without its partner stands for itself."""
    pieces, at = [] if part.startswith(".") else [r"(?!\.)" if has_magic(part[:1]) else ""], 0
    while at < len(part):
        sign = part[at]
        at += 1
        if sign == "*":
            pieces.append(".*")
        elif sign == "?":
            pieces.append(".")
        elif sign == "[" and (closing := part.find("]", at + 1 + (part[at : at + 1] in "!^"))) > 0:
            pieces.append(_choice(part[at:closing]))
            at = closing + 1
        else:
            pieces.append(re.escape(sign))
    return re.compile("".join(pieces), re.DOTALL)


def _choice(inside: str) -> str:
    """`a-z` or `!a-z`, as found between square brackets."""
    negated = inside[0] in "!^"
    body = inside[negated:]
    pieces, at = list[str](), 0
    while at < len(body):
        if body[at + 1 : at + 2] == "-" and at + 2 < len(body):
            low, high = body[at], body[at + 2]
            pieces.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else "")
            at += 3
        else:
            pieces.append(re.escape(body[at]))
            at += 1
    chosen = "".join(pieces)
    if not chosen:  # only empty ranges, as in [z-a]
        return "." if negated else r"(?!)"
    return f"[{'^' if negated else ''}{chosen}]"
