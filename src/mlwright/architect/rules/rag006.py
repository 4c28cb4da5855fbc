"""A filter on a field that the index does not hold matches nothing, or is ignored."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit


def _check(context: Context) -> Iterator[Found]:
    for path, _, spec in context.pipelines():
        missing = [name for name in spec.retrieve.filter if name not in spec.index.metadata]
        if missing:
            together = ", ".join([*spec.index.metadata, *missing])
            yield Found(
                f"{path}.retrieve.filter",
                f"callers may filter by {', '.join(missing)}, and the index holds {_list(spec.index.metadata)}",
                (Edit(f"{path}.index.metadata", f"[{together}]"),),
            )


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "no fields"


RULE = Rule("RAG006", "warning", "a filter on a field that is not indexed", "cross-reference within the file", _check)
