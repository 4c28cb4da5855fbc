"""A plan as JSON, and its numbers as words."""

from typing import Any

from mlwright.architect.assumptions import Assumption
from mlwright.architect.latency import EndpointLatency, Waits
from mlwright.architect.planning import Plan
from mlwright.architect.power import GatePower, StepPower
from mlwright.architect.savings import Saving
from mlwright.kernel.plan import Range


def plan_json(plan: Plan) -> dict[str, Any]:
    """Everything in the plan; costs in USD, times in seconds, sizes in bytes; null where there is no price."""
    return {
        "format": 1,
        "system": plan.system,
        "target": plan.target,
        "blueprint": str(plan.blueprint),
        "day": plan.day.isoformat(),
        "budget": plan.budget,
        "per_request": ranged(plan.per_request),
        "per_month": ranged(plan.per_month),
        "once": ranged(plan.once),
        "requests_per_month": plan.requests,
        "costs": [
            {
                "path": planned.line.path,
                "what": planned.line.what,
                "per": planned.line.per,
                "usd": ranged(planned.line.usd),
                "month": ranged(planned.month),
                "endpoint": planned.endpoint or None,
                "formula": planned.line.formula,
                "source": planned.line.source,
            }
            for planned in plan.lines
        ],
        "storage": [
            {
                "path": line.path, "what": line.what, "medium": line.medium, "bytes": ranged(line.bytes),
                "formula": line.formula,
            }
            for line in plan.storage
        ],
        "latency": [_latency(one) for one in plan.latencies],
        "gates": [_gate(one) for one in plan.gates],
        "rollout_steps": [_step(one) for one in plan.steps],
        "savings": [_saving(one) for one in plan.savings],
        "unpriced": list(plan.unpriced),
        "assumptions": [_assumption(one) for one in plan.assumptions],
        "prices_as_of": plan.prices_as_of,
        "prices_days": plan.prices_days,
    }  # fmt: skip


def _latency(one: EndpointLatency) -> dict[str, Any]:
    return {
        "endpoint": one.endpoint,
        **_waits(one.busiest),
        "usual": _waits(one.usual),
        "utilisation": ranged(one.utilisation),
        "usual_utilisation": ranged(one.usual_utilisation),
        "arriving": ranged(one.arriving),
        "refused": ranged(one.refused),
        "cut_off": ranged(one.cut_off),
        "own_cpu": ranged(one.gateway),
        "search": ranged(one.search),
        "slots": one.slots,
        "burst": one.burst,
        "burst_known": one.burst_known,
        "promise": one.promise,
        "first_token_promise": one.first_promise,
        "saturated": one.saturated,
        "may_saturate": one.may_saturate,
        "at_risk": one.at_risk,
        "formula": one.formula,
    }


def _waits(waits: Waits) -> dict[str, Any]:
    return {
        "p50": ranged(waits.p50),
        "p95": ranged(waits.p95),
        "p99": ranged(waits.p99),
        "first_token_p95": ranged(waits.first_token),
    }


def _gate(one: GatePower) -> dict[str, Any]:
    return {
        "gate": one.gate, "set": one.set, "cases": one.cases, "promised": one.promised, "smallest_drop": one.smallest,
        "forbids": one.forbids, "cases_needed": one.needed, "sees": one.sees,
    }  # fmt: skip


def _step(one: StepPower) -> dict[str, Any]:
    return {
        "endpoint": one.endpoint, "share": one.share, "bound": one.bound, "requests_a_day": one.a_day,
        "requests_needed": one.needed, "days": one.days, "within_a_day": one.within_a_day, "sees": one.sees,
    }  # fmt: skip


def _saving(one: Saving) -> dict[str, Any]:
    return {
        "what": one.what,
        "edits": {edit.path: edit.value for edit in one.edits},
        "month": ranged(one.month),
        "memory": one.memory,
        "note": one.note,
        "changes_answers": one.changes_answers,
        "gate": one.gate or None,
        "evidence": one.evidence,
        "result": str(one.result.ref) if one.result else None,
        "passed": one.result.passed if one.result else None,
    }


def _assumption(one: Assumption) -> dict[str, Any]:
    return {"path": one.path, "says": one.says, "origin": one.origin, "source": one.source, "days": one.days}


def ranged(value: Range | None) -> dict[str, float] | None:
    """A range as JSON; null where there is none."""
    return None if value is None else {"low": value.low, "likely": value.likely, "high": value.high}


def told_risk(latency: EndpointLatency) -> str:
    """What there is to fear, in brackets; empty where there is nothing."""
    return f" ({latency.risk})" if latency.risk else ""


def told_load(latency: EndpointLatency) -> list[str]:
    """What else is to know of the load of an endpoint, as sentences."""
    told = []
    if latency.saturated:
        told.append(
            f"{latency.endpoint}: above 80 % of the places no single number holds; give it more places, or fewer"
            " requests"
        )
    if latency.may_saturate:
        load = latency.arriving
        told.append(
            f"{latency.endpoint}: may saturate: the traffic takes {load.likely:.0%} of the places over the day,"
            f" {load.low:.0%} to {load.high:.0%} as far as it is known; above 80 % no single number holds"
        )
    if latency.cut_off.likely >= 0.005:
        told.append(
            f"{latency.endpoint}: {latency.cut_off.likely:.0%} of the answers ({latency.cut_off.low:.0%} to"
            f" {latency.cut_off.high:.0%}) take longer than limits.timeout and are cut off"
        )
    if not latency.burst_known:
        told.append(
            f"{latency.endpoint}: whether requests come in batches is not said; independent people are assumed. Set"
            " traffic.burst or traffic.trace, or let `plan --calibrate` measure it"
        )
    elif latency.bursty:
        told.append(f"{latency.endpoint}: requests come in batches (burst {latency.burst:.0f}), so waits differ widely")
    return told


def told_gate(one: GatePower) -> str:
    """A gate's power as a sentence."""
    cases = f"{one.cases:,} case{'s' if one.cases != 1 else ''}{' promised' if one.promised else ''}"
    if one.smallest is None:
        return f"{one.gate}: {one.set} has no cases yet"
    if one.forbids is None:
        return f"{one.gate}: {cases} show a drop of {one.smallest:.1%} or more; it compares nothing (no max_regression)"
    verdict = "enough" if one.sees else f"too few: it takes {one.needed:,}"
    return f"{one.gate}: {cases} show a drop of {one.smallest:.1%} or more; it forbids {one.forbids:.1%}, {verdict}"


def told_step(one: StepPower) -> str:
    """A canary step's power as a sentence."""
    when = "never" if one.days is None else f"{one.days:.1f} days" if one.days >= 1 else f"{one.days * 24:.1f} h"
    return (
        f"{one.endpoint} at {one.share * 100:.3g}%: {one.a_day:,.0f} requests a day; an error rate of 3 x"
        f" {one.bound:.1%} is rolled back within a day with {one.within_a_day:.0%}, in 4 of 5 cases after"
        f" {one.needed:,} ({when})"
    )


def told_saving(one: Saving) -> str:
    """What an option saves in a month."""
    if one.month is None:
        return "unknown: a model has no price"
    parts = [f"{usd(one.month)} a month" if one.month.likely > 0 else ""]
    parts.append(f"{size(one.memory)} of memory" if one.memory else "")
    return ", ".join(part for part in parts if part) or "nothing"


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


def duration(value: Range) -> str:
    """Seconds with their range."""
    return f"{value.likely:.2g} s ({value.low:.2g} to {value.high:.2g})"


def size(count: float) -> str:
    """Bytes in decimal units."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
