"""Serving: the way of a request, with every limit on it and everything that stands in for something else."""

from collections.abc import Iterator
from itertools import pairwise

from mlwright.architect.graph import Edge, Graph, Lane, Node
from mlwright.architect.views import View
from mlwright.architect.views._parts import kept_of
from mlwright.blueprint import Blueprint
from mlwright.kernel.units import written_rate, written_seconds, written_share
from mlwright.serving import TOP_PASSAGES, EndpointSpec

LANES = (
    Lane("client", "Client"),
    Lane("door", "Door"),
    Lane("places", "Cache and places"),
    Lane("pipeline", "Pipeline"),
    Lane("models", "Who answers"),
    Lane("gate", "Gate"),
)
_TURN = ("first", "then", "at last")


def _draw(blueprint: Blueprint) -> Graph:
    nodes, edges = list[Node](), list[Edge]()
    for name, endpoint in blueprint.serving.endpoints.items():
        nodes += _nodes(blueprint, name, endpoint)
        edges += _edges(blueprint, name, endpoint)
    unique = tuple({node.id: node for node in nodes}.values())
    return Graph("serving", f"{blueprint.system.name}: serving", "", LANES, unique, tuple(edges))


def _nodes(blueprint: Blueprint, name: str, endpoint: EndpointSpec) -> Iterator[Node]:
    path, limits = f"serving.endpoints.{name}", endpoint.limits
    auth = "a key, always" if endpoint.auth == "api_key" else "a key, but on loopback"
    rate = blueprint.written(f"{path}.limits.rate") or written_rate(limits.rate)
    asked = (auth, f"{rate} each", f"at most {limits.input:,} characters")
    yield Node(f"{path}:client", "client", f"{name}: question", endpoint.modes, path=f"{path}.modes")
    yield Node(f"{path}:door", "door", f"{name}: door", asked, path=f"{path}.limits")
    yield Node(f"{path}:split", "door", f"{name}: release", tuple(_split(endpoint)), path=f"{path}.rollout")
    exact = endpoint.cache.exact
    cached = f"exact cache, {written_seconds(exact)}" if exact else "no cache"
    waits = (cached, f"{limits.concurrency} places", f"wait {written_seconds(limits.queue)}, then 429")
    yield Node(f"{path}:places", "places", f"{name}: cache, places", waits, path=f"{path}.cache")
    pipeline = endpoint.handler.partition(".")[2]
    spec = blueprint.rag[pipeline]
    reranked = (f"reranker: {written_seconds(spec.rerank.timeout)}",) if spec.rerank else ()
    found = (kept_of(spec), *reranked)
    yield Node(f"{path}:retrieve", "pipeline", f"{pipeline}: retrieve", found, path=f"rag.{pipeline}.retrieve")
    for number, model in enumerate(_chain(blueprint, endpoint)):
        yield Node(f"{path}:{number}", "models", model, *_model(blueprint, endpoint, model, number, path))
    yield Node(f"{path}:answer", "client", f"{name}: answer", ("text, citations, cost",), path=path)
    if endpoint.rollout.gate is not None:
        gate = blueprint.evals.gates[endpoint.rollout.gate]
        gated = f"evals.gates.{endpoint.rollout.gate}"
        bounds = tuple(f"{metric} {bound}" for metric, bound in gate.require.items())[:3]
        yield Node(gated, "gate", f"gate: {endpoint.rollout.gate}", bounds, path=gated)


def _split(endpoint: EndpointSpec) -> Iterator[str]:
    yield f"canary at {', '.join(written_share(step) for step in endpoint.rollout.steps)}"
    for metric, bound in endpoint.rollout.abort_if.items():
        yield f"back if {metric} {bound.op} {written_share(bound.value)}"


def _chain(blueprint: Blueprint, endpoint: EndpointSpec) -> tuple[str, ...]:
    """Who is asked, in order."""
    return (blueprint.rag[endpoint.handler.partition(".")[2]].generate.model, *endpoint.fallback)


def _model(
    blueprint: Blueprint, endpoint: EndpointSpec, model: str, number: int, path: str
) -> tuple[tuple[str, ...], str, bool, str]:
    """Lines, address, whether it is the first, and place of one who answers."""
    where = f"{path}.fallback" if number else f"models.chat.{model}"
    if model == TOP_PASSAGES:
        return ("quotes the passages", "no model"), "", False, where
    limits, facts = endpoint.limits, blueprint.models.chat[model].facts()
    tries = "1 try" if not limits.retries else f"{limits.retries + 1} tries"
    return (facts.model, facts.provider, f"{written_seconds(limits.timeout)}, {tries}"), "", number == 0, where


def _edges(blueprint: Blueprint, name: str, endpoint: EndpointSpec) -> Iterator[Edge]:
    path = f"serving.endpoints.{name}"
    for before, after in pairwise(("client", "door", "split", "places", "retrieve")):
        yield Edge(f"{path}:{before}", f"{path}:{after}")
    if endpoint.cache.exact:
        yield Edge(f"{path}:places", f"{path}:answer", "cached")
    chain = _chain(blueprint, endpoint)
    for number in range(len(chain)):
        turn = _TURN[0 if number == 0 else 2 if number == len(chain) - 1 else 1]
        yield Edge(f"{path}:retrieve", f"{path}:{number}", turn, dashed=number > 0)
        yield Edge(f"{path}:{number}", f"{path}:answer", dashed=number > 0)
    if endpoint.rollout.gate is not None:
        yield Edge(f"evals.gates.{endpoint.rollout.gate}", f"{path}:split", "lets through", dashed=True)


VIEW = View(
    3,
    "serving",
    "Serving",
    "A request on its way. Dashed arrows are taken where the one before failed: after its tries, or at once while its "
    "circuit is open (half of its last 20 calls failed).",
    _draw,
)
