"""Cost lines of requests and of evaluations, from each room's own plan, for the traffic of the endpoints."""

from dataclasses import replace
from math import exp, log

from mlwright.blueprint import Blueprint
from mlwright.data import DataSpec, storage_lines
from mlwright.evals import EvalSpec
from mlwright.evals import cost_lines as eval_lines
from mlwright.kernel.errors import UserError
from mlwright.kernel.plan import CostLine, Range
from mlwright.models import FREE, Price, RerankFacts, price_of
from mlwright.rag import Load, search_lines, situate_lines
from mlwright.rag import cost_lines as rag_lines
from mlwright.serving import EndpointSpec

FALLBACK_SHARE = 0.01
"""Requests that the first model fails, until measured."""
GATE_RUNS = 20
"""Evaluations a month: about one a working day."""
_LOW, _HIGH = 0.75, 1.3
"""Spread of a plan that was calibrated on nothing (replayed traces: 3 to 32 % off)."""
_TEXT_SHARE = 0.6
"""Characters of text per byte of file: Markdown is all text, PDF and HTML mostly not."""
_Z95 = 1.644854


def of_endpoint(blueprint: Blueprint, name: str) -> list[CostLine]:
    """What a request to an endpoint costs on average, by step and model. A cached answer costs nothing. Models of this
    process are one line without a bill; vectors of all documents, where they are paid for, one line `once`."""
    endpoint = blueprint.serving.endpoints[name]
    pipeline = endpoint.handler.partition(".")[2]
    spec = blueprint.rag[pipeline]
    asked = 1 - (endpoint.traffic.repeats if endpoint.cache.exact else 0.0)
    lines = _of_model(blueprint, endpoint, pipeline, spec.generate.model, asked, "")
    for model in dict.fromkeys(endpoint.fallback):
        if model in blueprint.models.chat and model != spec.generate.model:
            share = asked * FALLBACK_SHARE
            lines += _of_model(blueprint, endpoint, pipeline, model, share, f"fallback ({FALLBACK_SHARE:.0%}): ")
    load = load_of(blueprint, pipeline, endpoint, spec.generate.model)
    lines += [_shared(line, asked, "") for line in _search_lines(blueprint, pipeline, load)]
    if spec.situate is not None:
        lines += situate_lines(pipeline, spec, load, writer=_chat_price(blueprint, spec.situate.model))
    embed = blueprint.models.embed[spec.index.embed]
    if price_of(embed) != FREE:
        vectors = _rag_lines(blueprint, pipeline, load, spec.generate.model)[2:]
        lines += [_shared(line, asked, "") if line.per == "request" else line for line in vectors]
    return lines


def _of_model(
    blueprint: Blueprint, endpoint: EndpointSpec, pipeline: str, model: str, share: float, what: str
) -> list[CostLine]:
    """RAG's own lines for prompt and answer, with one model, for a share of the requests."""
    part, path = blueprint.models.chat[model], f"models.chat.{model}"
    facts, price = part.facts(), price_of(part)
    if price is not None and not price.input and not price.output:
        return [
            CostLine(path, f"{what}{facts.model}", "request", Range.exactly(0.0), "no bill for tokens", price.source)
        ]
    load = load_of(blueprint, pipeline, endpoint, model)
    lines = _rag_lines(blueprint, pipeline, load, model)[:2]
    return [_shared(replace(line, path=path), share, f"{what}{facts.model}: ") for line in lines]


def _rag_lines(blueprint: Blueprint, pipeline: str, load: Load, model: str) -> list[CostLine]:
    spec = blueprint.rag[pipeline]
    chat, embed = price_of(blueprint.models.chat[model]), price_of(blueprint.models.embed[spec.index.embed])
    return rag_lines(pipeline, spec, load, chat=chat, embed=embed)


def _search_lines(blueprint: Blueprint, pipeline: str, load: Load) -> list[CostLine]:
    spec, rerank = blueprint.rag[pipeline], rerank_of(blueprint, pipeline)
    return search_lines(
        pipeline,
        spec,
        load,
        rewriter=_chat_price(blueprint, spec.retrieve.rewrite.facts().chat),
        rerank=rerank,
        grader=_chat_price(blueprint, rerank.chat if rerank else ""),
    )


