"""One number hides the other: an answer can be right by luck over passages that do not hold it."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.evals import facts_of


def _check(context: Context) -> Iterator[Found]:
    for name, gate in context.blueprint.evals.gates.items():
        path, names = f"evals.gates.{name}.require", ", ".join(gate.require)
        found = {facts.measures == "retrieval" for metric in gate.require if (facts := facts_of(metric))}
        if len(gate.require) == 1:
            yield Found(
                path,
                f"the gate looks at {names} alone; score retrieval (recall@5, mrr) and the answer (citation_accuracy)"
                " apart, so that a failure says where it is",
            )
        elif found == {False}:
            yield Found(
                path,
                f"the gate looks at what is said ({names}) and not at what is found: add recall@5, so that a failure"
                " says where it is",
            )
        elif found == {True}:
            yield Found(
                path,
                f"the gate looks at what is found ({names}) and not at what is said: add citation_accuracy or"
                " token_f1, for good passages can be answered badly",
            )


RULE = Rule(
    "EVL002", "warning", "retrieval and answer are not scored apart", "Es et al. 2024 (RAGAS)",
    _check,
)  # fmt: skip
