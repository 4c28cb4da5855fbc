"""Savings: other settings that cost less, each priced as the whole plan is, with the evidence of quality that it needs
and whether the records have it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import exp

from mlwright.architect import costs
from mlwright.architect.costs import load_of
from mlwright.architect.estimates import MONTH
from mlwright.architect.spreads import GUESSED
from mlwright.architect.weight import storage_of
from mlwright.blueprint import Blueprint, Edit, changed
from mlwright.evals import EvalResult
from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref
from mlwright.kernel.plan import Range
from mlwright.models import ChatPart, Price, least_cached, listed, price_of
from mlwright.rag import outline_of, prompt_tokens
from mlwright.serving import EndpointSpec

Results = Mapping[str, Mapping[Ref, EvalResult]]
"""The newest evaluation of each release, by gate."""

_CHEAPER = 3
"""Models of the price table that are named."""
_OTHER_KINDS = re.compile(
    r"audio|realtime|transcribe|tts|image|search|embed|moderation|vision|codex|computer|research|instruct|live|speech"
    r"|whisper|guard|ocr|\bft\b|base$"
)
"""Models of a table that do not write answers, by their names."""
_ELSEWHERE = {"openai": "oss"}
"""Models that a provider made and lists, and others serve."""
_BATCH: Mapping[str, tuple[float, str]] = {
    "openai": (0.5, "OpenAI's Batch API"),
    "anthropic": (0.5, "Anthropic's Message Batches"),
    "google": (0.5, "the Gemini Batch API"),
}
"""Providers that answer within a day for a part of the price, as they announce it (looked up in November 2026)."""
_CACHED_S = 300.0
"""How long a provider's cache is taken to keep the beginning of a prompt."""


@dataclass(frozen=True, slots=True)
class Saving:
    """One option. `month` is what it saves in USD, None where something has no price; `memory` the bytes. `note` says
    why it saves nothing, or what else is to know.

    `gate` is the gate that would have to pass, empty where answers stay as they are; `result` its newest evaluation of
    such a release, None where the records have none."""

    what: str
    edits: tuple[Edit, ...]
    month: Range | None
    memory: float = 0.0
    note: str = ""
    changes_answers: bool = False
    gate: str = ""
    result: EvalResult | None = None

    @property
    def evidence(self) -> str:
        """What speaks for it, in words."""
        if not self.changes_answers:
            return "answers stay as they are"
        if not self.gate:
            return "no gate would notice a loss: add one"
        if self.result is None:
            return f"needs gate {self.gate}: not evaluated yet"
        verdict = "passed" if self.result.passed else "failed"
        return f"gate {self.gate} {verdict} on {self.result.at:%Y-%m-%d} ({self.result.ref})"

    @property
    def told(self) -> str:
        """The note, else the evidence."""
        return self.note or self.evidence


def savings(blueprint: Blueprint, results: Results, today: date) -> list[Saving]:
    """Every option, those that save most first, and at the end those that save nothing, with the reason."""
    options = Options(blueprint, results, today)
    found = [one for name in blueprint.serving.endpoints for one in options.of_endpoint(name)]
    return sorted([*found, *options.batches()], key=_rank)


def _rank(one: Saving) -> tuple[float, float]:
    return (-one.month.likely if one.month is not None else 0.0, -one.memory)


