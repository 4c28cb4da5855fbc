"""A plan as Markdown, for a pull request."""

from mlwright.architect.assumptions import aged
from mlwright.architect.forms import (
    duration,
    size,
    spread,
    told_gate,
    told_load,
    told_risk,
    told_saving,
    told_step,
    usd,
)
from mlwright.architect.latency import EndpointLatency, Waits
from mlwright.architect.planning import Plan


def plan_markdown(plan: Plan) -> str:
    """Tables of costs, latency and storage, the totals against the budget, what gates and canaries can see, what would
    cost less, and what it all rests on."""
    parts = [f"## {plan.system}: plan for target {plan.target}", "", *_costs(plan), "", *_totals(plan)]
    if plan.latencies:
        parts += ["", *_latencies(plan)]
    if plan.storage:
        parts += ["", *_storage(plan)]
    if plan.gates or plan.steps:
        parts += ["", "What can be seen:", *(f"- {told_gate(one)}" for one in plan.gates)]
        parts += [f"- {told_step(one)}" for one in plan.steps]
    if plan.savings:
        parts += ["", *_savings(plan)]
    parts += ["", f"Prices of {plan.prices_as_of}{aged(plan.prices_days)}. Assumed:"]
    return "\n".join([*parts, *(f"- {one}" for one in plan.assumptions)]) + "\n"


def _costs(plan: Plan) -> list[str]:
    rows = ["| component | place | per month | per 1,000 requests | arithmetic |", "|---|---|--:|--:|---|"]
    for planned in plan.lines:
        line = planned.line
        thousand = line.usd * 1000 if line.usd and line.per == "request" else None
        shown = "" if line.per != "request" else usd(thousand)
        month = f"{usd(line.usd)} once" if line.per == "once" else usd(planned.month)
        rows.append(f"| {line.what} | `{line.path}` | {month} | {shown} | {line.formula} ({line.source}) |")
    return rows


def _totals(plan: Plan) -> list[str]:
    month, request = plan.per_month, plan.per_request
    rows = [f"- per request: **{spread(request)}**"] if plan.endpoints else []
    rows.append(f"- per month: **{spread(month)}**")
    if plan.budget is not None and month is not None:
        share = month.likely / plan.budget if plan.budget else float("inf")
        verdict = "ok" if month.likely <= plan.budget else "over"
        rows[-1] += f", budget {plan.budget:,.0f} USD ({share:.0%}, {verdict})"
    if plan.unpriced:
        rows.append(f"- **no price** for {', '.join(f'`{path}`' for path in plan.unpriced)}: the totals are unknown")
    return rows


def _latencies(plan: Plan) -> list[str]:
    rows = [
        "| endpoint | p50 | p95 | promised p95 | p99 | first token p95 | places taken |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for one in plan.latencies:
        promise = f"{one.promise:g} s" if one.promise is not None else "-"
        rows.append(_row(f"{one.endpoint}, busiest minute", one.busiest, promise, one, told_risk(one)))
        rows.append(_row(f"{one.endpoint}, the whole day", one.usual, promise, one, ""))
    return rows + [f"\n{told}." for one in plan.latencies for told in told_load(one)]


def _row(what: str, waits: Waits, promise: str, one: EndpointLatency, risk: str) -> str:
    load = one.utilisation if waits is one.busiest else one.usual_utilisation
    return (
        f"| {what} | {duration(waits.p50)} | {duration(waits.p95)}{risk} | {promise} | {duration(waits.p99)}"
        f" | {duration(waits.first_token)} | {load.likely:.0%} of {one.slots} |"
    )


def _storage(plan: Plan) -> list[str]:
    rows = ["| kept | place | size | arithmetic |", "|---|---|--:|---|"]
    for one in plan.storage:
        where = " in memory" if one.medium == "memory" else ""
        rows.append(f"| {one.what} | `{one.path}` | {size(one.bytes.likely)}{where} | {one.formula} |")
    return rows


def _savings(plan: Plan) -> list[str]:
    rows = ["| cheaper | saves | evidence |", "|---|--:|---|"]
    for one in plan.savings:
        rows.append(f"| {one.what} | {told_saving(one)} | {one.told} |")
    return rows
