"""System diagrams: the system from five sides, and what each box is."""

from collections.abc import Iterator

from mlwright.architect.documents import Document
from mlwright.architect.documents._subject import Subject
from mlwright.architect.views import all_views
from mlwright.architect.writing.blocks import Block, Code, Figure, Heading, Paragraph, Row, Table
from mlwright.architect.writing.proofs import Stated


def _write(subject: Subject) -> Iterator[Block]:
    yield Paragraph(
        ("Every box stands for a place of the blueprint. ", Code("mlwright draw"), " draws the same on a terminal.")
    )
    for view in all_views():
        yield Heading(view.title)
        yield Figure(view.name, f"{subject.blueprint.system.name}: {view.title.lower()}", view.about)
    yield Heading("Components")
    yield Table(("component", "part of", "choice"), tuple(_components(subject)))


def _components(subject: Subject) -> Iterator[Row]:
    graph = all_views()[0].draw(subject.blueprint)
    lanes = {lane.id: lane.title for lane in graph.lanes}
    for node in graph.nodes:
        yield Row((node.title, lanes[node.lane], "; ".join(node.lines)), (Stated(node.path),))


DOCUMENT = Document(
    1,
    "diagrams",
    "1-system-diagrams",
    "System diagrams",
    "Overview, data flow, serving path, trust boundaries and deployment, drawn from the blueprint.",
    _write,
)
