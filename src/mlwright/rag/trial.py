"""Settings on trial: one retrieval with others than those of the blueprint, as the retrieval explorer compares them."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from mlwright.kernel.errors import UserError
from mlwright.rag.remembered import Remembered
from mlwright.rag.spec import PipelineSpec

TRYABLE = ("fuse", "dense_weight", "feedback", "top", "keep", "min_score", "duplicates")
"""Settings of `retrieve` that need nothing built anew; `rerank: false` leaves the reranker out."""


def trial(spec: PipelineSpec, settings: Mapping[str, object]) -> dict[str, Any]:
    """What a retriever is replaced with, so that it follows `settings`; it remembers nothing.

    Raises UserError for a setting that cannot be tried, or a value that the blueprint would not take either."""
    unknown = [name for name in settings if name not in (*TRYABLE, "rerank")]
    if unknown:
        raise UserError(
            f"{unknown[0]!r} cannot be tried in one retrieval", hint=f"try any of: {', '.join((*TRYABLE, 'rerank'))}"
        )
    plain = spec.model_dump(mode="json")
    plain["retrieve"] |= {name: value for name, value in settings.items() if name != "rerank"}
    fields: dict[str, Any] = {"remembered": Remembered(0)}
    if settings.get("rerank", True) is False:
        plain["rerank"] = fields["rerank"] = None
    elif "keep" in settings and plain["rerank"] is not None:
        plain["rerank"]["keep"] = settings["keep"]
    try:
        return {**fields, "spec": PipelineSpec.model_validate(plain)}
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "retrieve"
        raise UserError(
            f"{place}: {first['msg']}", hint="the values are those of `retrieve` in the blueprint"
        ) from error
