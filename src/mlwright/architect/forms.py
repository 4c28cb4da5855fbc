"""A plan as JSON, and as Markdown for a pull request."""

from typing import Any

from mlwright.architect.latency import EndpointLatency
from mlwright.architect.planning import Plan
from mlwright.kernel.plan import Range


def plan_json(plan: Plan) -> dict[str, Any]:
    """Everything in the plan; costs in USD, times in seconds, sizes in bytes; null where there is no price."""
    return {
        "system": plan.system,
        "target": plan.target,
        "budget": plan.budget,
        "per_request": _range(plan.per_request),
        "per_month": _range(plan.per_month),
        "requests_per_month": plan.requests,
        "costs": [
            {
                "path": planned.line.path,
                "what": planned.line.what,
                "per": planned.line.per,
                "usd": _range(planned.line.usd),
                "month": _range(planned.month),
                "endpoint": planned.endpoint or None,
                "formula": planned.line.formula,
                "source": planned.line.source,
            }
            for planned in plan.lines
        ],
        "storage": [
            {"path": line.path, "what": line.what, "bytes": _range(line.bytes), "formula": line.formula}
            for line in plan.storage
        ],
        "latency": [
            {
                "endpoint": one.endpoint,
                "p50": _range(one.p50),
                "p95": _range(one.p95),
                "p99": _range(one.p99),
                "first_token_p95": _range(one.first_token),
                "utilisation": _range(one.utilisation),
                "refused": _range(one.refused),
                "burst": one.burst,
                "promise": one.promise,
                "first_token_promise": one.first_promise,
                "saturated": one.saturated,
                "at_risk": one.at_risk,
                "formula": one.formula,
            }
            for one in plan.latencies
        ],
        "unpriced": list(plan.unpriced),
        "assumptions": list(plan.assumptions),
        "prices_as_of": plan.prices_as_of,
    }


def plan_markdown(plan: Plan) -> str:
    """Tables of costs, latency and storage, the totals against the budget, and what it all rests on."""
    parts = [f"## {plan.system}: plan for target {plan.target}", "", *_costs(plan), "", *_totals(plan)]
    if plan.latencies:
        parts += ["", *_latencies(plan)]
    if plan.storage:
        parts += ["", *_storage(plan)]
    parts += ["", f"Prices of {plan.prices_as_of}. Assumed:", *(f"- {text}" for text in plan.assumptions)]
    return "\n".join(parts) + "\n"


def _costs(plan: Plan) -> list[str]:
    rows = ["| component | place | per month | per 1,000 requests | arithmetic |", "|---|---|--:|--:|---|"]
    for planned in plan.lines:
        thousand = planned.line.usd * 1000 if planned.line.usd and planned.line.per == "request" else None
        shown = "" if planned.line.per != "request" else usd(thousand)
        line = planned.line
        rows.append(
            f"| {line.what} | `{line.path}` | {usd(planned.month)} | {shown} | {line.formula} ({line.source}) |"
        )
    return rows


def _totals(plan: Plan) -> list[str]:
    month, request = plan.per_month, plan.per_request
    rows = [f"- per request: **{spread(request)}**", f"- per month: **{spread(month)}**"]
    if plan.budget is not None and month is not None:
        share = month.likely / plan.budget if plan.budget else float("inf")
        verdict = "ok" if month.likely <= plan.budget else "over"
        rows[-1] += f", budget {plan.budget:,.0f} USD ({share:.0%}, {verdict})"
    if plan.unpriced:
        rows.append(f"- **no price** for {', '.join(f'`{path}`' for path in plan.unpriced)}: the totals are unknown")
    return rows


def _latencies(plan: Plan) -> list[str]:
    rows = [
        "| endpoint, busiest minute | p50 | p95 | promised p95 | p99 | first token p95 | places taken |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for one in plan.latencies:
        promise = f"{one.promise:g} s" if one.promise is not None else "-"
        load = f"{one.utilisation.likely:.0%} of {one.slots}"
        rows.append(
            f"| {one.endpoint} | {_seconds(one.p50)} | {_seconds(one.p95)}{told_risk(one)} | {promise} "
            f"| {_seconds(one.p99)} | {_seconds(one.first_token)} | {load} |"
        )
    return rows


def told_risk(latency: EndpointLatency) -> str:
    """What there is to fear, in brackets; empty where there is nothing."""
    return " (saturated)" if latency.saturated else " (at risk)" if latency.at_risk else ""


def _seconds(value: Range) -> str:
    return f"{value.likely:.2g} s ({value.low:.2g} to {value.high:.2g})"


def _storage(plan: Plan) -> list[str]:
    rows = ["| kept | place | size | arithmetic |", "|---|---|--:|---|"]
    return rows + [f"| {one.what} | `{one.path}` | {size(one.bytes.likely)} | {one.formula} |" for one in plan.storage]


def usd(amount: Range | None) -> str:
    """The likely amount, with as many digits as it needs; `no price` where there is none."""
    if amount is None:
        return "no price"
    value = amount.likely
    return "$0" if not value else f"${value:,.2f}" if value >= 0.1 else f"${value:.2g}"


def spread(amount: Range | None) -> str:
    """The likely amount with its range."""
    if amount is None or amount.low == amount.high:
        return usd(amount)
    return f"{usd(amount)} ({usd(Range.exactly(amount.low))} to {usd(Range.exactly(amount.high))})"


def size(count: float) -> str:
    """Bytes in decimal units."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def _range(value: Range | None) -> dict[str, float] | None:
    return None if value is None else {"low": value.low, "likely": value.likely, "high": value.high}
