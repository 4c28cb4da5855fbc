"""What a blueprint is called by content, and how it is recorded: the release it would be, the file it is."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from mlwright.blueprint.nodes import Loc, Node, join_path, place_of, replaced
from mlwright.blueprint.secrets import leaves
from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref, content_ref

FORMAT = 1
_USUAL = "generate"
_NO_ANSWER = frozenset({"why", "price", "speed", "device"})
"""Fields of a model that change no answer."""


def prompt_key(pipeline: str, stage: str) -> str:
    """What the prompt of a stage is called among the prompts of a blueprint: the pipeline's, for its answers."""
    return pipeline if stage == _USUAL else f"{pipeline}.{stage}"


def prompt_place(key: str) -> tuple[str, str]:
    """Pipeline and stage of a prompt."""
    pipeline, _, stage = key.partition(".")
    return pipeline, stage or _USUAL


def release_ref(sections: BaseModel, prompts: Mapping[str, str]) -> Ref:
    """The release that a blueprint would be: equal names give equal answers to equal questions over equal documents.

    It hashes (format 1), with defaults written out:
    - `models.embed`, `models.chat`, `models.rerank`: every model with all its fields, but for secrets, `why`,
      `price`, `speed` and `device`;
    - `data.sources`: what is read (not when, and not what stands in it: that is the dataset's and the index's name);
    - `rag`: every pipeline with all its fields, and the texts of its prompts (the built-in ones where it
      names no file) instead of the files' names;
    - `serving.endpoints.*.handler` and `.fallback`: who answers, and who answers instead.
    Not in it: `system`, `tracking`, `evals`, `targets`, `waive`, and what an endpoint promises or limits (traffic, slo,
    auth, limits, cache, rollout), for they change who may ask and how long it takes, never what is answered. Comments,
    order and spelling of the file do not matter, nor do the values of secrets.
    """
    whole = _without_secrets(sections)
    models = {
        slot: {
            name: {key: value for key, value in part.items() if key not in _NO_ANSWER} for name, part in parts.items()
        }
        for slot, parts in whole["models"].items()
    }
    rag = {name: _with_prompts(name, pipeline, prompts) for name, pipeline in whole["rag"].items()}
    served = {
        name: {"handler": endpoint["handler"], "fallback": endpoint["fallback"]}
        for name, endpoint in whole["serving"]["endpoints"].items()
    }
    sources = {
        name: {key: value for key, value in part.items() if key != "refresh"}
        for name, part in whole["data"]["sources"].items()
    }
    fields = {"models": models, "sources": sources, "rag": rag, "endpoints": served}
    return content_ref("release", fields, format=FORMAT)


def blueprint_ref(sections: BaseModel, prompts: Mapping[str, str]) -> Ref:
    """The whole of a blueprint by content: every section but `targets`, and the prompts."""
    whole = _without_secrets(sections)
    del whole["targets"]
    return content_ref("blueprint", {"sections": whole, "prompts": dict(prompts)}, format=FORMAT)


def as_data(sections: BaseModel, secrets: Mapping[Loc, str]) -> dict[str, Any]:
    """All values with their defaults as JSON data. Secrets are `${NAME}` where they came from the environment, and
    masked where they stand in the file."""
    data: dict[str, Any] = sections.model_dump(mode="json")
    for loc, name in secrets.items():
        data = replaced(data, loc, f"${{{name}}}")
    return data


def as_release(
    sections: BaseModel, secrets: Mapping[Loc, str], prompts: Mapping[str, str], root: Node
) -> dict[str, Any]:
    """What `from_release` needs to rebuild this blueprint later, as JSON data without any secret.

    Raises UserError where a secret stands in the file itself: it could not be kept."""
    data = as_data(sections, secrets)
    del data["targets"]
    for loc, value in leaves(sections):
        if isinstance(value, SecretStr) and loc not in secrets and loc[0] != "targets":
            raise UserError(
                f"{place_of(root, loc)}: {join_path(loc)}: a secret stands in the file, and a release cannot keep it",
                hint="write ${NAME} and set the environment variable",
            )
    return {"format": FORMAT, "blueprint": data, "prompts": dict(prompts)}


def _with_prompts(name: str, pipeline: Mapping[str, Any], prompts: Mapping[str, str]) -> dict[str, Any]:
    """A pipeline whose stages have their prompts as texts."""
    stages = {
        stage: {**fields, "prompt": prompts.get(prompt_key(name, stage))}
        for stage, fields in pipeline.items()
        if isinstance(fields, Mapping) and "prompt" in fields
    }
    return {**pipeline, **stages}


def _without_secrets(sections: BaseModel) -> dict[str, Any]:
    data: dict[str, Any] = sections.model_dump(mode="json")
    for loc, value in leaves(sections):
        if isinstance(value, SecretStr):
            data = replaced(data, loc, None)
    return data
