"""Labels that say who may see a document help only where the index holds them and a search can ask for them."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit
from mlwright.rag import ACL, PipelineSpec


def _check(context: Context) -> Iterator[Found]:
    for path, name, spec in context.pipelines():
        held = ACL in spec.index.metadata
        labelled = _labels(context, name, spec)
        if labelled and not held:
            together = ", ".join([*spec.index.metadata, ACL])
            yield Found(
                f"{path}.index.metadata",
                f"{labelled}, and the index does not hold `{ACL}`: everybody is answered from every document",
                (Edit(f"{path}.index.metadata", f"[{together}]"),),
            )
        elif held and spec.retrieve.filter and ACL not in spec.retrieve.filter:
            together = ", ".join([*spec.retrieve.filter, ACL])
            yield Found(
                f"{path}.retrieve.filter",
                f"the index holds `{ACL}`, and a search may not filter by it",
                (Edit(f"{path}.retrieve.filter", f"[{together}]"),),
            )
        elif held:
            yield from _open(context, name)


def _labels(context: Context, name: str, spec: PipelineSpec) -> str:
    """Where labels come from; empty where nobody knows of any."""
    if ACL in spec.meta:
        return f"the place of a document says who may see it ({spec.meta[ACL]})"
    report = context.records.rag.get(name) if context.recorded else None
    return f"{report.labelled} documents say who may see them" if report and report.labelled else ""


def _open(context: Context, pipeline: str) -> Iterator[Found]:
    for served in context.served():
        if served.pipeline == pipeline and served.endpoint.auth == "none":
            yield Found(
                f"{served.path}.auth",
                f"rag.{pipeline} holds labels, the caller says whose it asks for, and on this machine anybody may call:"
                " set auth: api_key, and let what holds the key set the filter",
            )


RULE = Rule("RAG012", "warning", "labels of access do not reach the search", "OWASP LLM08:2025", _check)
