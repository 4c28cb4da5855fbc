"""Names that one section uses and another defines: every one must lead somewhere."""

from collections.abc import Collection, Iterator
from itertools import combinations

from mlwright.blueprint.model import Blueprint
from mlwright.blueprint.nodes import Loc, join_path, place_of
from mlwright.blueprint.problems import Problem, nearest

RULES = ("rule.top_passages",)
"""Fallbacks that need no model."""


def unresolved(blueprint: Blueprint) -> list[Problem]:
    """A problem for each name that leads nowhere, with the names that would."""
    found = [*_rag(blueprint), *_evals(blueprint), *_serving(blueprint), *_twice(blueprint)]
    return [problem for problem in found if problem is not None]


def _rag(blueprint: Blueprint) -> Iterator[Problem | None]:
    models = blueprint.models
    for name, pipeline in blueprint.rag.items():
        at: Loc = ("rag", name)
        yield _names(blueprint, (*at, "documents"), pipeline.documents, blueprint.data.sources, "data.sources")
        yield _names(blueprint, (*at, "index", "embed"), pipeline.index.embed, models.embed, "models.embed")
        yield _names(blueprint, (*at, "generate", "model"), pipeline.generate.model, models.chat, "models.chat")
        if pipeline.situate is not None:
            loc: Loc = (*at, "situate", "model")
            yield _names(blueprint, loc, pipeline.situate.model, models.chat, "models.chat")
            yield _writes(blueprint, loc, pipeline.situate.model)
        if pipeline.rerank is not None:
            yield _names(blueprint, (*at, "rerank", "model"), pipeline.rerank.model, models.rerank, "models.rerank")
        if asked := pipeline.retrieve.rewrite.facts().chat:
            yield _names(blueprint, (*at, "retrieve", "rewrite", "chat"), asked, models.chat, "models.chat")
    for name, part in models.rerank.items():
        if asked := part.facts().chat:
            yield _names(blueprint, ("models", "rerank", name, "chat"), asked, models.chat, "models.chat")


def _evals(blueprint: Blueprint) -> Iterator[Problem | None]:
    for name, gate in blueprint.evals.gates.items():
        yield _names(blueprint, ("evals", "gates", name, "set"), gate.set, blueprint.evals.sets, "evals.sets")


def _serving(blueprint: Blueprint) -> Iterator[Problem | None]:
    handlers = [f"rag.{name}" for name in blueprint.rag]
    for name, endpoint in blueprint.serving.endpoints.items():
        at: Loc = ("serving", "endpoints", name)
        yield _names(blueprint, (*at, "handler"), endpoint.handler, handlers, "rag")
        for number, model in enumerate(endpoint.fallback):
            known = [*blueprint.models.chat, *RULES]
            yield _names(blueprint, (*at, "fallback", number), model, known, "models.chat and rules")
        if endpoint.rollout.gate is not None:
            gates = blueprint.evals.gates
            yield _names(blueprint, (*at, "rollout", "gate"), endpoint.rollout.gate, gates, "evals.gates")
            yield _guards(blueprint, (*at, "rollout", "gate"), endpoint.rollout.gate)


def _twice(blueprint: Blueprint) -> Iterator[Problem]:
    slots = {slot: getattr(blueprint.models, slot) for slot in ("embed", "chat", "rerank")}
    for (first, names), (second, others) in combinations(slots.items(), 2):
        for name in sorted(names.keys() & others.keys()):
            yield _twice_named(blueprint, name, first, second)


def _twice_named(blueprint: Blueprint, name: str, first: str, second: str) -> Problem:
    loc: Loc = ("models", second, name)
    return Problem(
        place_of(blueprint.root, loc),
        join_path(loc),
        f"models.{first} has a model {name!r}, too",
        "a name alone must say which model is meant: rename one",
    )


def _writes(blueprint: Blueprint, loc: Loc, name: str) -> Problem | None:
    part = blueprint.models.chat.get(name)
    if part is None or part.facts().writes:
        return None
    return Problem(
        place_of(blueprint.root, loc),
        join_path(loc),
        f"{name!r} ({part.use}) quotes what it is shown, and cannot write what a chunk is about",
        "name a model of models.chat that writes, as openai/gpt-4o-mini, or take `situate` out",
    )


def _guards(blueprint: Blueprint, loc: Loc, name: str) -> Problem | None:
    gate = blueprint.evals.gates.get(name)
    if gate is None or gate.answers is None:
        return None
    return Problem(
        place_of(blueprint.root, loc),
        join_path(loc),
        f"{name!r} scores answers that another system gave, and says nothing about a release",
        "name a gate without `answers`, which asks the pipeline",
    )


def _names(blueprint: Blueprint, loc: Loc, name: str, known: Collection[str], where: str) -> Problem | None:
    if name in known:
        return None
    hint = nearest(name, known, f"{where} has")
    return Problem(place_of(blueprint.root, loc), join_path(loc), f"{name!r} is not in {where}", hint)
