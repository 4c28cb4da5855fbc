"""Drawings of a terminal: every line is straight, every box is whole, and what does not fit is told as a list."""

from hypothesis import given, settings

from architect.test_draw import graphs
from mlwright.architect.graph import Edge, Graph, Lane, Node
from mlwright.architect.terminal import _drawing, columns, to_text

LANES = (Lane("a", "Above"), Lane("b", "Below"))
NODES = (
    Node("x", "a", "first", ("one line",)),
    Node("y", "a", "second"),
    Node("z", "b", "third", ("a text that is far too long for its box",)),
)
EDGES = (Edge("x", "y", "reads"), Edge("x", "z", dashed=True))


def graph(**changes: object) -> Graph:
    return Graph(
        **(
            {"name": "g", "title": "a drawing", "description": "", "lanes": LANES, "nodes": NODES, "edges": EDGES}
            | changes
        )
    )  # type: ignore[arg-type]


def test_boxes_and_arrows() -> None:
    assert (
        to_text(graph())
        == """a drawing


       ┌──────────┐              ┌──────────────────────────┐
Above  │ first    ├────── reads ▶│ second                   │
       │ one line ├╌╌╌┐          └──────────────────────────┘
       └──────────┘   ╎
                      ╎
                      ╎
                      ╎          ┌──────────────────────────┐
Below                 ╎          │ third                    │
                      └╌╌╌╌╌╌╌╌╌▶│ a text that is far too … │
                                 └──────────────────────────┘
"""
    )


def test_a_narrow_terminal_gets_titles_then_a_list() -> None:
    titles = to_text(graph(), width=50)
    assert "one line" not in titles
    assert "│ first ├" in titles
    assert to_text(graph(), width=20).splitlines()[2:] == [
        "Above", "  first · one line", "    ─▶ second (reads)", "    ╌▶ third", "  second",
        "Below", "  third · a text that is far too long for its box",
    ]  # fmt: skip


def test_letters_that_take_two_columns_and_those_that_take_none_keep_the_frame() -> None:
    named = graph(nodes=(Node("x", "a", "検索", ("é\u0301\x1b[31m",)), Node("y", "b", "b")), edges=())
    lines = to_text(named).splitlines()
    assert "\x1b" not in to_text(named)
    assert len({columns(line) for line in lines if "│" in line or "┌" in line}) <= 2


@settings(deadline=None)
@given(graphs())
def test_every_box_is_whole(drawn: Graph) -> None:
    used = drawn.used
    text = "\n".join(_drawing(used))
    assert text.count("▶") == len([edge for edge in used.edges if edge.source != edge.target])
    for node in used.nodes:
        assert node.title in text
