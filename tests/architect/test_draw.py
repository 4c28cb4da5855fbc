"""Drawings: nothing overlaps, no arrow crosses a box, and what is drawn can be read aloud."""

from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.architect import Edge, Lane, Node, all_views, draw, draw_graph
from mlwright.architect.drawing import view_named
from mlwright.architect.graph import Graph, ranks
from mlwright.architect.layout import BOX, Layout, laid_out
from mlwright.blueprint import Blueprint, load
from mlwright.kernel.errors import NotFound

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "blueprints"
SVG = "{http://www.w3.org/2000/svg}"


def crossings(layout: Layout) -> list[str]:
    found = []
    for arrow in layout.arrows:
        for (ax, ay), (bx, by) in pairwise(arrow.points):
            left, right, top, bottom = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
            for name, box in layout.boxes.items():
                if left < box.x + BOX and right > box.x and top < box.y + box.height and bottom > box.y:
                    found.append(f"{arrow.edge.source} -> {arrow.edge.target} crosses {name}")
    return found


def overlaps(layout: Layout) -> list[str]:
    return [
        f"{one.node.id} {two.node.id}"
        for one, two in combinations(layout.boxes.values(), 2)
        if one.x < two.x + BOX and two.x < one.x + BOX and one.y < two.y + two.height and two.y < one.y + one.height
    ]


@st.composite
def graphs(draw_from: st.DrawFn) -> Graph:
    lanes = tuple(Lane(str(number), f"Lane {number}") for number in range(draw_from(st.integers(1, 5))))
    count = draw_from(st.integers(1, 12))
    lane = st.sampled_from([lane.id for lane in lanes])
    lines = st.lists(st.text(max_size=8), max_size=3).map(tuple)
    nodes = tuple(Node(f"n{n}", draw_from(lane), f"box {n}", draw_from(lines)) for n in range(count))
    name = st.sampled_from([node.id for node in nodes] + ["nobody"])
    edges = draw_from(st.lists(st.builds(Edge, name, name, st.sampled_from(["", "cites", "built from"])), max_size=20))
    return Graph("g", "g", "", lanes, nodes, tuple(dict.fromkeys(edges)))


@settings(deadline=None)
@given(graphs())
def test_nothing_overlaps_and_no_arrow_crosses_a_box(graph: Graph) -> None:
    layout = laid_out(graph)
    assert crossings(layout) == []
    assert overlaps(layout) == []
    for box in layout.boxes.values():
        assert 0 <= box.x <= layout.width - BOX
        assert 0 <= box.y <= layout.height - box.height
    for arrow in layout.arrows:
        assert all(0 <= x <= layout.width and 0 <= y <= layout.height for x, y in arrow.points)
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(arrow.points))


@pytest.mark.parametrize("view", [view.name for view in all_views()])
@pytest.mark.parametrize("name", ["minimal", "support", "whole", "sins"])
def test_the_examples_are_drawn_cleanly(name: str, view: str) -> None:
    graph = view_named(view).draw(load(EXAMPLES / f"{name}.yaml", secrets=False))
    layout = laid_out(graph)
    assert crossings(layout) == []
    assert overlaps(layout) == []
    ids = [node.id for node in graph.nodes]
    assert len(set(ids)) == len(ids)
    assert {end for edge in graph.edges for end in (edge.source, edge.target)} <= set(ids)
    assert {node.lane for node in graph.nodes} <= {lane.id for lane in graph.lanes}


def test_a_drawing_is_a_document_with_text_links_and_a_description() -> None:
    blueprint = load(EXAMPLES / "support.yaml", secrets=False)
    root = ElementTree.fromstring(draw(blueprint, hrefs={"rag.support.index": "/documents"}))
    assert root.find(f"{SVG}title").text == "support-desk: overview"  # type: ignore[union-attr]
    assert "docs to support: chunk" in (root.find(f"{SVG}desc").text or "")  # type: ignore[union-attr]
    links = {link.get("href") for link in root.iter(f"{SVG}a")}
    assert {"/documents", "#models.chat.writer"} <= links
    assert "support: index" in {text.text for text in root.iter(f"{SVG}text")}
    assert root.find(f"{SVG}style") is not None
    assert "<style" not in draw(blueprint, standalone=False)


def test_hostile_names_stay_text() -> None:
    nodes = [Node('"><script>', "a", "<b>&\"'", ("</svg>",), 'javascript:"<'), Node("b", "a", "B")]
    drawn = draw_graph(nodes, [Edge('"><script>', "b", "<i>")], [Lane("a", "<A>")], title="<t>")
    root = ElementTree.fromstring(drawn)
    assert not list(root.iter(f"{SVG}script"))
    assert "<b>&\"'" in {text.text for text in root.iter(f"{SVG}text")}
    with pytest.raises(ValueError, match="no lane"):
        draw_graph([Node("x", "nowhere", "X")], [], [Lane("a", "A")])


