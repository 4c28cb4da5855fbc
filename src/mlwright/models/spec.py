"""The `models` section of a blueprint: every model by slot, named once, shared by all systems."""

from pydantic import BaseModel, ConfigDict, Field

from mlwright.models.chat import AnyChat
from mlwright.models.embed import AnyEmbed
from mlwright.models.rerank import AnyRerank


class ModelsSpec(BaseModel):
    """Names are unique across the slots, so that a name alone says which model is meant."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    embed: dict[str, AnyEmbed] = Field(
        default_factory=dict, description="Embedding models by name; where there is none, `embedder: local/minilm`."
    )
    chat: dict[str, AnyChat] = Field(
        default_factory=dict, description="Models that answer, by name; where there is none, `writer: extractive`."
    )
    rerank: dict[str, AnyRerank] = Field(
        default_factory=dict, description="Models that put found passages in a better order, by name."
    )
