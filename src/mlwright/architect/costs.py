"""Cost lines of requests and of evaluations: tokens times price, with the arithmetic written out."""

from math import exp, log

from mlwright.architect.estimates import PER_PASSAGE, prompt_tokens
from mlwright.blueprint import Blueprint
from mlwright.evals import EvalSpec, cost_lines
from mlwright.kernel.errors import UserError
from mlwright.kernel.plan import CostLine, Range
from mlwright.models import ChatPart, Price, Usage, cost_of, price_of
from mlwright.rag.spec import PipelineSpec
from mlwright.serving import EndpointSpec

FALLBACK_SHARE = 0.01
"""Requests that the first model fails, until measured."""
GATE_RUNS = 20
"""Evaluations a month: about one a working day."""
_LOW, _HIGH = 0.75, 1.3
"""Spread of a plan that was calibrated on nothing (replayed traces: 3 to 32 % off)."""
_Z95 = 1.644854


def of_endpoint(blueprint: Blueprint, name: str) -> list[CostLine]:
    """What a request to an endpoint costs on average, by model. A cached answer costs nothing."""
    endpoint = blueprint.serving.endpoints[name]
    pipeline = endpoint.handler.partition(".")[2]
    spec = blueprint.rag[pipeline]
    tokens = usage_of(blueprint, endpoint, pipeline, spec)
    asked = 1 - (endpoint.traffic.repeats if endpoint.cache.exact else 0.0)
    lines = [_line(f"models.chat.{spec.generate.model}", "generate", blueprint, spec.generate.model, tokens, asked)]
    for model in endpoint.fallback:
        if model in blueprint.models.chat and model != spec.generate.model:
            share = asked * FALLBACK_SHARE
            lines.append(
                _line(f"models.chat.{model}", f"fallback ({FALLBACK_SHARE:.0%})", blueprint, model, tokens, share)
            )
    return lines


def of_gate(blueprint: Blueprint, gate: str) -> CostLine | None:
    """What evaluating at a gate costs in a month; None where no endpoint is behind it."""
    for endpoint in blueprint.serving.endpoints.values():
        if endpoint.rollout.gate == gate:
            pipeline = endpoint.handler.partition(".")[2]
            spec = blueprint.rag[pipeline]
            one = _line("", "", blueprint, spec.generate.model, usage_of(blueprint, endpoint, pipeline, spec), 1.0)
            once = _evaluation(blueprint, gate, one)
            usd = once.usd * GATE_RUNS if once.usd is not None else None
            return CostLine(once.path, once.what, "month", usd, f"{GATE_RUNS} x {once.formula}", once.source)
    return None


def _evaluation(blueprint: Blueprint, gate: str, one: CostLine) -> CostLine:
    """Through evals' own plan where the set can be read, else with the cases that the file promises."""
    evals = blueprint.evals
    only = EvalSpec(sets=evals.sets, gates={gate: evals.gates[gate]})
    try:
        return cost_lines(only, base=blueprint.folder, per_request=one.usd, source=one.source)[0]
    except UserError:
        cases = evals.sets[evals.gates[gate].set].min_cases
        usd = one.usd * cases if one.usd is not None else None
        path, what = f"evals.gates.{gate}", f"one evaluation through {gate}"
        return CostLine(path, what, "once", usd, f"{cases:,} cases promised (the set cannot be read)", one.source)


def usage_of(blueprint: Blueprint, endpoint: EndpointSpec, pipeline: str, spec: PipelineSpec) -> Usage:
    """Tokens of a mean request: prompt, question and passages in; an answer out."""
    passages = spec.retrieve.keep * (spec.chunk.tokens + PER_PASSAGE)
    read = min(prompt_tokens(blueprint, pipeline) + endpoint.traffic.tokens.question + passages, spec.generate.context)
    facts = blueprint.models.chat[spec.generate.model].facts()
    written = mean_tokens(endpoint.traffic.tokens.answer.p50, endpoint.traffic.tokens.answer.p95)
    return Usage(read, min(written, facts.max_tokens or written), estimated=True)


def mean_tokens(p50: int, p95: int) -> int:
    """The mean of a log-normal distribution through its median and 95th percentile."""
    if p50 <= 0:
        return 0
    sigma = log(max(p95, p50) / p50) / _Z95
    return round(p50 * exp(sigma * sigma / 2))


def _line(path: str, step: str, blueprint: Blueprint, model: str, tokens: Usage, share: float) -> CostLine:
    part: ChatPart = blueprint.models.chat[model]
    facts, price = part.facts(), price_of(part)
    dollars = cost_of(tokens, price)
    usd = None if dollars is None else Range(_LOW * dollars, dollars, _HIGH * dollars) * share
    return CostLine(path, f"{step}: {facts.model}", "request", usd, _formula(tokens, price, share), _source(price))


def _formula(tokens: Usage, price: Price | None, share: float) -> str:
    text = f"{tokens.input_tokens:,} in, {tokens.output_tokens:,} out"
    if price is None:
        return f"{text}: no price is known"
    if not price.input and not price.output:
        return f"{text}: no bill for tokens"
    part = "" if share == 1 else f"{share:.4g} x "
    return f"{part}({tokens.input_tokens:,} x {price.input:g} + {tokens.output_tokens:,} x {price.output or 0:g}) USD/M"


def _source(price: Price | None) -> str:
    if price is None:
        return "no price"
    return f"{price.source}, {price.as_of}" if price.as_of else price.source
