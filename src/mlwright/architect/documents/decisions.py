"""Decisions: every choice whose reason stands in the blueprint, and every finding that was accepted."""

from collections.abc import Iterator

from mlwright.architect.documents import Document
from mlwright.architect.documents._subject import Subject
from mlwright.architect.writing.blocks import Block, Bullets, Code, Heading, Paragraph, Proved, Row, Table
from mlwright.architect.writing.proofs import Stated, Unproved
from mlwright.blueprint import reasons


def _write(subject: Subject) -> Iterator[Block]:
    yield Paragraph(
        ("A reason is written beside the choice, as ", Code("why:"), ", and stays with it in every release.")
    )
    found = list(reasons(subject.blueprint))
    for number, reason in enumerate(found, start=1):
        yield Heading(f"{number}. {reason.path}")
        yield Bullets((
            ("Decision: ", Code(reason.chosen)),
            ("Reason: ", Proved(reason.why, Stated(f"{reason.path}.why"))),
            ("State: accepted, and in force as long as it stands in the file."),
        ))  # fmt: skip
    if not found:
        yield Paragraph(
            Proved("", Unproved("no choice has its reason beside it: write why: beside models, indexes, gates"))
        )
    yield Heading("Accepted findings")
    rows = [
        Row(
            (Code(waiver.rule), waiver.path or "everywhere", waiver.reason, waiver.until.isoformat()),
            (Stated(f"waive.{at}"),),
        )
        for at, waiver in enumerate(subject.blueprint.waive)
    ]
    if not rows:
        yield Paragraph("None.")
    yield Table(("rule", "where", "reason", "until"), tuple(rows))
    yield Heading("Open findings")
    open_ = [
        Row((Code(one.rule), one.severity, one.title, one.evidence), (Stated(one.path),))
        for one in subject.findings
        if one.waived is None
    ]
    if not open_:
        yield Paragraph("None: the rules of the file have no objection.")
    yield Table(("rule", "severity", "finding", "what was seen"), tuple(open_))


DOCUMENT = Document(
    10,
    "decisions",
    "decisions",
    "Decisions",
    "Choices with their reasons, findings that were accepted and until when, and findings that are open.",
    _write,
)
