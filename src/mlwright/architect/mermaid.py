"""A graph as Mermaid `flowchart` text, for Markdown that a code host renders."""

import re

from mlwright.architect.graph import Edge, Graph, Node


def to_mermaid(graph: Graph) -> str:
    """Lanes become subgraphs; names are made safe, texts are quoted."""
    graph = graph.used
    ids = {node.id: f"n{number}_{re.sub(r'[^A-Za-z0-9]+', '_', node.id)}" for number, node in enumerate(graph.nodes)}
    lines = [f"%% {_comment(graph.title)}", "flowchart LR"]
    for lane in graph.lanes:
        lines.append(f'  subgraph lane_{re.sub(r"[^A-Za-z0-9]+", "_", lane.id)}["{_text(lane.title)}"]')
        lines += [f"    {_node(node, ids)}" for node in graph.nodes if node.lane == lane.id]
        lines.append("  end")
    lines += [f"  {_edge(edge, ids)}" for edge in graph.edges]
    return "\n".join(lines) + "\n"


def _node(node: Node, ids: dict[str, str]) -> str:
    words = "<br/>".join(_text(line) for line in (node.title, *node.lines))
    return f'{ids[node.id]}["{words}"]'


def _edge(edge: Edge, ids: dict[str, str]) -> str:
    label = f'|"{_text(edge.label)}"|' if edge.label else ""
    return f"{ids[edge.source]} {'-.->' if edge.dashed else '-->'}{label} {ids[edge.target]}"


def _text(text: str) -> str:
    """Mermaid reads entity codes with # instead of &."""
    codes = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "\\": "#92;"}
    return "".join(codes.get(letter, letter) for letter in " ".join(text.split()))


def _comment(text: str) -> str:
    return " ".join(text.split())
