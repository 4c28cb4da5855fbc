"""A pipeline with many parts has to beat the simple one: words alone, or vectors alone. Often it does not."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule


def _check(context: Context) -> Iterator[Found]:
    for name in dict.fromkeys(served.pipeline for served in context.served()):
        report = context.records.rag.get(name)
        if report is None or report.index is None or f"tune {name}" in context.records.tracking.latest:
            continue
        yield Found(
            f"rag.{name}",
            "no run compares it with words alone and vectors alone: `mlwright rag tune` does, on your own questions",
        )


RULE = Rule(
    "MOD002", "warning", "no simpler pipeline was ever compared", "Breck et al. 2017 (ML Test Score), model 5", _check,
    reads="records", softens=True,
)  # fmt: skip
