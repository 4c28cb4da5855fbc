"""The blueprint as an object: its sections, where each value is written, and what it is called by content."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    StringConstraints,
    model_validator,
)

from mlwright import rag as rag_room
from mlwright.blueprint.identity import as_data, as_release, blueprint_ref, prompt_key, release_ref
from mlwright.blueprint.nodes import Loc, Node, Place, Scalar, Table, find, place_of, place_of_key, split_path
from mlwright.blueprint.writing import to_yaml
from mlwright.data import DataSpec
from mlwright.evals import EvalSpec
from mlwright.kernel.ids import Ref
from mlwright.kernel.units import UsdPerMonth
from mlwright.models import ModelsSpec
from mlwright.rag import AnyCompute, AnyIndex, ComputePart, PipelineSpec
from mlwright.serving import ServingSpec
from mlwright.tracking import TrackingSpec

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]*$", max_length=80)]
"""A name that the author chooses: letters, digits, `-` and `_`, so that paths through the file are unambiguous."""

DEFAULT_EMBED = {"embedder": "local/minilm"}
DEFAULT_CHAT = {"writer": "extractive"}


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SystemSpec(_Section):
    """What the system is, and who answers for it."""

    name: Name = Field(description="What the system is called; runs and pages carry it.")
    owner: str | None = Field(default=None, description="Who answers for it: a team or a person.")
    purpose: str | None = Field(default=None, description="What it is for, in one sentence.")
    risk: Literal["minimal", "limited", "high"] | None = Field(
        default=None, description="The risk class, in the words of the EU AI Act."
    )
    budget: UsdPerMonth | None = Field(default=None, description="The most it may cost, as in 1200 USD/month.")


def _at_address(value: Any) -> Any:
    """`ray://head:10001` is short for the part `ray` at that address."""
    scheme, found, _ = value.partition("://") if isinstance(value, str) else ("", "", "")
    return {"use": scheme, "address": value} if found else value


class TargetSpec(_Section):
    """The same file on other engines."""

    store: SecretStr | None = Field(
        default=None, description="Database: a path, or postgresql://…; `${NAME}` is read from the environment."
    )
    blobs: SecretStr | None = Field(
        default=None, description="Files by content: a path, or s3://bucket; `${NAME}` is read from the environment."
    )
    compute: Annotated[AnyCompute, BeforeValidator(_at_address)] = Field(
        default="local",
        validate_default=True,
        description="Where documents are read and embedded: `local`, `ray`, or a cluster's address, `ray://head:10001`.",
    )
    vectors: AnyIndex | None = Field(
        default=None,
        description="What holds the indexes of all pipelines, as `pgvector`, which then uses the `store`; what each "
        "pipeline says in `index.engine` where absent.",
    )
    set: dict[str, Any] = Field(
        default_factory=dict, description="Values that this target replaces, by path: `serving.endpoints.x.auth`."
    )


class WaiverSpec(_Section):
    """A finding that was looked at and accepted, with the reason, until a day."""

    rule: str = Field(pattern=r"^[A-Z]{3}\d{3}$", description="The id of the rule, as in RAG004.")
    reason: str = Field(min_length=8, description="Why it is accepted, for the next reader.")
    until: date = Field(description="The last day on which it counts, as in 2027-01-31.")
    path: str | None = Field(default=None, description="Only findings at or below this path, as in rag.docs.")


@dataclass(frozen=True, slots=True)
class Target:
    """The engines that this blueprint was loaded for; None means the embedded one. Texts may hold passwords."""

    name: str = "local"
    store: str | None = field(default=None, repr=False)
    blobs: str | None = field(default=None, repr=False)
    compute: ComputePart | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a blueprint comes from. `secrets` maps the place of a secret to the environment variable behind it."""

    path: Path
    root: Node
    target: Target = Target()
    secrets: Mapping[Loc, str] = field(default_factory=dict)
    prompts: Mapping[str, str] = field(default_factory=dict)


def _default_models() -> ModelsSpec:
    return ModelsSpec.model_validate({"embed": DEFAULT_EMBED, "chat": DEFAULT_CHAT})


def _nowhere() -> Origin:
    return Origin(Path("mlwright.yaml"), Table(Place("blueprint")))


