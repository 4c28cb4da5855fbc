"""A plan on the terminal; what happened beside it; two plans beside one another; a calibration."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from mlwright.app import Actual, Recalibrated
from mlwright.architect import (
    EndpointLatency,
    Line,
    Plan,
    PlanChange,
    told_actual,
    told_basis,
    told_change,
    told_error,
    told_gate,
    told_load,
    told_plan,
    told_saving,
    told_step,
)
from mlwright.faces.cli.show.console import console, seconds, size, usd
from mlwright.kernel.plan import Range


def plan(made: Plan) -> None:
    """The price of the system line by line, what it keeps, how long it takes, what it can see, what would cost less,
    and what it rests on."""
    _costs(made)
    for stored in made.storage:
        where = " in memory" if stored.medium == "memory" else ""
        console.print(
            Text.assemble(f"{stored.what:40}", size(stored.bytes.likely), where, (f"  {stored.formula}", "quiet"))
        )
    for latency in made.latencies:
        _latency(latency)
    for told, sees in (
        *((told_gate(one), one.sees) for one in made.gates),
        *((told_step(one), one.sees) for one in made.steps),
    ):
        console.print(Text(told, style="" if sees else "warn"))
    _savings(made)
    for assumed in made.assumptions:
        console.print(Text(f"assumed: {assumed}", style="quiet"))


def _costs(made: Plan) -> None:
    table = Table(box=None, pad_edge=False, title=f"{made.system}: cost", title_justify="left")
    for heading in ("component", "per", "USD", "a month", "how"):
        table.add_column(heading, justify="right" if heading in ("USD", "a month") else "left", overflow="fold")
    for planned in made.lines:
        line = planned.line
        month = "" if line.per == "once" else usd(planned.month.likely if planned.month else None)
        how = Text(f"{line.formula}  ({line.source})", style="quiet")
        table.add_row(line.what, line.per, _money(line.usd), month, how)
    console.print(table)
    requests = (("per request", made.per_request),) if made.endpoints else ()
    for label, value in (*requests, ("per month", made.per_month)):
        console.print(Text.assemble((f"{label:12}", "name"), (_money(value), "" if value else "bad")))
    if made.unpriced:
        told = f"no price for {', '.join(made.unpriced)}: the totals are unknown; set price: {{input: …, output: …}}"
        console.print(Text(told, style="bad"))
    if made.budget is not None:
        console.print(Text.assemble(("budget      ", "name"), f"{usd(made.budget)} per month", *_verdict(made)))


def _verdict(made: Plan) -> Iterable[tuple[str, str]]:
    if made.per_month is not None and made.budget:
        share = made.per_month.likely / made.budget
        yield f"  {share:.0%}", "good" if share <= 1 else "bad"


def _latency(latency: EndpointLatency) -> None:
    risk = (f"  {latency.risk}", "warn") if latency.risk else ""
    told = f"p50 {_span(latency.p50)}, p95 {_span(latency.p95)}, first token p95 {_span(latency.first_token)}"
    load = f"; busiest minute: {latency.utilisation.likely:.0%} of {latency.slots} places taken"
    console.print(Text.assemble((f"{latency.endpoint:12}", "name"), told, load, risk))
    usual = latency.usual
    told = f"p50 {_span(usual.p50)}, p95 {_span(usual.p95)}, first token p95 {_span(usual.first_token)}"
    console.print(Text.assemble(f"{'':12}", told, f"; the whole day: {latency.usual_utilisation.likely:.0%}"))
    for told in told_load(latency):
        console.print(Text(told, style="warn"))


def _savings(made: Plan) -> None:
    if not made.savings:
        return
    table = Table(box=None, pad_edge=False, title="cheaper", title_justify="left")
    table.add_column("option", overflow="fold")
    table.add_column("saves", justify="right")
    table.add_column("evidence", overflow="fold")
    for one in made.savings:
        passed = one.result is not None and one.result.passed
        failed = one.result is not None and not one.result.passed
        table.add_row(
            one.what, told_saving(one), Text(one.told, style="good" if passed else "bad" if failed else "quiet")
        )
    console.print(table)


def actual(found: Actual) -> None:
    """Plan, actual, error and cause, endpoint by endpoint."""
    for one in found.comparisons:
        console.print(Text.assemble((one.measured.endpoint, "name"), (f"  {told_basis(one.measured)}", "quiet")))
        console.print(_beside(one.lines))
    if found.storage:
        console.print(_beside(found.storage))
    outside = [line.what for one in found.comparisons for line in one.outside]
    if outside:
        told = f"outside the planned range: {', '.join(outside)}; `mlwright plan --calibrate` writes what was measured"
        console.print(Text(told, style="warn"))


def _beside(lines: Sequence[Line]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "plan", "actual", "error", "why"):
        table.add_column(heading, justify="left" if heading in ("", "why") else "right", overflow="fold")
    for line in lines:
        style = {True: "good", False: "bad", None: "quiet"}[line.inside]
        error = Text(told_error(line), style=style)
        table.add_row(line.what, told_plan(line), told_actual(line), error, Text(line.cause, style="quiet"))
    return table


def plan_changes(changes: Sequence[PlanChange]) -> None:
    """What differs between two plans."""
    if not changes:
        console.print(Text("the plans do not differ", style="good"))
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("", "place", "before", "after", ""):
        table.add_column(heading, justify="left" if heading in ("", "place") else "right", overflow="fold")
    for one in changes:
        before, after, how = told_change(one)
        more = one.ratio is not None and one.ratio > 0
        table.add_row(
            one.what, Text(one.place, style="quiet"), before, after, Text(how, style="bad" if more else "good")
        )
    console.print(table)


def recalibrated(done: Recalibrated) -> None:
    """What was measured, and the change of the file."""
    for one in done.measured:
        console.print(Text.assemble((one.endpoint, "name"), (f"  {told_basis(one)}", "quiet")))
    for calibration in done.calibrations:
        for assumed in calibration.assumed:
            console.print(Text(f"  {assumed.told}"))
    for line in done.diff.splitlines():
        console.print(Text(line, style={"+": "good", "-": "bad"}.get(line[:1], "quiet")))
    for trace in done.traces:
        console.print(Text(f"{'wrote' if done.applied else 'would write'} {trace}"))
    if not done.diff:
        console.print(Text("the file says this already", style="good"))
    else:
        console.print(Text("written" if done.applied else "nothing is written yet: add --apply", style="name"))


def _money(value: Range | None) -> str:
    if value is None:
        return "no price"
    return (
        usd(value.likely) if value.low == value.high else f"{usd(value.likely)} ({usd(value.low)} to {usd(value.high)})"
    )


def _span(value: Range) -> str:
    return f"{seconds(value.likely)} ({seconds(value.low)} to {seconds(value.high)})"
