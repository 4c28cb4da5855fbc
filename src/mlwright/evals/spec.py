"""The `evals` section of a blueprint."""

from pydantic import BaseModel, ConfigDict, Field

from mlwright.kernel.units import Count, Limit, Seconds, Share


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EvalSetSpec(_Section):
    """Examples, one JSON object a line."""

    path: str = Field(description="A JSONL file; relative paths start at the blueprint's folder.")
    min_cases: Count = Field(default=0, description="A gate over a set with fewer examples fails.")
    max_age: Seconds = Field(
        default=365.25 * 86400.0,
        gt=0,
        description="How long the examples may stay as they are; `check --records` finds a set that is older.",
    )


class GateSpec(_Section):
    """What a release has to reach before it gets more traffic."""

    set: str = Field(description="The eval set, by its name in `evals.sets`.")
    require: dict[str, Limit] = Field(
        min_length=1, description='Metric to the bound that its mean must hold, as in "recall@5": ">= 0.8".'
    )
    max_regression: Share | None = Field(
        default=None,
        description="The largest drop of a required metric against the release in production (0.02 is two points of a "
        "metric from 0 to 1), over the examples that both answered. Without it nothing is compared.",
    )
    answers: str | None = Field(
        default=None,
        description="A JSONL file with the answers that another system gave to the set, as a path from the blueprint's "
        "folder; they are scored instead of answers of a pipeline.",
    )
    why: str = Field(default="", description="Why these bounds, in your words.")
    allow_synthetic: bool = Field(
        default=False,
        description="Whether examples that a program made may decide; they fail the gate otherwise.",
    )


class EvalSpec(_Section):
    sets: dict[str, EvalSetSpec] = Field(default_factory=dict, description="Sets of questions, by name.")
    gates: dict[str, GateSpec] = Field(default_factory=dict, description="Gates that releases must pass, by name.")
