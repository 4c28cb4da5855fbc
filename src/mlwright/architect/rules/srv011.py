"""A canary is rolled back by what it shows. A step that sees a handful of requests shows nothing, however bad it is.

The power is that of `plan`: how likely the rule that ends a canary rolls one back within a day that fails three times
as often as it may. In four of five cases it should.
"""

from collections.abc import Iterator

from mlwright.architect import power
from mlwright.architect.context import Context
from mlwright.architect.power import WORSE, StepPower
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit


def _check(context: Context) -> Iterator[Found]:
    firsts: dict[str, StepPower] = {}
    for step in power.steps(context.blueprint):
        firsts.setdefault(step.endpoint, step)
    for served in context.served():
        first = firsts.get(served.name)
        if first is not None and not first.sees:
            yield _found(first, f"{served.path}.rollout.steps", served.endpoint.rollout.steps)


def _found(first: StepPower, path: str, steps: tuple[float, ...]) -> Found:
    whole = first.a_day / first.share
    enough = min(0.5, -(-first.needed * 100 // max(1.0, whole)) / 100)
    later = [step for step in steps if step > enough]
    patch = ", ".join(f"{step * 100:g}%" for step in [enough, *later])
    return Found(
        path,
        f"a step of {first.share * 100:g}% sees {first.a_day:,.0f} requests a day; to roll back an error rate of"
        f" {WORSE:g} x {first.bound:.1%} in four of five cases it needs {first.needed:,}"
        + (f", that is {first.days:,.1f} days" if first.days else ""),
        (Edit(path, f"[{patch}]"),),
    )


RULE = Rule(
    "SRV011", "warning", "the canary sees too few requests to be rolled back", "Wilson 1927, Levy's inequality", _check
)