def rerank_of(blueprint: Blueprint, pipeline: str) -> RerankFacts | None:
    """The facts of the reranker of a pipeline; None where it has none."""
    rerank = blueprint.rag[pipeline].rerank
    return None if rerank is None else blueprint.models.rerank[rerank.model].facts()


def _chat_price(blueprint: Blueprint, name: str) -> Price | None:
    return price_of(blueprint.models.chat[name]) if name else None


def _shared(line: CostLine, share: float, what: str) -> CostLine:
    formula = line.formula if share == 1 else f"{share:.4g} x {line.formula}"
    usd = line.usd * share if line.usd is not None else None
    return replace(line, what=f"{what}{line.what}", usd=usd, formula=formula)


def load_of(blueprint: Blueprint, pipeline: str, endpoint: EndpointSpec, model: str) -> Load:
    """What is expected of a pipeline at an endpoint. Documents that are not there count no characters."""
    tokens = endpoint.traffic.tokens
    most = blueprint.models.chat[model].facts().max_tokens
    mean = mean_tokens(tokens.answer.p50, tokens.answer.p95)
    answer = Range(_LOW * mean, mean, _HIGH * mean)
    if most is not None:
        answer = Range(min(answer.low, most), min(answer.likely, most), min(answer.high, most))
    return Load(tokens.question, answer, characters(blueprint, blueprint.rag[pipeline].documents))


def characters(blueprint: Blueprint, source: str) -> int:
    """Characters of text in a source, from the sizes of its files; 0 where it cannot be listed (yet)."""
    only = DataSpec(sources={source: blueprint.data.sources[source]})
    try:
        (line,) = storage_lines(only, base=blueprint.folder)
    except UserError:
        return 0
    return round(line.bytes.likely * _TEXT_SHARE)


def of_gate(blueprint: Blueprint, gate: str) -> CostLine | None:
    """What evaluating at a gate costs in a month; None where no endpoint is behind it."""
    for endpoint in blueprint.serving.endpoints.values():
        if endpoint.rollout.gate == gate:
            once = _evaluation(blueprint, gate, _one_answer(blueprint, endpoint))
            usd = once.usd * GATE_RUNS if once.usd is not None else None
            return CostLine(once.path, once.what, "month", usd, f"{GATE_RUNS} x {once.formula}", once.source)
    return None


def _evaluation(blueprint: Blueprint, gate: str, one: CostLine) -> CostLine:
    """Through evals' own plan where the set can be read, else with the cases that the file promises."""
    evals = blueprint.evals
    only = EvalSpec(sets=evals.sets, gates={gate: evals.gates[gate]})
    try:
        return eval_lines(only, base=blueprint.folder, per_request=one.usd, source=one.source)[0]
    except UserError:
        cases = evals.sets[evals.gates[gate].set].min_cases
        usd = one.usd * cases if one.usd is not None else None
        path, what = f"evals.gates.{gate}", f"one evaluation through {gate}"
        return CostLine(path, what, "once", usd, f"{cases:,} cases promised (the set cannot be read)", one.source)


def _one_answer(blueprint: Blueprint, endpoint: EndpointSpec) -> CostLine:
    """One request that no cache answers, as one line."""
    pipeline = endpoint.handler.partition(".")[2]
    lines = _of_model(blueprint, endpoint, pipeline, blueprint.rag[pipeline].generate.model, 1.0, "")
    total: Range | None = Range.exactly(0.0)
    for line in lines:
        total = total + line.usd if total is not None and line.usd is not None else None
    return replace(lines[0], usd=total)


def mean_tokens(p50: int, p95: int) -> int:
    """The mean of a log-normal distribution through its median and 95th percentile."""
    if p50 <= 0:
        return 0
    sigma = log(max(p95, p50) / p50) / _Z95
    return round(p50 * exp(sigma * sigma / 2))
