"""ML Test Score: the 28 tests of Breck et al., each with the record that proves it, or what is missing."""

from collections.abc import Iterator

from mlwright.architect.documents import Document
from mlwright.architect.documents._subject import Subject
from mlwright.architect.readiness import SECTIONS, Score, Tested, score
from mlwright.architect.writing.blocks import Block, Heading, Paragraph, Row, Strong, Table
from mlwright.architect.writing.proofs import Proof, Recorded, Stated, Unproved
from mlwright.kernel.ids import Ref


def _write(subject: Subject) -> Iterator[Block]:
    known = subject.evidence.tests
    found = Score(subject.blueprint.system.name, known) if known else score(subject.blueprint)
    yield Paragraph(
        "Half a point is for what was done by hand and documented, one for what runs by itself again and again. The "
        "least of "
        "the four sections is the score. Nothing is claimed here: a point needs a record that proves it."
    )
    yield Paragraph((Strong(f"{found.total:g}"), f": {found.verdict}."))
    for section in SECTIONS:
        tests = [test for test in found.tests if test.section == section]
        yield Heading(f"{section.capitalize()}: {found.sections[section]:g} of {len(tests)}")
        rows = [Row((f"{one.number}", one.says, f"{one.points:g}", _told(one)), (_proof(one),)) for one in tests]
        yield Table(("no.", "test", "points", "what was seen"), tuple(rows), right=(0, 2))
    yield Paragraph("Breck et al. 2017, The ML Test Score: A Rubric for ML Production Readiness.")


def _told(test: Tested) -> str:
    return test.evidence if test.points else "–"


def _proof(test: Tested) -> Proof:
    if not test.points:
        return Unproved(test.evidence)
    return Recorded(Ref.parse(test.ref)) if test.ref else Stated("system")


DOCUMENT = Document(
    9,
    "readiness",
    "ml-test-score",
    "ML Test Score",
    "28 tests of production readiness, each with the record that proves it, or what is missing.",
    _write,
)
