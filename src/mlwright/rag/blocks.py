"""Blocks: the paragraphs and list items of a prompt template, and which of them may be tried without."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

_HEADING = re.compile(r"# (System|User)[ \t]*\n?\Z")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,2}[.)])\s")
_OPENS, _CLOSES = re.compile(r"\{%-?\s*(?:if|for)\b"), re.compile(r"\{%-?\s*end(?:if|for)\b")
_CITES = re.compile(r"\bcit(?:e|es|ation|ations)\b|\[(?:\d+|n)\]", re.IGNORECASE)
_GUARDS = re.compile(
    r"\b(?:quoted|untrusted|instructions?|orders?|commands?|inject\w*|ignore|obey|disregard)\b", re.IGNORECASE
)
_EMPTY = re.compile(r"\n{3,}")

Part = Literal["system", "user"]
Why = Literal["", "shows", "abstains", "cites", "guards", "decides"]
"""What a block is needed for: it shows a variable or is a tag around one, says how to abstain or to cite, guards
against what documents order, or decides by a variable; empty where it may go."""


@dataclass(frozen=True, slots=True)
class TemplateBlock:
    """Characters [start, end) of a template. `why` says what it must stay for; empty where it may go."""

    part: Part
    start: int
    end: int
    text: str
    why: Why


def template_blocks(template: str) -> list[TemplateBlock]:
    """The blocks of both parts, in order."""
    found: list[TemplateBlock] = []
    part: Part | None = None
    for start, end in _stretches(template):
        text = template[start:end]
        if heading := _HEADING.match(text):
            part = "system" if heading[1] == "System" else "user"
        elif part is not None and text.strip():
            found.append(TemplateBlock(part, start, end, text.strip(), _why(text, part)))
    return found


def without_blocks(template: str, gone: Collection[TemplateBlock]) -> str:
    """The template without some of its blocks."""
    for block in sorted(gone, key=lambda one: -one.start):
        template = template[: block.start] + template[block.end :]
    return _EMPTY.sub("\n\n", template)


def _stretches(template: str) -> Iterator[tuple[int, int]]:
    """Where blocks start and end: at empty lines and list items outside of `if` and `for`."""
    start = at = depth = 0
    for line in template.splitlines(keepends=True):
        alone = not line.strip() or _HEADING.match(line)
        if depth == 0 and (alone or _ITEM.match(line) or line.startswith("{%")) and at > start:
            yield start, at
            start = at
        depth += len(_OPENS.findall(line)) - len(_CLOSES.findall(line))
        at += len(line)
        if depth == 0 and (alone or line.startswith("{%")):
            yield start, at
            start = at
    if at > start:
        yield start, at


def _why(text: str, part: Part) -> Why:
    if "no_answer" in text:
        return "abstains"
    if _CITES.search(text):
        return "cites"
    if "{{" in text or (part == "user" and "<" in text):
        return "shows"
    if "{%" in text:
        return "decides"
    return "guards" if _GUARDS.search(text) else ""
