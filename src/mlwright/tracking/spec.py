"""The `tracking` section of a blueprint."""

from pydantic import BaseModel, ConfigDict


class TrackingSpec(BaseModel):
    """`experiment` groups the runs (the system's name where absent); `environment` records interpreter, platform and
    the versions of installed packages with each run."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    experiment: str | None = None
    environment: bool = True
