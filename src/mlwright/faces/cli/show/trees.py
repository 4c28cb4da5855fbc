"""Lineage on the terminal: a tree of what a thing was made from, and what it touched by kind."""

from collections.abc import Mapping, Sequence

from rich.text import Text
from rich.tree import Tree

from mlwright.app import Node
from mlwright.faces.cli.show.console import console
from mlwright.kernel.lineage import Described

MANY = 12
"""Children of one kind of edge that are listed before the rest is counted."""


def tree(root: Node) -> None:
    """The walk as an indented tree."""
    drawn = Tree(_label(root), guide_style="quiet")
    _grow(drawn, root)
    console.print(drawn)


def _grow(branch: Tree, node: Node) -> None:
    shown: dict[str, int] = {}
    for child in node.children:
        shown[child.how] = shown.get(child.how, 0) + 1
        if shown[child.how] <= MANY:
            _grow(branch.add(_label(child)), child)
    for how, count in shown.items():
        if count > MANY:
            branch.add(Text(f"{how}: {count - MANY} more", style="quiet"))


def _label(node: Node) -> Text:
    text = Text()
    if node.how:
        text.append(f"{node.how} ", style="quiet")
    text.append(node.label, style="name")
    facts = " · ".join(f"{key} {value}" if key else value for key, value in node.facts.items())
    if facts:
        text.append(f"  {facts}", style="quiet")
    if node.again:
        text.append("  (as above)", style="quiet")
    return text


def kinds(found: Mapping[str, Sequence[Described]]) -> None:
    """How many things of each kind were touched."""
    if not found:
        console.print(Text("nothing was made from it", style="quiet"))
    for kind, things in found.items():
        console.print(Text.assemble((f"{len(things):>6} ", "name"), kind + ("s" if len(things) != 1 else "")))
