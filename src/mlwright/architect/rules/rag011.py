"""Smaller vectors are faster, and find a little less. How much less depends on the documents, so it has to be measured
on them."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.evals import facts_of

_BITS = {"f16": 16, "i8": 8, "binary": 1}


def _check(context: Context) -> Iterator[Found]:
    for path, name, spec in context.pipelines():
        bits = _BITS.get(spec.index.quantize)
        if bits is None:
            continue
        bounds = [metric for gate in context.gates_of(name).values() for metric in gate.require]
        if not any((facts := facts_of(metric)) and facts.measures == "retrieval" for metric in bounds):
            yield Found(
                f"{path}.index.quantize",
                f"{spec.index.quantize} keeps {bits} of 32 bits of each number, and no gate of rag.{name} measures what"
                " is found: require recall@5, once with `quantize: none` to compare",
            )


RULE = Rule(
    "RAG011", "warning", "quantised vectors without a measured recall", "recall against exact search; field practice",
    _check,
)  # fmt: skip
