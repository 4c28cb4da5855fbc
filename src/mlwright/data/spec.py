"""The `data` section of a blueprint."""

from pydantic import BaseModel, ConfigDict, Field

from mlwright.data.sources import AnySource


class DataSpec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    sources: dict[str, AnySource] = Field(
        default_factory=dict, description="Where documents come from, by a name of your choice."
    )
