"""Cost lines of requests and of evaluations, from each room's own plan, for the traffic of the endpoints."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePath

from mlwright.architect import spreads
from mlwright.architect.estimates import MONTH
from mlwright.architect.simulation import Lengths
from mlwright.architect.spreads import GUESSED, Spread
from mlwright.blueprint import Blueprint
from mlwright.data import Listed
from mlwright.evals import EvalSpec
from mlwright.evals import cost_lines as eval_lines
from mlwright.kernel.errors import UserError
from mlwright.kernel.plan import CostLine, Range
from mlwright.models import FREE, Price, RerankFacts, price_of
from mlwright.rag import Load, search_lines, situate_lines
from mlwright.rag import cost_lines as rag_lines
from mlwright.serving import EndpointSpec

GATE_RUNS = 20
"""Evaluations a month: about one a working day."""
TEXT_SHARES = {".md": 1.0, ".txt": 1.0, ".rst": 1.0, ".html": 0.4, ".htm": 0.4, ".pdf": 0.1, ".docx": 0.3}
"""Characters of text per byte of a file, by its kind."""
_TEXT_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class PlannedCost:
    """A cost line and what it makes in a month, in USD; None where something has no price. `endpoint` is empty for
    lines that belong to no request."""

    line: CostLine
    month: Range | None
    endpoint: str = ""


def of_month(blueprint: Blueprint, today: date) -> Iterator[PlannedCost]:
    """Every line of a month: requests of each endpoint, then evaluations. What is paid once makes nothing a month."""
    for name, endpoint in blueprint.serving.endpoints.items():
        for line in of_endpoint(blueprint, name, spread_of(endpoint, today)):
            often = endpoint.traffic.requests * MONTH if line.per == "request" else 0.0
            yield PlannedCost(line, line.usd * often if line.usd is not None else None, name)
    for gate in blueprint.evals.gates:
        found = of_gate(blueprint, gate, today)
        if found is not None:
            yield PlannedCost(found, found.usd)


def of_endpoint(blueprint: Blueprint, name: str, spread: Spread = GUESSED) -> list[CostLine]:
    """What a request to an endpoint costs on average, by step and model. A cached answer costs nothing. Models of this
    process are one line without a bill; vectors of all documents, where they are paid for, one line `once`."""
    endpoint = blueprint.serving.endpoints[name]
    pipeline = endpoint.handler.partition(".")[2]
    spec = blueprint.rag[pipeline]
    asked = 1 - (endpoint.traffic.repeats if endpoint.cache.exact else 0.0)
    lines = _of_model(blueprint, endpoint, pipeline, spec.generate.model, asked, "", spread)
    failed = 1.0
    for model in dict.fromkeys(endpoint.fallback):
        failed *= endpoint.traffic.fallbacks
        if model in blueprint.models.chat and model != spec.generate.model:
            told = f"fallback ({failed:.2g}): " if failed < 0.001 else f"fallback ({failed * 100:.3g}%): "
            lines += _of_model(blueprint, endpoint, pipeline, model, asked * failed, told, spread)
    load = load_of(blueprint, pipeline, endpoint, spec.generate.model, spread)
    lines += [_shared(line, asked, "") for line in _search_lines(blueprint, pipeline, load)]
    if spec.situate is not None:
        lines += situate_lines(pipeline, spec, load, writer=_chat_price(blueprint, spec.situate.model))
    embed = blueprint.models.embed[spec.index.embed]
    if price_of(embed) != FREE:
        vectors = _rag_lines(blueprint, pipeline, load, spec.generate.model)[2:]
        lines += [_shared(line, asked, "") if line.per == "request" else line for line in vectors]
    return lines


def _of_model(
    blueprint: Blueprint, endpoint: EndpointSpec, pipeline: str, model: str, share: float, what: str, spread: Spread
) -> list[CostLine]:
    """RAG's own lines for prompt and answer, with one model, for a share of the requests."""
    part, path = blueprint.models.chat[model], f"models.chat.{model}"
    facts, price = part.facts(), price_of(part)
    if price is not None and not price.input and not price.output:
        return [
            CostLine(path, f"{what}{facts.model}", "request", Range.exactly(0.0), "no bill for tokens", price.source)
        ]
    load = load_of(blueprint, pipeline, endpoint, model, spread)
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


def load_of(blueprint: Blueprint, pipeline: str, endpoint: EndpointSpec, model: str, spread: Spread = GUESSED) -> Load:
    """What is expected of a pipeline at an endpoint. Documents that are not there count no characters."""
    tokens = endpoint.traffic.tokens
    answer = spread.around(mean_tokens(endpoint))
    most = blueprint.models.chat[model].facts().max_tokens
    if most is not None:
        answer = Range(min(answer.low, most), min(answer.likely, most), min(answer.high, most))
    text = characters(blueprint, blueprint.rag[pipeline].documents)
    prompt = spread.around(tokens.prompt) if tokens.prompt is not None else None
    return Load(tokens.question, answer, text, prompt)


def characters(blueprint: Blueprint, source: str) -> int:
    """Characters of text in a source, from the kinds and sizes of its files; 0 where it cannot be listed (yet)."""
    listing = blueprint.data.sources[source].build(blueprint.folder)
    try:
        files = [one for one in listing.list() if isinstance(one, Listed)]
    except UserError:
        return 0
    return round(sum(one.size * TEXT_SHARES.get(PurePath(one.key).suffix.lower(), _TEXT_SHARE) for one in files))


def of_gate(blueprint: Blueprint, gate: str, today: date) -> CostLine | None:
    """What evaluating at a gate costs in a month; None where no endpoint is behind it."""
    for endpoint in blueprint.serving.endpoints.values():
        if endpoint.rollout.gate == gate:
            once = _evaluation(blueprint, gate, _one_answer(blueprint, endpoint, spread_of(endpoint, today)))
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


def _one_answer(blueprint: Blueprint, endpoint: EndpointSpec, spread: Spread) -> CostLine:
    """One request that no cache answers, as one line."""
    pipeline = endpoint.handler.partition(".")[2]
    model = blueprint.rag[pipeline].generate.model
    lines = _of_model(blueprint, endpoint, pipeline, model, 1.0, "", spread)
    lines += _search_lines(blueprint, pipeline, load_of(blueprint, pipeline, endpoint, model, spread))
    return replace(lines[0], usd=total(line.usd for line in lines))


def total(values: Iterable[Range | None]) -> Range | None:
    """All together; None where one has no price."""
    whole = Range.exactly(0.0)
    for value in values:
        if value is None:
            return None
        whole = whole + value
    return whole


def mean_tokens(endpoint: EndpointSpec) -> int:
    """Tokens of a mean answer: measured, else the mean of a log-normal through its median and 95th percentile."""
    answer = endpoint.traffic.tokens.answer
    return answer.mean if answer.mean is not None else round(Lengths(answer.p50, answer.p95).mean)


def spread_of(endpoint: EndpointSpec, today: date) -> Spread:
    """How wide the ranges of an endpoint are."""
    return spreads.of_traffic(endpoint.traffic, today)
