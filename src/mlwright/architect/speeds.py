"""How fast the parts of a request are: our own CPU, the search, the model that answers, and the one behind it."""

from collections.abc import Iterator
from dataclasses import dataclass

from mlwright.architect.costs import load_of, rerank_of
from mlwright.architect.spreads import Spread
from mlwright.blueprint import Blueprint
from mlwright.kernel.plan import Overhead, Range
from mlwright.rag import prompt_tokens, search_seconds
from mlwright.serving import TOP_PASSAGES, EndpointSpec, capacity

_FIRST_TOKEN = Range(0.3, 0.6, 1.5)
"""Seconds until a model of a provider begins to answer."""
_PER_TOKEN = Range(1 / 150, 1 / 80, 1 / 40)
"""Seconds per token of its answer."""
_QUOTE = Range(0.01, 0.03, 0.1)
"""Seconds in which a model of this process answers."""
_RETRIEVE = Range(0.01, 0.03, 0.1)
"""Seconds to embed a question and ask both indexes."""
_CACHED = Range(0.001, 0.003, 0.01)
"""Seconds of an answer from the cache."""
_HELD = Range(10, 30, 80)
"""Tokens of an answer before its first citation: until then nothing is shown where citations are required."""
_MEASURED = Spread(0.9, 1.1, "answers of one model differ from day to day")
_OWN = Spread(0.8, 1.25, "one machine is now more and now less busy")


@dataclass(frozen=True, slots=True)
class Writer:
    """A model: seconds until it begins to answer, and per token of its answer."""

    first: float
    per_token: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds of the parts of a request, in one of the three cases low, likely and high. `gateway` is what it keeps our
    CPU from the next, `held` tokens are not shown at once; `backup` is None where nobody stands in."""

    gateway: float
    search: float
    cached: float
    held: float
    tokens: float
    writer: Writer
    backup: Writer | None


def speeds_of(blueprint: Blueprint, name: str, spread: Spread, overhead: Overhead | None) -> list[Speed]:
    """The quick, the likely and the slow case of an endpoint. `tokens` of a case is its factor on the answers."""
    endpoint = blueprint.serving.endpoints[name]
    spec = blueprint.rag[endpoint.handler.partition(".")[2]]
    gateway, search = _own(blueprint, name, endpoint, overhead)
    writer = _writer(blueprint, endpoint, spec.generate.model)
    backup = next(_backups(blueprint, endpoint), None)
    held = _HELD if spec.generate.cite != "optional" else Range.exactly(0.0)
    tokens = Range(spread.low, 1.0, spread.high)
    return [
        Speed(
            getattr(gateway, case), getattr(search, case), getattr(_CACHED, case), getattr(held, case),
            getattr(tokens, case), _case(writer, case), _case(backup, case) if backup else None,
        )
        for case in ("low", "likely", "high")
    ]  # fmt: skip


_Ranges = tuple[Range, Range]
"""Until it begins, and per token."""


def _case(writer: _Ranges, case: str) -> Writer:
    first, per_token = writer
    return Writer(getattr(first, case), getattr(per_token, case))


def _own(blueprint: Blueprint, name: str, endpoint: EndpointSpec, overhead: Overhead | None) -> tuple[Range, Range]:
    """What a request keeps our CPU from the next, and what it takes until the model is asked. Until measured, embedding
    and searching are taken to keep one core busy."""
    pipeline = endpoint.handler.partition(".")[2]
    spec = blueprint.rag[pipeline]
    others = search_seconds(spec, rerank_of(blueprint, pipeline))
    if overhead is not None:
        return _OWN.around(overhead.seconds), _OWN.around(overhead.search) + others
    steps = capacity(name, endpoint, _RETRIEVE)
    gateway = next(step.seconds for step in steps if step.name.endswith("gateway"))
    embedded = blueprint.models.embed[spec.index.embed].facts().embedded
    return gateway + (_RETRIEVE if embedded else _RETRIEVE * 0.1), _RETRIEVE + others


def _writer(blueprint: Blueprint, endpoint: EndpointSpec, name: str) -> _Ranges:
    model = blueprint.models.chat[name]
    if model.speed is not None:
        pipeline = endpoint.handler.partition(".")[2]
        load = load_of(blueprint, pipeline, endpoint, name)
        prompt = prompt_tokens(blueprint.rag[pipeline], load).likely * model.speed.per_prompt_token
        return _MEASURED.around(model.speed.first_token + prompt), _MEASURED.around(model.speed.per_token)
    return (_QUOTE, Range.exactly(0.0)) if model.facts().embedded else (_FIRST_TOKEN, _PER_TOKEN)


def _backups(blueprint: Blueprint, endpoint: EndpointSpec) -> Iterator[_Ranges]:
    """Who stands in when the first model fails, in order."""
    for name in endpoint.fallback:
        if name == TOP_PASSAGES:
            yield Range.exactly(0.0), Range.exactly(0.0)
        elif name in blueprint.models.chat:
            yield _writer(blueprint, endpoint, name)
