"""The `evals` section of a blueprint."""

from pydantic import BaseModel, ConfigDict, Field

from mlwright.kernel.units import Count, Limit, Share


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EvalSetSpec(_Section):
    """`path` is a JSONL file beside the blueprint; `min_cases` refuses to gate on fewer."""

    path: str
    min_cases: Count = 0


class GateSpec(_Section):
    """`require` bounds the mean of a metric; `max_regression` is the largest drop of any required metric against the
    release in production (0.02 is two points of a metric from 0 to 1), judged on paired differences."""

    set: str
    require: dict[str, Limit] = Field(min_length=1)
    max_regression: Share | None = None


class EvalSpec(_Section):
    sets: dict[str, EvalSetSpec] = Field(default_factory=dict)
    gates: dict[str, GateSpec] = Field(default_factory=dict)
