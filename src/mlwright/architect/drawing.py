"""Draw: a blueprint from one side, as SVG, as Mermaid text, or as text for a terminal."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from mlwright.architect.graph import Graph, Node
from mlwright.architect.mermaid import to_mermaid
from mlwright.architect.svg import to_svg
from mlwright.architect.terminal import to_text
from mlwright.architect.views import View, all_views
from mlwright.blueprint import Blueprint
from mlwright.kernel.errors import NotFound

Form = Literal["svg", "mermaid", "text"]


def draw(
    blueprint: Blueprint,
    view: str = "overview",
    form: Form = "svg",
    *,
    hrefs: Mapping[str, str] | None = None,
    lines: str = "",
    standalone: bool = True,
    width: int | None = None,
) -> str:
    """One view of the system in swim lanes.

    A box leads to `hrefs[path]`, where `path` is what it stands for in the blueprint; else to its line in the file,
    where `lines` is the address without the number, as in `mlwright.yaml#L`; else to `#path`. `standalone=False`
    leaves the styles out of an SVG, for pages whose style sheet holds them. A text is a drawing where that fits into
    `width` columns, else a list. Raises NotFound for an unknown view."""
    graph = linked(view_named(view).draw(blueprint), blueprint, hrefs or {}, lines)
    if form == "mermaid":
        return to_mermaid(graph)
    return to_text(graph, width) if form == "text" else to_svg(graph, standalone=standalone)


def view_named(name: str) -> View:
    """Raises NotFound that lists the known ones."""
    for view in all_views():
        if view.name == name:
            return view
    known = ", ".join(view.name for view in all_views())
    raise NotFound(f"there is no view {name!r}", hint=f"choose one of: {known}")


def linked(graph: Graph, blueprint: Blueprint, hrefs: Mapping[str, str], lines: str) -> Graph:
    """The graph with boxes that lead somewhere."""

    def led(node: Node) -> Node:
        if not node.path:
            return node
        if node.path in hrefs:
            return replace(node, href=hrefs[node.path])
        line = blueprint.place(node.path).line
        return replace(node, href=f"{lines}{line}" if lines and line else f"#{node.path}")

    return replace(graph, nodes=tuple(map(led, graph.nodes)))
