"""Without questions whose answers are known, nobody can tell whether a change made the system better or worse."""

from collections.abc import Iterator

from mlwright.architect.context import Context, Served
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit


def _check(context: Context) -> Iterator[Found]:
    for served in context.served():
        if served.endpoint.rollout.gate is None:
            yield Found(served.path, _what(context, served), _patch(context, served))


def _what(context: Context, served: Served) -> str:
    if not context.blueprint.evals.sets:
        return f"rag.{served.pipeline} answers people, and no eval set measures it"
    if not context.blueprint.evals.gates:
        return f"there are eval sets, and no gate holds rag.{served.pipeline} to a number"
    return "a new release gets its traffic without passing any of the gates"


def _patch(context: Context, served: Served) -> tuple[Edit, ...]:
    gates = list(context.blueprint.evals.gates)
    return (Edit(f"{served.path}.rollout.gate", gates[0]),) if len(gates) == 1 else ()


RULE = Rule(
    "EVL001", "error", "served without an eval set or gate", "Breck et al. 2017 (ML Test Score), infra 4", _check,
    softens=True,
)  # fmt: skip
