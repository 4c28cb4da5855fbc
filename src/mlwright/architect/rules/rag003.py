"""Vectors miss rare words: names, codes, numbers. Words find them; both together beat either on almost every set."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit


def _check(context: Context) -> Iterator[Found]:
    for path, _, spec in context.pipelines():
        if spec.index.keyword == "none":
            yield Found(
                f"{path}.index.keyword",
                "the index holds vectors alone: product codes, names and rare words will be missed",
                (Edit(f"{path}.index.keyword", "bm25"),),
            )
        elif spec.retrieve.fuse == "vector":
            yield Found(
                f"{path}.retrieve.fuse",
                "the index holds words, but retrieval asks the vectors alone",
                (Edit(f"{path}.retrieve.fuse", "convex"),),
            )


RULE = Rule("RAG003", "warning", "no search by words beside the vectors", "Thakur et al. 2021 (BEIR)", _check)
