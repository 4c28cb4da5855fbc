"""The `tracking` section of a blueprint."""

from pydantic import BaseModel, ConfigDict, Field


class TrackingSpec(BaseModel):
    """What is kept of every run."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    experiment: str | None = Field(
        default=None, description="The name that groups the runs; the system's name where absent."
    )
    environment: bool = Field(
        default=True, description="Keep interpreter, platform and versions of installed packages with each run."
    )
