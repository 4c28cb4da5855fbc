"""Requirements: what a system shall do, in nine answers. A file, a person at the terminal and a model fill the same."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from mlwright.kernel.units import Rate, Seconds, UsdPerMonth, rate, times, written_rate

_YES, _NO = ("yes", "true", "y"), ("no", "false", "n", "none")
UNNAMED = "personal data"
"""What stands in the list where only `yes` was said."""


def _yes_or_no(value: Any) -> Any:
    """YAML 1.2 reads `no` as a text."""
    word = str(value).strip().lower()
    if isinstance(value, str | bool) and word in (*_YES, *_NO):
        return word in _YES
    raise ValueError("should be yes or no")


def _listed(value: Any) -> Any:
    """`en, de` is `[en, de]`."""
    return [one.strip() for one in value.split(",") if one.strip()] if isinstance(value, str) else value


def _personal(value: Any) -> Any:
    """`none` and `no` are an empty list, `yes` is data of a kind that was not said."""
    word = str(value).strip().lower() if isinstance(value, str | bool) else ""
    return [] if word in _NO else [UNNAMED] if word in _YES else _listed(value)


def _language(code: str) -> str:
    if not re.fullmatch(r"[a-z]{2}", code):
        raise ValueError(f"{code!r} is not a language code of two letters, as en or de")
    return code


def _busiest(value: Any) -> str:
    """As it is written, once it is understood: `6x` or `90/min`."""
    if isinstance(value, str) and "/" in value:
        rate(value)
    elif times(value) < 1:
        raise ValueError("the busiest minute has at least as many requests as the mean one: 1x or more")
    return str(value)


Answer = Annotated[bool, BeforeValidator(_yes_or_no)]
Languages = Annotated[tuple[Annotated[str, AfterValidator(_language)], ...], BeforeValidator(_listed)]
Personal = Annotated[tuple[str, ...], BeforeValidator(_personal)]


class Requirements(BaseModel):
    """What is not said stays open: the decision table then takes the careful choice, and says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    answers: str | None = Field(
        default=None, min_length=3, max_length=500, description="What it answers or predicts, in one sentence."
    )
    data: str | None = Field(
        default=None,
        min_length=1,
        description="Where its data lie: a folder of documents, or a JSONL file of cases with the answers that another "
        "system gave. Relative paths start at the file that says so.",
    )
    requests: Rate | None = Field(default=None, gt=0, description="How many requests come, as in 2k/day.")
    busiest: Annotated[str, BeforeValidator(_busiest)] | None = Field(
        default=None, description="The busiest minute: its requests, as in 90/min, or so many times the mean, as in 6x."
    )
    latency: Seconds | None = Field(
        default=None, gt=0, description="95 of 100 answers shall be complete within this time, as in 4s."
    )
    budget: UsdPerMonth | None = Field(default=None, description="The most it may cost, as in 200 USD/month.")
    personal_data: Personal | None = Field(
        default=None, description="Kinds of personal data in it, as in [email, phone]; `none`, or `yes`."
    )
    languages: Languages | None = Field(
        default=None, description="Languages of documents and questions, by their codes of two letters: [en, de]."
    )
    may_leave: Answer | None = Field(
        default=None, description="Whether documents and questions may be sent to another company: yes or no."
    )
    kind: str | None = Field(
        default=None, description="Which template it begins with, where the data do not say: rag or evals."
    )

    @model_validator(mode="after")
    def _busiest_at_least_mean(self) -> "Requirements":
        if self.requests is not None and self.peak is not None and self.peak < 1:
            raise ValueError(
                f"busiest: {self.busiest} is less than the mean of requests, {written_rate(self.requests)}"
            )
        return self

    @property
    def peak(self) -> float | None:
        """The busiest minute over the mean; None where it was not said, or only as a rate without a mean."""
        if self.busiest is None:
            return None
        if "/" not in self.busiest:
            return times(self.busiest)
        return rate(self.busiest) / self.requests if self.requests else None