def test_arrows_lead_right_and_circles_end() -> None:
    nodes = [Node(name, "a", name) for name in "abcd"]
    columns = ranks(nodes, [Edge("a", "b"), Edge("b", "c"), Edge("d", "c"), Edge("c", "a")])
    assert columns == {"a": 0, "b": 1, "c": 2, "d": 1}


def test_mermaid_quotes_what_it_must() -> None:
    text = draw(load(EXAMPLES / "support.yaml", secrets=False), form="mermaid")
    assert text.splitlines()[1] == "flowchart LR"
    assert "mrr #gt;= 0.6" in text
    assert '-.->|"fallback"|' in text


@pytest.fixture(scope="module")
def support() -> Blueprint:
    return load(EXAMPLES / "support.yaml", secrets=False)


def test_boxes_lead_to_their_lines(support: Blueprint) -> None:
    text = (EXAMPLES / "support.yaml").read_text(encoding="utf-8").splitlines()
    root = ElementTree.fromstring(draw(support, "serving", lines="../support.yaml#L"))
    links = [str(link.get("href")) for link in root.iter(f"{SVG}a")]
    assert len(links) == 10
    lines = [text[int(link.removeprefix("../support.yaml#L")) - 1] for link in links]
    assert any("writer:" in line or "use: openai" in line for line in lines)
    assert sum("limits:" in line for line in lines) == 1


def test_the_serving_view_shows_what_limits_a_request(support: Blueprint) -> None:
    drawn = draw(support, "serving", "text")
    for said in ("60/min each", "at most 8,000 characters", "exact cache, 1h", "12 places", "wait 5s, then 429",
                 "4s, 1 try", "quotes the passages", "back if error_rate > 2%", "canary at 5%, 25%, 100%"):  # fmt: skip
        assert said in drawn


def test_the_trust_view_says_what_leaves_the_machine(support: Blueprint) -> None:
    graph = view_named("trust").draw(support)
    [writer] = [node for node in graph.nodes if node.id == "models.chat.writer"]
    assert writer.lane == "away openai"
    assert [edge.label for edge in graph.edges if edge.target == writer.id] == ["question, passages"]
    assert "away" not in "".join(lane.id for lane in view_named("trust").draw(load(EXAMPLES / "minimal.yaml")).lanes)


def test_the_deployment_view_shows_targets_and_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ana:hunter2@db.example/acme")
    file = tmp_path / "mlwright.yaml"
    text = (EXAMPLES / "support.yaml").read_text(encoding="utf-8").replace("prompt: prompts/answer.md, ", "")
    file.write_text(text.replace("blobs: s3://acme-support", "blobs: s3://key:word@acme-support?x=y"), encoding="utf-8")
    blueprint = load(file, secrets=False)
    drawn = draw(blueprint, "deployment", "text")
    assert "${DATABASE_URL}" in drawn
    assert "s3://acme-support" in drawn
    assert "limits.concurrency: 24" in drawn
    assert not any(word in drawn for word in ("hunter2", "word", "x=y"))
    assert [lane.title for lane in view_named("deployment").draw(load(file, target="prod", secrets=False)).lanes] == [
        "prod", "Other companies",
    ]  # fmt: skip


def test_an_unknown_view_is_named_with_the_known_ones(support: Blueprint) -> None:
    with pytest.raises(NotFound) as raised:
        draw(support, "backstage")
    assert "overview, data, serving, trust, deployment" in raised.value.hint


def test_a_model_of_another_company_is_shown_with_everything_that_it_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mlwright.yaml"
    file.write_text(
        """system: {name: away}
models:
  embed: {embedder: {use: openai, model: text-embedding-3-small}}
  chat: {writer: {use: openai, model: gpt-4o-mini}}
  rerank: {judge: {use: llm, chat: writer}}
data: {sources: {docs: {use: files, path: docs}}}
rag:
  docs: {documents: docs, situate: {model: writer}, rerank: {model: judge}, retrieve: {rewrite: {use: llm, chat: writer}}}
serving: {endpoints: {answer: {handler: rag.docs, fallback: [writer]}}}
""",
        encoding="utf-8",
    )
    graph = view_named("trust").draw(load(file, secrets=False)).used
    told = {edge.label for edge in graph.edges if edge.target.startswith("models.")}
    assert told == {"chunks, questions", "documents", "question, history", "question, passages", "as fallback"}
    assert crossings(laid_out(graph)) == []
