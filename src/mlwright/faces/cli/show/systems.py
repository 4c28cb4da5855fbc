"""The five systems on the terminal: what was ingested, evaluated, served, recorded, and how all is."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from mlwright.app import Added, Diagnosis, Round, Status, UpReport
from mlwright.data import Dataset, Quarantined
from mlwright.evals import EvalResult, Interval, Quantile
from mlwright.faces.cli.show.console import console, seconds, size, usd
from mlwright.rag import IndexReport, Situated
from mlwright.serving import EndpointReport, Traffic
from mlwright.tracking import Run

_NAMED = 5
"""Files of a round that are named; of the others, how many there are."""


def ingested(datasets: Sequence[Dataset], indexes: Sequence[IndexReport]) -> None:
    """What is in the datasets and indexes now, and what this ingest changed."""
    for dataset in datasets:
        changed = f"+{dataset.added} ~{dataset.changed} -{dataset.removed}"
        console.print(
            Text.assemble(
                ("data   ", "name"), f"{dataset.source}: {dataset.files} files, {size(dataset.bytes)} ({changed})"
            )
        )
    for index in indexes:
        took = seconds(index.seconds.get("total"))
        said = f"{index.documents} documents, {index.chunks} chunks, {index.embedded} embedded in {took}"
        console.print(Text.assemble(("index  ", "name"), said, (f"  {index.ref}", "quiet")))
        if index.quarantined:
            console.print(Text(f"       {index.quarantined} could not be read: `mlwright quarantine`", style="warn"))
        if index.situated is not None:
            situated(index.situated)


def watched(done: Round) -> None:
    """What a round of watching brought in, or what it stumbled over."""
    if done.error is not None:
        console.print(Text(f"{done.source}: {done.error.message}; watching goes on", style="warn"))
    elif done.dataset is not None:
        for sign, keys in (("+", done.added), ("~", done.changed), ("-", done.removed)):
            more = f" and {len(keys) - _NAMED:,} more" if len(keys) > _NAMED else ""
            if keys:
                console.print(Text(f"{sign} {', '.join(keys[:_NAMED])}{more}", style="name"))
        ingested([done.dataset], done.indexes)


def situated(done: Situated) -> None:
    """The contexts of chunks that a model wrote, what they cost, and how many chunks got none."""
    cost = "no price" if done.cost is None else usd(done.cost)
    read = f"{done.input_tokens:,} tokens read ({done.cached_tokens:,} cached), {done.output_tokens:,} written, {cost}"
    console.print(Text.assemble(f"       {done.written} contexts written, {done.known} known", (f"  {read}", "quiet")))
    if done.missing:
        said = f"{done.missing} chunks have no context and are tried again at the next ingest"
        console.print(Text(f"       {said}: {'; '.join(done.reasons)}", style="warn"))


def added(files: Sequence[Added]) -> None:
    """Every file that was added, and what became of it."""
    for file in files:
        state = "good" if file.state == "searchable" else "warn"
        console.print(Text.assemble((str(file.document), "name"), (f"  {file.state}", state), f" {file.reason}"))
        if file.message:
            console.print(Text(f"    {file.message}" + (f" → {file.hint}" if file.hint else "")))


def quarantined(files: Sequence[Quarantined], freed: int) -> None:
    """Every file that could not be read, with the reason and the remedy."""
    for file in files:
        console.print(Text.assemble((f"{file.source}/{file.key}", "name"), (f"  {file.reason}", "warn")))
        console.print(Text(f"    {file.message}" + (f" → {file.hint}" if file.hint else "")))
    if freed:
        console.print(Text(f"{freed} will be tried again at the next ingest", style="good"))
    elif not files:
        console.print(Text("the quarantine is empty", style="good"))


def results(found: Sequence[EvalResult]) -> None:
    """Each gate: its metrics with their intervals, its requirements with their verdicts."""
    for result in found:
        verdict = ("passed", "good") if result.passed else ("failed", "bad")
        console.print(Text.assemble(("gate ", "name"), f"{result.gate} ", verdict, (f"  {result.ref}", "quiet")))
        table = Table(box=None, pad_edge=False)
        for heading in ("metric", "mean", "95 % interval", "n", "required"):
            table.add_column(heading, justify="left" if heading in ("metric", "required") else "right")
        required = {line.metric: line for line in result.requirements}
        for name, value in result.metrics.items():
            line = required.get(name)
            needs = (
                Text(
                    f"{line.op} {line.bound:g} {'✓' if line.passed else '✗ ' + line.why}",
                    style="good" if line.passed else "bad",
                )
                if line
                else ""
            )
            table.add_row(name, f"{value.mean:.3f}", _interval(value), str(value.n), needs)
        console.print(table)
        for line in result.requirements:
            if line.metric not in result.metrics:
                console.print(Text(f"{line.metric}: {line.why}", style="good" if line.passed else "bad"))
        _time_and_cost(result)
        if result.errors:
            console.print(Text(f"{result.errors} examples ended in an error", style="warn"))
    if not found:
        console.print(Text("the blueprint has no gate", style="warn"))


def _time_and_cost(result: EvalResult) -> None:
    if result.seconds:
        table = Table(box=None, pad_edge=False)
        for heading in ("seconds of", "p50", "95 % interval", "p95", "95 % interval", "n"):
            table.add_column(heading, justify="left" if heading == "seconds of" else "right")
        for stage, took in result.seconds.items():
            half, most = took.p50, took.p95
            table.add_row(stage, seconds(half.value), _between(half), seconds(most.value), _between(most), str(half.n))
        console.print(table)
    if result.cost:
        cost = result.cost
        unpriced = f"; {cost.unpriced} have no price" if cost.unpriced else ""
        each = f"{usd(cost.mean)} an answer ({usd(cost.low)} to {usd(cost.high)})"
        console.print(Text(f"cost: {usd(cost.total)} for {cost.n} examples, {each}{unpriced}"))
    if result.synthetic:
        told = f"{result.synthetic} of the examples are synthetic: made by a program, not written by a person"
        console.print(Text(told, style="warn"))


def _between(value: Quantile) -> str:
    low = "" if value.low is None else seconds(value.low)
    high = "" if value.high is None else seconds(value.high)
    return f"{low} to {high}" if low and high else (f"from {low}" if low else f"up to {high}" if high else "unknown")


def _interval(value: Interval) -> str:
    return f"{value.low:.3f} to {value.high:.3f}"


def runs(found: Sequence[Run]) -> None:
    """A line for each run."""
    table = Table(box=None, pad_edge=False)
    for heading in ("run", "kind", "name", "state", "started", "commit", "metrics"):
        table.add_column(heading, overflow="fold")
    for one in found:
        told = ", ".join(f"{name} {value:.4g}" for name, value in list(one.metrics.items())[:4])
        commit = one.commit[:8] + ("*" if one.dirty else "")
        table.add_row(str(one.ref), one.kind, one.name, one.state, f"{one.started:%Y-%m-%d %H:%M}", commit, told)
    console.print(table)


def run(one: Run) -> None:
    """A run whole."""
    runs([one])
    for title, values in (("parameters", one.params), ("metrics", one.metrics), ("environment", one.environment)):
        console.print(Text(title, style="name"))
        for name, value in values.items():
            console.print(Text(f"  {name:32} {value}"))
    if one.error:
        console.print(Text(one.error, style="bad"))


def traffic(now: Traffic) -> None:
    """Who answers at an endpoint."""
    canary = f", canary {now.canary.id[:12]} gets {now.share:.0%}" if now.canary else ""
    console.print(
        Text.assemble((now.endpoint, "name"), f": stable {now.stable.id[:12]}{canary}", (f"  {now.why}", "quiet"))
    )


def status(now: Status) -> None:
    """The system at a glance."""
    state = ("well", "good") if now.healthy else ("needs a look", "warn")
    console.print(Text.assemble((now.system, "name"), " ", state, (f"  {now.release}", "quiet")))
    for name, report in now.pipelines.items():
        stale = f", {report.stale} changed since" if report.stale else ""
        console.print(
            Text(f"rag.{name}: {report.documents} documents, {report.chunks} chunks, {size(report.bytes)}{stale}")
        )
    for name, measured in now.endpoints.items():
        _endpoint(name, measured)
        found = now.traffic[name]
        if found:
            traffic(found)
    results(now.evaluations)
    open_findings = [finding for finding in now.findings if not finding.waived]
    if open_findings:
        console.print(Text(f"{len(open_findings)} findings: `mlwright check --records`", style="warn"))
    if now.quarantined:
        console.print(Text(f"{len(now.quarantined)} files could not be read: `mlwright quarantine`", style="warn"))
    for answer in now.answers:
        console.print(Text.assemble((str(answer.ref), "quiet"), f"  {answer.question}"))


def _endpoint(name: str, measured: EndpointReport) -> None:
    said = f"{measured.requests} requests in 24 h, p95 {seconds(measured.p95)}, {measured.errors} errors"
    console.print(Text.assemble(f"endpoint {name}: ", said, f", {usd(measured.cost)}"))


def diagnosis(found: Diagnosis) -> None:
    """A line for each fact, with the remedy where something is missing."""
    marks = {"good": ("✓", "good"), "missing": ("–", "warn"), "bad": ("✗", "bad")}
    for fact in found.facts:
        remedy = f"  → {fact.remedy}" if fact.remedy else ""
        console.print(Text.assemble(marks[fact.state], f" {fact.name:18}", fact.detail, (remedy, "quiet")))


def up(report: UpReport) -> None:
    """What the workspace has after `up`."""
    console.print()
    ingested(report.datasets, report.indexes)
    for now in report.traffic:
        traffic(now)
    if report.evaluations:
        results(report.evaluations)
