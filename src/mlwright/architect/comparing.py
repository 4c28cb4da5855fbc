"""Two plans side by side, line by line: of two designs, or of a design and a plan that was saved."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import Any, Literal

from mlwright.kernel.errors import NotFound, Unreadable
from mlwright.kernel.plan import Range

Unit = Literal["USD", "s", "share", "bytes", "count"]
How = Literal["added", "removed", "changed"]
Saved = Mapping[str, Any]
"""A plan as `plan_json` gives it."""


@dataclass(frozen=True, slots=True)
class PlanChange:
    """One number that differs. `before` and `after` are None where the line is not there, or has no price on that
    side."""

    what: str
    place: str
    unit: Unit
    how: How
    before: Range | None
    after: Range | None
    unpriced_before: bool = False
    unpriced_after: bool = False

    @property
    def ratio(self) -> float | None:
        """How much more it is, as a share of what it was."""
        if self.before is None or self.after is None or not self.before.likely:
            return None
        return self.after.likely / self.before.likely - 1


def saved_plan(path: Path) -> Saved:
    """A plan that was written with `--out`. Raises NotFound, and Unreadable for a file that is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFound(f"there is no plan at {path}", hint="`mlwright plan --out` saves one") from error
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path} is no saved plan: {error}", reason="no_plan") from error
    if not isinstance(found, dict) or found.get("format") != 1:
        raise Unreadable(f"{path} is no saved plan of this version", reason="no_plan")
    return found


def plan_changes(before: Saved, after: Saved) -> list[PlanChange]:
    """Every number that differs, in the order of the plan. Raises Unreadable where one side is not whole."""
    try:
        old, new = dict(_lines(before)), dict(_lines(after))
    except (KeyError, TypeError) as error:
        raise Unreadable(f"the saved plan lacks {error}", reason="no_plan") from error
    order = [*new, *(key for key in old if key not in new)]
    return [change for key in order if (change := _change(key, old.get(key, _ABSENT), new.get(key, _ABSENT)))]


_Key = tuple[str, str, Unit]
_ABSENT: Mapping[str, float] = {}


def _change(key: _Key, before: Mapping[str, float] | None, after: Mapping[str, float] | None) -> PlanChange | None:
    what, place, unit = key
    if before is not None and after is not None and before.keys() == after.keys() and _same(before, after):
        return None
    if before is None and after is None:
        return None
    how: How = "added" if before is _ABSENT else "removed" if after is _ABSENT else "changed"
    return PlanChange(what, place, unit, how, _range(before), _range(after), before is None, after is None)


def _same(before: Mapping[str, float], after: Mapping[str, float]) -> bool:
    return all(isclose(before[end], after[end], rel_tol=1e-6, abs_tol=1e-12) for end in before)


def _range(side: Mapping[str, float] | None) -> Range | None:
    return Range(side["low"], side["likely"], side["high"]) if side else None


def _lines(plan: Saved) -> Iterator[tuple[_Key, Mapping[str, float] | None]]:
    """Every number of a plan by what it is; None where it has no price."""
    for what in ("per_request", "per_month", "once"):
        yield (what.replace("_", " "), "", "USD"), plan[what]
    yield ("requests per month", "", "count"), _exactly(plan["requests_per_month"])
    for line in plan["costs"]:
        what = f"{line['what'].rpartition(': ')[2]}, per {line['per']}"
        yield (what, line["path"], "USD"), line["usd"]
    for one in plan["latency"]:
        place = f"serving.endpoints.{one['endpoint']}"
        for name in ("p50", "p95", "p99", "first_token_p95"):
            yield (f"{name.replace('_', ' ')} of the busiest minute", place, "s"), one[name]
            yield (f"{name.replace('_', ' ')} of the day", place, "s"), one["usual"][name]
        for name in ("utilisation", "refused", "cut_off"):
            yield (name.replace("_", " "), place, "share"), one[name]
    for line in plan["storage"]:
        yield (line["what"], line["path"], "bytes"), line["bytes"]
    for one in plan["gates"]:
        place = f"evals.gates.{one['gate']}"
        yield ("cases", place, "count"), _exactly(one["cases"])
        if one["smallest_drop"] is not None:
            yield ("smallest drop that shows", place, "share"), _exactly(one["smallest_drop"])
    for one in plan["rollout_steps"]:
        place = f"serving.endpoints.{one['endpoint']}.rollout"
        yield (f"requests a day at {one['share'] * 100:.3g}%", place, "count"), _exactly(one["requests_a_day"])
        yield (f"requests needed at {one['share'] * 100:.3g}%", place, "count"), _exactly(one["requests_needed"])


def _exactly(value: float) -> Mapping[str, float]:
    return {"low": value, "likely": value, "high": value}
