"""A bad release that only people can stop answers until somebody looks."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit


def _check(context: Context) -> Iterator[Found]:
    for served in context.served():
        rollout, path = served.endpoint.rollout, f"{served.path}.rollout"
        if len(rollout.steps) == 1:
            yield Found(
                f"{path}.steps",
                "a new release gets all the traffic at once: there is no canary to watch, and none to take away",
                (Edit(f"{path}.steps", "[10%, 50%, 100%]"),),
            )
        elif not rollout.abort_if:
            yield Found(
                path,
                f"a canary gets {rollout.steps[0]:.0%} of the traffic and keeps it however often it fails: abort_if is"
                " not set",
                (Edit(f"{path}.abort_if", '{error_rate: "> 5%"}'),),
            )


RULE = Rule(
    "SRV012", "error", "a rollout that does not stop by itself", "Breck et al. 2017 (ML Test Score), infra 6 and 7",
    _check, softens=True,
)  # fmt: skip
