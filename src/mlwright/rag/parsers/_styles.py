"""What the styles and lists of a Word document mean: heading levels, code, quotes, bullets and numbers."""

import re
from dataclasses import dataclass, field

from lxml.etree import _Element as Element

from mlwright.rag.parsers._package import W
from mlwright.rag.types import BlockKind

_HEADING = re.compile(r"heading ?(\d)", re.I)
_DEEPEST_STYLE = 12


@dataclass(frozen=True, slots=True)
class Style:
    """`level` is 0 for what is no heading; `numbering` is (list, depth) where the style itself makes a list."""

    level: int = 0
    kind: BlockKind = "paragraph"
    is_title: bool = False
    numbering: tuple[str, int] | None = None


_PLAIN = Style()


@dataclass(frozen=True, slots=True)
class Styles:
    """Styles of paragraphs by id."""

    known: dict[str, Style] = field(default_factory=dict)

    @classmethod
    def of(cls, part: Element | None) -> "Styles":
        elements = {one.get(f"{W}styleId") or "": one for one in (part.iter(f"{W}style") if part is not None else ())}
        return cls({name: _style(name, elements, 0) for name in elements})

    def of_paragraph(self, paragraph: Element) -> Style:
        style = self._named(paragraph)
        outline = _value(paragraph, f"{W}pPr/{W}outlineLvl")
        level = int(outline) + 1 if outline.isdigit() and int(outline) < 9 else style.level
        return Style(min(level, 6), style.kind, style.is_title, style.numbering)

    def numbering(self, paragraph: Element) -> tuple[str, int] | None:
        """(list, depth) of an item; None for what is none."""
        number = _value(paragraph, f"{W}pPr/{W}numPr/{W}numId")
        depth = _value(paragraph, f"{W}pPr/{W}numPr/{W}ilvl")
        if number:
            return None if number == "0" else (number, _depth(depth))
        return self._named(paragraph).numbering

    def _named(self, paragraph: Element) -> Style:
        name = _value(paragraph, f"{W}pPr/{W}pStyle")
        return self.known.get(name) or (_by_name(name) if name else _PLAIN)


def _style(name: str, elements: dict[str, Element], deep: int) -> Style:
    element = elements.get(name)
    if element is None or deep > _DEEPEST_STYLE:
        return _PLAIN
    own = _by_name(_value(element, f"{W}name"))
    outline = _value(element, f"{W}pPr/{W}outlineLvl")
    if outline.isdigit() and int(outline) < 9 and not own.level:
        own = Style(int(outline) + 1)
    number = _value(element, f"{W}pPr/{W}numPr/{W}numId")
    if number and number != "0":
        own = Style(own.level, own.kind, own.is_title, (number, _depth(_value(element, f"{W}pPr/{W}numPr/{W}ilvl"))))
    if own != _PLAIN:
        return own
    return _style(_value(element, f"{W}basedOn"), elements, deep + 1)


def _by_name(name: str) -> Style:
    found = _HEADING.fullmatch(name.strip())
    if found:
        return Style(min(6, max(1, int(found[1]))))
    words = name.lower()
    if words == "title":
        return Style(1, is_title=True)
    if words == "subtitle":
        return Style(2)
    if "code" in words or "preformatted" in words or words == "plain text":
        return Style(kind="code")
    return Style(kind="quote") if "quote" in words else _PLAIN


@dataclass(slots=True)
class Lists:
    """The marks of list items: a hyphen for bullets, a counted number for the rest."""

    bullets: dict[tuple[str, int], bool] = field(default_factory=dict)
    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    @classmethod
    def of(cls, part: Element | None) -> "Lists":
        if part is None:
            return cls()
        formats = {
            (one.get(f"{W}abstractNumId") or "", _depth(level.get(f"{W}ilvl") or "")): _value(level, f"{W}numFmt")
            for one in part.iter(f"{W}abstractNum")
            for level in one.iter(f"{W}lvl")
        }
        bullets: dict[tuple[str, int], bool] = {}
        for one in part.iter(f"{W}num"):
            number, kind = one.get(f"{W}numId") or "", _value(one, f"{W}abstractNumId")
            bullets |= {
                (number, depth): form in ("bullet", "none") for (of, depth), form in formats.items() if of == kind
            }
        return cls(bullets)

    def mark(self, number: str, depth: int) -> str:
        """The mark of the next item of a list, with a space; deeper lists begin anew."""
        if self.bullets.get((number, depth), True):
            return "- "
        self.counts = {place: count for place, count in self.counts.items() if place[0] != number or place[1] <= depth}
        self.counts[number, depth] = self.counts.get((number, depth), 0) + 1
        return f"{self.counts[number, depth]}. "


def _value(element: Element, path: str) -> str:
    found = element.find(path)
    return (found.get(f"{W}val") or "") if found is not None else ""


def _depth(text: str) -> int:
    return min(8, int(text)) if text.isascii() and text.isdigit() and len(text) < 4 else 0
