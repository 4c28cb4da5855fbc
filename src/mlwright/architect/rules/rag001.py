"""Without overlap a sentence at a cut belongs to neither chunk; with much of it the index holds everything twice."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit

_MOST = 0.25


def _check(context: Context) -> Iterator[Found]:
    for path, _, spec in context.pipelines():
        overlap = getattr(spec.chunk, "overlap", None)
        if overlap is None or 0 < overlap <= _MOST:
            continue
        says = (
            "chunks do not overlap: what a cut separates is found by neither side"
            if overlap == 0
            else f"{overlap:.0%} of each chunk is repeated: the index grows {1 / (1 - overlap):.1f}x for it"
        )
        yield Found(f"{path}.chunk.overlap", says, (Edit(f"{path}.chunk.overlap", "15%"),))


RULE = Rule("RAG001", "warning", "overlap of chunks is none or too much", "field practice: 10 to 25 %", _check)
