"""A citation is worth what it is checked for. Where an answer may come without one, or no gate measures them, nobody
notices when they stop supporting what is said."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit
from mlwright.evals import facts_of


def _check(context: Context) -> Iterator[Found]:
    for path, name, spec in context.pipelines():
        if spec.generate.cite == "optional":
            yield Found(
                f"{path}.generate.cite",
                "an answer may come without a single citation that holds",
                (Edit(f"{path}.generate.cite", "required"),),
            )
        for gate, bounds in context.gates_of(name).items():
            measured = {facts.measures for metric in bounds.require if (facts := facts_of(metric))}
            if "citations" not in measured:
                yield Found(
                    f"evals.gates.{gate}.require",
                    f"rag.{name} cites, and the gate looks at {', '.join(bounds.require)}: add citation_accuracy, so"
                    " that a release whose citations point elsewhere does not pass",
                )


RULE = Rule(
    "RAG009", "warning", "citations are not held to a number", "Gao et al. 2023 (ALCE): citation precision", _check
)
