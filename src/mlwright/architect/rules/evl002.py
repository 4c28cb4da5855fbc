"""One number hides the other: an answer can be right by luck over passages that do not hold it."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule


def _check(context: Context) -> Iterator[Found]:
    for name, gate in context.blueprint.evals.gates.items():
        if len(gate.require) == 1:
            only = next(iter(gate.require))
            yield Found(
                f"evals.gates.{name}.require",
                f"the gate looks at {only} alone; score retrieval (recall@5, mrr) and the answer (citation_accuracy)"
                " apart, so that a failure says where it is",
            )


RULE = Rule(
    "EVL002", "warning", "a gate with a single metric", "Es et al. 2024 (RAGAS): retrieval and answer apart", _check
)
