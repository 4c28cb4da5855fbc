"""Lineage on the terminal: a tree of what a thing was made from, and what it touched by kind."""

from collections.abc import Mapping, Sequence

from rich.text import Text
from rich.tree import Tree

from mlwright.app import Node
from mlwright.faces.cli.show.console import console
from mlwright.kernel.lineage import Described

MANY, SEEN = 12, 2
"""Children of one kind of edge that are listed before the rest is counted; fewer of what was only seen."""


LONG = ("text", "question", "answer")
"""Facts that are pages rather than words; the web pages show them."""
WIDE = 60
"""Characters of a fact that are shown."""


def tree(root: Node) -> None:
    """The walk as an indented tree."""
    drawn = Tree(_label(root), guide_style="quiet")
    _grow(drawn, root)
    console.print(drawn)


def _grow(branch: Tree, node: Node) -> None:
    shown: dict[str, int] = {}
    for child in node.children:
        shown[child.how] = shown.get(child.how, 0) + 1
        if shown[child.how] <= _most(child.how):
            _grow(branch.add(_label(child)), child)
    for how, count in shown.items():
        if count > _most(how):
            branch.add(Text(f"{how} {count - _most(how)} more", style="quiet"))


def _most(how: str) -> int:
    return SEEN if how == "saw" else MANY


def _label(node: Node) -> Text:
    text = Text()
    if node.how:
        text.append(f"{node.how} ", style="quiet")
    text.append(node.label, style="name")
    facts = " · ".join(f"{key} {_short(value)}" for key, value in node.facts.items() if key not in LONG)
    if facts:
        text.append(f"  {facts}", style="quiet")
    if node.again:
        text.append("  (as above)", style="quiet")
    return text


def _short(value: str) -> str:
    flat = " ".join(value.split())
    return flat if len(flat) <= WIDE else flat[: WIDE - 1] + "…"


def kinds(found: Mapping[str, Sequence[Described]]) -> None:
    """How many things of each kind were touched."""
    if not found:
        console.print(Text("nothing was made from it", style="quiet"))
    for kind, things in found.items():
        console.print(Text.assemble((f"{len(things):>6} ", "name"), kind + ("s" if len(things) != 1 else "")))
