"""The `serving` section of a blueprint: endpoints, what they promise, and how a new release reaches them."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mlwright.kernel.units import Count, Limit, Rate, Seconds, Share, Times, Usd

TOP_PASSAGES = "rule.top_passages"
"""A fallback that asks no model: the retrieved passages are the answer."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AnswerTokens(_Section):
    """Tokens of an answer."""

    p50: Count = Field(default=150, description="Tokens of the median answer.")
    p95: Count = Field(default=400, description="Tokens that 95 of 100 answers stay below.")
    mean: Count | None = Field(
        default=None, description="Tokens of a mean answer, where measured; else log-normal through p50 and p95."
    )


class TokensSpec(_Section):
    """Tokens of a request, for the plan."""

    question: Count = Field(default=30, description="Tokens of a mean question.")
    prompt: Count | None = Field(
        default=None,
        description="Tokens of a mean prompt, passages and all, where measured; else estimated from the pipeline.",
    )
    answer: AnswerTokens = Field(default_factory=AnswerTokens)


class MeasuredSpec(_Section):
    """What `plan --calibrate` has measured the traffic on; plans say how old that is."""

    until: date = Field(description="The last day of the requests, as 2026-11-23.")
    over: Seconds = Field(description="How long they were counted, as 24h.")
    requests: Count = Field(description="How many there were.")


class TrafficSpec(_Section):
    """What the plan assumes of the traffic."""

    requests: Rate = Field(default="1k/day", validate_default=True, description="Mean number of requests.")
    peak: Times = Field(default=4.0, description="The busiest minute over the mean.")
    burst: float = Field(
        default=1.0,
        ge=0.1,
        le=1000,
        description="How much requests come in batches: the squared coefficient of variation of the gaps between them. "
        "1 are independent people, 10 and more come from programs.",
    )
    trace: str | None = Field(
        default=None,
        description="Recorded requests instead of `peak` and `burst`: a CSV file with `timestamp` and `answer_tokens`.",
    )
    repeats: Share = Field(default=0.0, description="The share of requests that an exact cache can answer.")
    fallbacks: Share = Field(default=0.01, description="The share of requests that the first model fails.")
    tokens: TokensSpec = Field(default_factory=TokensSpec)
    measured: MeasuredSpec | None = Field(
        default=None, description="What these numbers were measured on; `plan --calibrate` writes it."
    )


class SloSpec(_Section):
    """What the endpoint promises; rules and plan hold it against the rest of the file."""

    p95: Seconds | None = Field(default=None, description="95 of 100 answers are complete within this time.")
    first_token_p95: Seconds | None = Field(default=None, description="95 of 100 answers begin within this time.")
    cost_per_request: Usd | None = Field(default=None, description="The most that a mean request may cost.")


class LimitsSpec(_Section):
    """What an endpoint lets in, and how long it tries."""

    rate: Rate = Field(default="120/min", validate_default=True, description="Requests of one key or address.")
    concurrency: int = Field(default=8, ge=1, description="Requests that are answered at the same time.")
    queue: Seconds = Field(default=10.0, description="How long a request waits for a place before it is refused.")
    timeout: Seconds = Field(default=60.0, description="How long one call of a model may take.")
    retries: int = Field(default=1, ge=0, le=5, description="How often a call that failed for now is tried again.")
    input: Count = Field(default=10_000, description="The longest question, in characters.")


class CacheSpec(_Section):
    """Which answers are served again."""

    exact: Seconds | None = Field(
        default=None,
        description="How long an answer is served again for the same request to the same versions; never if absent.",
    )


class RolloutSpec(_Section):
    """How a new release takes over."""

    steps: tuple[Share, ...] = Field(
        default=(0.01, 0.1, 1.0), description="Shares of the traffic that a new release gets, one after another."
    )
    gate: str | None = Field(default=None, description="The gate of `evals.gates` that every promotion must pass.")
    abort_if: dict[Literal["error_rate"], Limit] = Field(
        default_factory=dict, description='When a canary is rolled back by itself, as in error_rate: "> 5%".'
    )

    @model_validator(mode="after")
    def _steps_grow(self) -> "RolloutSpec":
        if not self.steps or list(self.steps) != sorted(set(self.steps)) or self.steps[0] <= 0 or self.steps[-1] != 1:
            raise ValueError("steps must grow and end at 100%, as in [1%, 10%, 100%]")
        return self


class EndpointSpec(_Section):
    """One address where questions are answered."""

    handler: str = Field(description="Who answers: `rag.<pipeline>`.")
    modes: tuple[Literal["json", "sse"], ...] = Field(
        default=("json", "sse"), description="How it answers: whole (`json`), streamed (`sse`), or both."
    )
    traffic: TrafficSpec = Field(default_factory=TrafficSpec)
    slo: SloSpec = Field(default_factory=SloSpec)
    auth: Literal["none", "api_key"] = Field(
        default="none", description="`api_key`: a key is needed on this machine too; elsewhere it always is."
    )
    limits: LimitsSpec = Field(default_factory=LimitsSpec)
    cache: CacheSpec = Field(default_factory=CacheSpec)
    fallback: tuple[str, ...] = Field(
        default=(), description="Who answers when the model fails, in order: chat models, and `rule.top_passages`."
    )
    rollout: RolloutSpec = Field(default_factory=RolloutSpec)


class TracesSpec(_Section):
    """What is kept of the steps of requests and runs."""

    keep: Seconds | None = Field(
        default=None, gt=0, description="How long traces stay, as 30d; `span_days` of the settings where absent."
    )


class ServingSpec(_Section):
    endpoints: dict[str, EndpointSpec] = Field(default_factory=dict, description="Endpoints, by name.")
    traces: TracesSpec = Field(default_factory=TracesSpec)
