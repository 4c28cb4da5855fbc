"""Cost analysis: what a request and a month cost, line by line with its arithmetic, and what moves it."""

from collections.abc import Collection, Iterator

from mlwright.architect.documents import Document
from mlwright.architect.documents._said import DASH, dollars, money, ranged, when
from mlwright.architect.documents._subject import Subject
from mlwright.architect.forms import size, told_saving
from mlwright.architect.planning import Plan
from mlwright.architect.writing.blocks import (
    Block,
    Code,
    Heading,
    Paragraph,
    Proved,
    Row,
    Table,
)
from mlwright.architect.writing.proofs import Planned, Proof, Recorded, Stated, Unproved
from mlwright.kernel.plan import Range

_TRAFFIC = (0.5, 1.0, 2.0, 5.0, 10.0)


def _write(subject: Subject) -> Iterator[Block]:
    plan = subject.plan
    yield Paragraph((
        "Worked out by ", Code("mlwright plan"), f" for target {plan.target}, before anything runs. Prices of "
        f"{plan.prices_as_of}. A model without a price is never taken as free.",
    ))  # fmt: skip
    yield Heading("Totals")
    yield _totals(plan)
    yield Heading("Components")
    rows = [
        Row(
            (one.line.what, money(one.month), money(one.line.usd), one.line.per, one.line.formula, one.line.source),
            (Stated(one.line.path),),
        )
        for one in plan.lines
    ]
    yield Table(("component", "per month", "each", "per", "arithmetic", "price"), tuple(rows), right=(1, 2))
    yield Heading("Planned and measured")
    yield from _measured(subject)
    yield Heading("If the traffic changes")
    yield from _sensitivity(plan)
    yield Heading("Capacity")
    yield from _capacity(plan)
    yield Heading("What is kept")
    kept = [Row((one.what, size(one.bytes.likely), one.formula), (Stated(one.path),)) for one in plan.storage]
    yield Table(("kept", "size", "arithmetic"), tuple(kept), right=(1,))
    yield Heading("What would cost less")
    yield from _savings(plan)
    yield Heading("Assumptions")
    sections = type(subject.blueprint).model_fields
    rows = [
        Row(
            (Code(one.path), one.says, one.origin if one.origin == "file" else f"{one.origin} {one.source}".strip()),
            _stated(one.path, sections),
        )
        for one in plan.assumptions
    ]
    yield Table(("what", "taken for true", "from"), tuple(rows))


def _totals(plan: Plan) -> Table:
    rows = [
        Row(("a mean request", money(plan.per_request)), (Planned("components"),)),
        Row(("a month", money(plan.per_month)), (Planned("components"),)),
        *(
            Row((f"a request to {name}", money(cost)), (Planned("components"),))
            for name, cost in plan.endpoints.items()
        ),
    ]
    if plan.budget is not None:
        share = (
            "" if plan.per_month is None or not plan.budget else f", {plan.per_month.likely / plan.budget:.0%} planned"
        )
        rows.append(Row(("budget of a month", f"${plan.budget:,.0f}{share}"), (Stated("system.budget"),)))
    for path in plan.unpriced:
        rows.append(Row((f"{path} has no price", "the totals are unknown"), (Stated(path),)))
    return Table(("what", "US dollars"), tuple(rows), right=(1,))


def _measured(subject: Subject) -> Iterator[Block]:
    rows = []
    for name, planned in subject.plan.endpoints.items():
        record = subject.evidence.requests.get(name)
        if record is None or not record.report.requests:
            rows.append(Row((name, money(planned), DASH, DASH, DASH), (Unproved("no request yet"),)))
            continue
        report = record.report
        mean = report.cost / report.requests
        hits = f"{report.cached / report.requests:.0%}"
        told = "no price" if report.unpriced else dollars(mean)
        off = DASH
        if planned and planned.likely and not report.unpriced:
            off = f"{mean / planned.likely - 1:+.0%}"
        counted = f"{report.requests:,} until {when(record.until)}"
        cells = (name, money(planned), f"{told}, {hits} cached", off, counted)
        rows.append(Row(cells, (Planned("components"), Recorded(subject.requests_ref(name)))))
    heads = ("endpoint", "planned, a request", "measured", "off by", "requests")
    yield Table(heads, tuple(rows), right=(1, 2, 3))


def _sensitivity(plan: Plan) -> Iterator[Block]:
    """Every line that belongs to a request grows with the traffic, the others stay."""
    if plan.per_month is None:
        yield Paragraph(Proved("", Unproved("a model has no price, so no total is known")))
        return
    asked = [one.month for one in plan.lines if one.endpoint and one.line.per == "request" and one.month]
    moving = sum(asked, Range.exactly(0.0))
    still = Range(*(getattr(plan.per_month, end) - getattr(moving, end) for end in ("low", "likely", "high")))
    rows = [
        Row(
            (f"{factor:g} times", f"{plan.requests * factor:,.0f}", money(moving * factor + still)),
            (Planned("components"),),
        )
        for factor in _TRAFFIC
    ]
    yield Table(("traffic", "requests a month", "cost a month"), tuple(rows), right=(0, 1, 2))


def _capacity(plan: Plan) -> Iterator[Block]:
    rows = []
    for one in plan.latencies:
        risk = one.risk or "kept"
        load = f"{one.utilisation.likely:.0%} of {one.slots}"
        rows.append(
            Row(
                (one.endpoint, ranged(one.p50), ranged(one.p95), ranged(one.p99), load, risk), (Planned("assumptions"),)
            )
        )
    heads = ("endpoint, busiest minute", "p50", "p95", "p99", "places taken", "promises")
    yield Table(heads, tuple(rows), right=(1, 2, 3, 4))
    if rows:
        yield Paragraph((
            "By simulation of arrivals, waiting, answers and limits; above 80 % of the places no single number holds.",
        ))  # fmt: skip


def _savings(plan: Plan) -> Iterator[Block]:
    rows = []
    for one in plan.savings:
        proof: Proof = Planned("components") if not one.changes_answers else Unproved(one.evidence)
        if one.result is not None:
            proof = Recorded(one.result.ref)
        told = one.note or (DASH if isinstance(proof, Unproved) else one.evidence)
        rows.append(Row((one.what, told_saving(one), told), (proof,)))
    if not rows:
        yield Paragraph("Nothing that the plan knows of.")
    yield Table(("option", "saves", "what speaks for it"), tuple(rows), right=(1,))


def _stated(path: str, sections: Collection[str]) -> tuple[Proof, ...]:
    """A line of the file, for what the file says or could say."""
    return (Stated(path),) if path.partition(".")[0] in sections else ()


DOCUMENT = Document(
    6,
    "costs",
    "6-cost-analysis",
    "Cost analysis",
    "Per request and month by component with ranges and arithmetic, plan against measured, capacity, and all "
    "assumptions.",
    _write,
)
