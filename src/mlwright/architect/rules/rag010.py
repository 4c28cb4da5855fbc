"""An index answers from what it read. What changed since is answered as it was, with a citation to prove it."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule


def _check(context: Context) -> Iterator[Found]:
    for path, name, _ in context.pipelines():
        report = context.records.rag.get(name)
        if report is None or not report.stale:
            continue
        if report.index is None:
            says = f"{report.stale} documents were read, and no index holds them yet: run `mlwright ingest`"
        else:
            share = report.stale / max(report.documents, report.stale)
            says = (
                f"{report.stale} documents changed since the index was built on {report.built_at[:16]} ({share:.1%} of"
                f" {report.documents}): run `mlwright ingest`"
            )
        yield Found(f"{path}.documents", says)


RULE = Rule(
    "RAG010", "warning", "documents changed since the index was built", "the index's dataset against the newest one",
    _check, reads="records",
)  # fmt: skip