class Options:
    """What could be set otherwise in one blueprint."""

    def __init__(self, blueprint: Blueprint, results: Results, today: date) -> None:
        self._blueprint, self._results, self._today = blueprint, results, today
        self._month = self._cost(blueprint)

    def of_endpoint(self, name: str) -> Iterator[Saving]:
        blueprint = self._blueprint
        endpoint = blueprint.serving.endpoints[name]
        pipeline = endpoint.handler.partition(".")[2]
        for what, edits in (
            *_models(blueprint, pipeline),
            *_passages(blueprint, pipeline),
            *_contexts(blueprint, name, pipeline),
            *_caches(endpoint, name),
        ):
            yield from self._priced(endpoint, what, edits)
        yield from self._quantised(endpoint, pipeline)
        yield from _prefix(blueprint, name, pipeline)
        if not endpoint.cache.exact and not endpoint.traffic.repeats:
            note = "how many requests repeat is not known; `plan --calibrate` counts them"
            yield Saving(f"{name}: an exact cache", (), Range.exactly(0.0), note=note)

    def batches(self) -> Iterator[Saving]:
        """Evaluations that need no answer at once."""
        for name, endpoint in self._blueprint.serving.endpoints.items():
            gate = endpoint.rollout.gate
            model = self._blueprint.rag[endpoint.handler.partition(".")[2]].generate.model
            share, whose = _BATCH.get(self._blueprint.models.chat[model].facts().provider, (0.0, ""))
            line = costs.of_gate(self._blueprint, gate, self._today) if gate is not None and share else None
            if line is not None and line.usd is not None and line.usd.likely > 0:
                note = f"through {whose}, outside mlwright, which asks at once"
                yield Saving(f"{name}: evaluations of {gate} in batches", (), line.usd * share, note=note)

    def _cost(self, blueprint: Blueprint) -> Range | None:
        return costs.total(one.month for one in costs.of_month(blueprint, self._today))

    def _priced(self, endpoint: EndpointSpec, what: str, edits: tuple[Edit, ...]) -> Iterator[Saving]:
        """What the edits save; nothing for settings that do not fit together."""
        try:
            other = changed(self._blueprint, edits)
            shorter = tuple(_shorter_prompts(self._blueprint, other))
            scaled = changed(self._blueprint, (*edits, *shorter)) if shorter else other
        except UserError:
            return
        month = _less(self._month, self._cost(scaled))
        if month is None or month.likely > 0:
            yield self._judged(Saving(what, edits, month), other, endpoint)

    def _quantised(self, endpoint: EndpointSpec, pipeline: str) -> Iterator[Saving]:
        now = self._blueprint.rag[pipeline].index.quantize
        for kind in ("i8", "binary") if now in ("none", "f16") else ("binary",) if now == "i8" else ():
            edits = (Edit(f"rag.{pipeline}.index.quantize", kind),)
            try:
                other = changed(self._blueprint, edits)
            except UserError:
                continue
            freed = _memory(self._blueprint) - _memory(other)
            if freed > 0:
                saving = Saving(f"{pipeline}: vectors as {kind}", edits, Range.exactly(0.0), memory=freed)
                yield self._judged(saving, other, endpoint)

    def _judged(self, saving: Saving, other: Blueprint, endpoint: EndpointSpec) -> Saving:
        gate = endpoint.rollout.gate or ""
        result = self._results.get(gate, {}).get(other.ref)
        return replace(saving, changes_answers=other.ref != self._blueprint.ref, gate=gate, result=result)


Option = tuple[str, tuple[Edit, ...]]


def _models(blueprint: Blueprint, pipeline: str) -> Iterator[Option]:
    """Cheaper models of the same provider with at least the same window, and other models of the file."""
    writer = blueprint.rag[pipeline].generate.model
    part = blueprint.models.chat[writer]
    for model, price in cheaper(part)[:_CHEAPER]:
        edit = _named(blueprint, writer, model)
        if edit is not None:
            yield f"{writer}: {model} ({price.input:g} and {price.output:g} USD per million)", (edit,)
    now = price_of(part)
    for name, other in blueprint.models.chat.items():
        theirs = price_of(other)
        if name != writer and now is not None and theirs is not None and _total(theirs) < _total(now):
            yield f"{name} answers instead of {writer}", (Edit(f"rag.{pipeline}.generate.model", name),)


def cheaper(part: ChatPart) -> list[tuple[str, Price]]:
    """Chat models of the price table by the same provider that cost less and read at least as much, cheapest first;
    of several at one price only one."""
    facts, now = part.facts(), price_of(part)
    if now is None or facts.context is None or "model" not in type(part).model_fields:
        return []
    fitting: dict[float, tuple[str, Price]] = {}
    for name, price in listed(facts.provider).items():
        less = price.input <= now.input and (price.output or 0) <= (now.output or 0) and _total(price) < _total(now)
        served = not _OTHER_KINDS.search(name) and _ELSEWHERE.get(facts.provider, " ") not in name
        if less and served and price.output and (price.context or 0) >= facts.context:
            fitting.setdefault(_total(price), (name, price))
    return [fitting[cost] for cost in sorted(fitting)]


def _total(price: Price) -> float:
    """A price as one number: a prompt is about five times as long as its answer."""
    return 5 * price.input + (price.output or 0.0)


