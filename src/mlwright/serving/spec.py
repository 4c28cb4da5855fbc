"""The `serving` section of a blueprint: endpoints, what they promise, and how a new release reaches them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mlwright.kernel.units import Count, Limit, Rate, Seconds, Share, Times, Usd


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AnswerTokens(_Section):
    p50: Count = 150
    p95: Count = 400


class TokensSpec(_Section):
    question: Count = 30
    answer: AnswerTokens = Field(default_factory=AnswerTokens)


class TrafficSpec(_Section):
    """Assumptions of the plan. `peak` is the busiest minute over the mean; `repeats` the share that an exact cache can
    answer."""

    requests: Rate = Field(default="1k/day", validate_default=True)
    peak: Times = 4.0
    repeats: Share = 0.0
    tokens: TokensSpec = Field(default_factory=TokensSpec)


class SloSpec(_Section):
    p95: Seconds | None = None
    first_token_p95: Seconds | None = None
    cost_per_request: Usd | None = None


class LimitsSpec(_Section):
    """`rate` is per key or address; `timeout` is for one model call, `retries` how often a transient failure is tried
    again; `queue` is how long a request may wait for one of `concurrency` places before it is refused."""

    rate: Rate = Field(default="120/min", validate_default=True)
    concurrency: int = Field(default=8, ge=1)
    queue: Seconds = 10.0
    timeout: Seconds = 60.0
    retries: int = Field(default=1, ge=0, le=5)
    input: Count = 10_000


class CacheSpec(_Section):
    """`exact` is how long an answer may be served again for the same request and the same versions."""

    exact: Seconds | None = None


class RolloutSpec(_Section):
    """Shares of the traffic that a new release gets, one after another; each promotion needs `gate`. `abort_if` rolls
    back by itself; the one series today is `error_rate` of the canary."""

    steps: tuple[Share, ...] = (0.01, 0.1, 1.0)
    gate: str | None = None
    abort_if: dict[Literal["error_rate"], Limit] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _steps_grow(self) -> "RolloutSpec":
        if not self.steps or list(self.steps) != sorted(set(self.steps)) or self.steps[0] <= 0 or self.steps[-1] != 1:
            raise ValueError("steps must grow and end at 100%, as in [1%, 10%, 100%]")
        return self


class EndpointSpec(_Section):
    """`handler` is `rag.<pipeline>`; `fallback` lists chat models and `rule.top_passages`, tried in order."""

    handler: str
    modes: tuple[Literal["json", "sse"], ...] = ("json", "sse")
    traffic: TrafficSpec = Field(default_factory=TrafficSpec)
    slo: SloSpec = Field(default_factory=SloSpec)
    auth: Literal["none", "api_key"] = "none"
    limits: LimitsSpec = Field(default_factory=LimitsSpec)
    cache: CacheSpec = Field(default_factory=CacheSpec)
    fallback: tuple[str, ...] = ()
    rollout: RolloutSpec = Field(default_factory=RolloutSpec)


class ServingSpec(_Section):
    endpoints: dict[str, EndpointSpec] = Field(default_factory=dict)
