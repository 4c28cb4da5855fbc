"""The design on the terminal: findings, plan, differences."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from mlwright.architect import Finding, Plan, Score
from mlwright.blueprint import Difference
from mlwright.faces.cli.show.console import console, seconds, size, usd
from mlwright.kernel.plan import Range, Stage

STYLES = {"error": "bad", "warning": "warn", "info": "quiet"}


def findings(found: Sequence[Finding]) -> None:
    """Each finding: rule and place, what was found with its numbers, what to do."""
    for finding in found:
        style = "quiet" if finding.waived else STYLES[finding.severity]
        console.print(Text.assemble((f"{finding.rule} ", style), (str(finding.place), "name"), f"  {finding.title}"))
        console.print(Text(f"    {finding.evidence}"))
        if finding.hint:
            console.print(Text(f"    → {finding.hint}", style="quiet"))
        if finding.waived:
            console.print(Text(f"    waived: {finding.waived}", style="quiet"))
    counts = {kind: sum(1 for f in found if f.severity == kind and not f.waived) for kind in STYLES}
    said = ", ".join(f"{count} {kind}{'s' if count != 1 else ''}" for kind, count in counts.items() if count)
    console.print(Text(said or "nothing to complain of", style="bad" if counts["error"] else "good"))


def score(found: Score) -> None:
    """The ML Test Score: each section with its tests, what proves them and what is missing."""
    for section, points in found.sections.items():
        console.print(Text.assemble((f"{section:15}", "name"), f"{points:g} of 7"))
        for test in found.tests:
            if test.section == section:
                style = "good" if test.points == 1 else "warn" if test.points else "quiet"
                console.print(Text.assemble((f"  {test.points:3g} ", style), f"{test.number} {test.says}"))
                console.print(Text(f"        {test.evidence}{f'  ({test.ref})' if test.ref else ''}", style="quiet"))
    console.print(Text.assemble(("ML Test Score  ", "name"), f"{found.total:g}", (f"  {found.verdict}", "quiet")))


def stage(step: Stage) -> None:
    """One step that `up` takes."""
    console.print(Text.assemble((f"{step.verb:9}", "name"), step.target, (f"  {step.why}", "quiet")))


def plan(made: Plan) -> None:
    """The price of the system, line by line, with ranges and assumptions."""
    table = Table(box=None, pad_edge=False, title=f"{made.system}: cost", title_justify="left")
    for heading in ("component", "per", "USD", "how"):
        table.add_column(heading, justify="right" if heading == "USD" else "left", overflow="fold")
    for line in made.costs:
        table.add_row(line.what, line.per, _money(line.usd), Text(f"{line.formula}  ({line.source})", style="quiet"))
    console.print(table)
    for label, value in (("per request", made.per_request), ("per month", made.per_month)):
        console.print(Text.assemble((f"{label:12}", "name"), _money(value)))
    for stored in made.storage:
        console.print(Text.assemble(f"{stored.what:28}", size(stored.bytes.likely), (f"  {stored.formula}", "quiet")))
    for latency in made.latencies:
        risk = ("  saturated" if latency.saturated else "  at risk", "warn") if latency.at_risk else ""
        told = f"p50 {_span(latency.p50)}, p95 {_span(latency.p95)}, first token p95 {_span(latency.first_token)}"
        load = f"; busiest minute: {latency.utilisation.likely:.0%} of {latency.slots} places taken"
        console.print(Text.assemble((f"{latency.endpoint:12}", "name"), told, load, risk))
    if made.budget is not None:
        console.print(Text.assemble(("budget      ", "name"), f"{usd(made.budget)} per month"))
    for assumed in made.assumptions:
        console.print(Text(f"assumed: {assumed}", style="quiet"))


def _money(value: Range | None) -> str:
    if value is None:
        return "no price"
    return (
        usd(value.likely) if value.low == value.high else f"{usd(value.likely)} ({usd(value.low)} to {usd(value.high)})"
    )


def _span(value: Range) -> str:
    return f"{seconds(value.likely)} ({seconds(value.low)} to {seconds(value.high)})"


def differences(changes: Sequence[Difference]) -> None:
    """What changed, from what to what, and what it means."""
    for change in changes:
        console.print(
            Text.assemble((change.path, "name"), f"  {change.old} → {change.new}", (f"  {change.means}", "quiet"))
        )
    if not changes:
        console.print(Text("no difference", style="good"))