def _named(blueprint: Blueprint, slot: str, model: str) -> Edit | None:
    """The edit that gives a chat model of the file another model, as it is written there."""
    path = f"models.chat.{slot}"
    word = blueprint.written(path)
    if word is None:
        return Edit(f"{path}.model", model) if blueprint.says(path) else None
    use, slash, _ = word.partition("/")
    return Edit(path, f"{use}/{model}") if slash else None


def _passages(blueprint: Blueprint, pipeline: str) -> Iterator[Option]:
    spec = blueprint.rag[pipeline]
    fewer = max(1, spec.kept * 2 // 3)
    if fewer < spec.kept:
        key = "retrieve.keep" if spec.rerank is None else "rerank.keep"
        yield f"{pipeline}: {fewer} passages instead of {spec.kept}", (Edit(f"rag.{pipeline}.{key}", str(fewer)),)


def _contexts(blueprint: Blueprint, name: str, pipeline: str) -> Iterator[Option]:
    """A smaller budget, where the prompt is likely to fill it."""
    budget = blueprint.rag[pipeline].generate.context
    if _estimated(blueprint, name) >= budget:
        less = round(budget * 0.75)
        edit = Edit(f"rag.{pipeline}.generate.context", str(less))
        yield f"{pipeline}: a context of {less} tokens instead of {budget}", (edit,)


def _caches(endpoint: EndpointSpec, name: str) -> Iterator[Option]:
    if not endpoint.cache.exact and endpoint.traffic.repeats:
        edit = Edit(f"serving.endpoints.{name}.cache.exact", "1h")
        yield f"{name}: an exact cache for the {endpoint.traffic.repeats:.0%} that repeat", (edit,)


def _shorter_prompts(before: Blueprint, after: Blueprint) -> Iterator[Edit]:
    """Prompts that were measured become as much shorter as the estimate does."""
    for name, endpoint in before.serving.endpoints.items():
        measured = endpoint.traffic.tokens.prompt
        if measured is not None:
            was, now = _estimated(before, name), _estimated(after, name)
            yield Edit(f"serving.endpoints.{name}.traffic.tokens.prompt", str(round(measured * now / was)))


def _estimated(blueprint: Blueprint, name: str) -> float:
    endpoint = blueprint.serving.endpoints[name]
    pipeline = endpoint.handler.partition(".")[2]
    spec = blueprint.rag[pipeline]
    load = replace(load_of(blueprint, pipeline, endpoint, spec.generate.model), prompt=None)
    return prompt_tokens(spec, load).likely


def _less(before: Range | None, after: Range | None) -> Range | None:
    """What is saved; the ends of the range belong to one another."""
    if before is None or after is None:
        return None
    ends = (before.low - after.low, before.high - after.high)
    return Range(min(ends), before.likely - after.likely, max(ends))


def _memory(blueprint: Blueprint) -> float:
    return sum(line.bytes.likely for line in storage_of(blueprint) if line.medium == "memory")


def _prefix(blueprint: Blueprint, name: str, pipeline: str) -> Iterator[Saving]:
    """The beginning of the prompt that stays, where the provider reads it from its cache by itself."""
    endpoint, spec = blueprint.serving.endpoints[name], blueprint.rag[pipeline]
    part = blueprint.models.chat[spec.generate.model]
    facts, price = part.facts(), price_of(part)
    if price is None or not price.input:
        return
    what, least = f"{spec.generate.model}: prompt caching", least_cached(facts.provider, facts.model)
    fixed = round(outline_of(blueprint.prompts.get(pipeline)).fixed / 4)
    if least is None or price.cached_input is None:
        note = f"{facts.provider} is not known to keep beginnings of {facts.model} by itself"
        yield Saving(what, (), Range.exactly(0.0), note=note)
    elif fixed < least:
        note = f"{fixed} tokens stay the same, and {facts.provider} keeps beginnings from {least:,} on"
        yield Saving(what, (), Range.exactly(0.0), note=note)
    else:
        asked = endpoint.traffic.requests * (1 - (endpoint.traffic.repeats if endpoint.cache.exact else 0.0))
        often = asked * MONTH * (1 - exp(-asked * _CACHED_S))
        usd = GUESSED.around(often * fixed * (price.input - price.cached_input) / 1e6)
        yield Saving(what, (), usd, note=f"by itself: {fixed} tokens at the beginning stay the same")