class Blueprint(_Section):
    """One ML/LLM system. Made by `load`; equal sections make equal blueprints."""

    version: Literal[1] = Field(default=1, description="The version of this file format.")
    system: SystemSpec = Field(description="What the system is, and who answers for it.")
    models: ModelsSpec = Field(
        default_factory=_default_models,
        description="Every model by slot, named once.",
    )
    data: DataSpec = Field(default=DataSpec(), description="Where documents and records come from.")
    rag: dict[Name, PipelineSpec] = Field(default_factory=dict, description="Pipelines that answer from documents.")
    tracking: TrackingSpec = Field(default=TrackingSpec(), description="What is kept of every run.")
    evals: EvalSpec = Field(default=EvalSpec(), description="Sets of questions with answers, and gates.")
    serving: ServingSpec = Field(default=ServingSpec(), description="Endpoints, their promises, and rollouts.")
    targets: dict[Name, TargetSpec] = Field(default_factory=dict, description="The same file on other engines.")
    waive: tuple[WaiverSpec, ...] = Field(
        default=(), description="Findings that were accepted, with reason and expiry."
    )

    _origin: Origin = PrivateAttr(default_factory=_nowhere)

    @model_validator(mode="before")
    @classmethod
    def _fill_models(cls, data: Any) -> Any:
        """A slot of `models` that is absent or empty gets the embedded default."""
        if not isinstance(data, Mapping) or not isinstance(data.get("models", {}), Mapping):
            return data
        models = dict(data.get("models", {}))
        models["embed"] = models.get("embed") or DEFAULT_EMBED
        models["chat"] = models.get("chat") or DEFAULT_CHAT
        return {**data, "models": models}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Blueprint) and all(
            getattr(self, name) == getattr(other, name) for name in type(self).model_fields
        )

    @property
    def path(self) -> Path:
        """The file it was read from, absolute."""
        return self._origin.path

    @property
    def folder(self) -> Path:
        """Where relative paths of the blueprint start."""
        return self._origin.path.parent

    @property
    def target(self) -> Target:
        return self._origin.target

    @property
    def prompts(self) -> Mapping[str, str]:
        """The texts of the prompt files that pipelines name, by `identity.prompt_key`."""
        return self._origin.prompts

    @property
    def secrets(self) -> Mapping[Loc, str]:
        """The environment variable behind each secret that is written as `${NAME}`."""
        return self._origin.secrets

    @property
    def root(self) -> Node:
        """The values as they are written, with their places."""
        return self._origin.root

    def place(self, path: str) -> Place:
        """Where a value is written, by its path (`rag.docs.retrieve.top`): the value itself, or for a default its
        nearest written ancestor."""
        return place_of(self._origin.root, split_path(path))

    def written(self, path: str) -> str | None:
        """The word that stands at a path, as it is written; None where a mapping, a list or nothing stands there."""
        node, way = find(self._origin.root, split_path(path))
        return node.text if isinstance(node, Scalar) and way == split_path(path) else None

    def says(self, path: str) -> bool:
        """Whether the file itself holds a value at this path, rather than a default."""
        return find(self._origin.root, split_path(path))[1] == split_path(path)

    def place_of_key(self, path: str) -> Place:
        """Where the key of a value is written; for a default, its nearest written ancestor."""
        return place_of_key(self._origin.root, split_path(path))

    @property
    def ref(self) -> Ref:
        """The release that this blueprint would be; `identity.release_ref` lists what is hashed."""
        return release_ref(self, self._all_prompts())

    @property
    def blueprint_ref(self) -> Ref:
        """The whole file by content, prompts included."""
        return blueprint_ref(self, self._all_prompts())

    def as_data(self) -> dict[str, Any]:
        """All values with their defaults as JSON data. Secrets are `${NAME}` where they came from the environment, and
        masked where they stand in the file."""
        return as_data(self, self.secrets)

    def as_release(self) -> dict[str, Any]:
        """What `from_release` needs to rebuild this blueprint later, as JSON data without any secret.
        Raises UserError where a secret stands in the file itself: it could not be kept."""
        return as_release(self, self.secrets, self._all_prompts(), self.root)

    def _all_prompts(self) -> dict[str, str]:
        """The texts that each pipeline gives to models: its files, else the prompts that come with this mlwright."""
        keys = [(prompt_key(name, stage), stage) for name, pipeline in self.rag.items() for stage in pipeline.prompts]
        return {key: self.prompts[key] if key in self.prompts else rag_room.built_in_text(stage) for key, stage in keys}

    def resolved(self) -> str:
        """The whole file as YAML, with every default written out; it loads to an equal blueprint."""
        return to_yaml(self.as_data())

    def with_target(self, target: Target) -> "Blueprint":
        """The same file for another target."""
        return self.with_origin(replace(self._origin, target=target))

    def with_origin(self, origin: Origin) -> "Blueprint":
        """The same sections, with another origin."""
        copy = self.model_copy()
        copy._origin = origin
        return copy
