"""Fusion and ranking choose the best few of many. Where all candidates are kept there is nothing to choose."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit


def _check(context: Context) -> Iterator[Found]:
    for path, _, spec in context.pipelines():
        top, keep = spec.retrieve.top, spec.retrieve.keep
        if spec.rerank is not None:
            if spec.rerank.keep == spec.rerank.candidates:
                yield Found(
                    f"{path}.rerank.keep",
                    f"all {spec.rerank.keep} passages that the reranker sees are kept: it can change their order, and"
                    " leave nothing out",
                    (Edit(f"{path}.rerank.candidates", str(min(500, 6 * spec.rerank.keep))),),
                )
        elif keep == top:
            yield Found(
                f"{path}.retrieve.keep",
                f"all {top} candidates of each retriever are kept, so those that only one of them found fill the list",
                (Edit(f"{path}.retrieve.top", str(min(1000, max(50, 8 * keep)))),),
            )


RULE = Rule(
    "RAG004", "warning", "as many passages are kept as are found", "hybrid retrieval: candidates >> kept", _check
)
