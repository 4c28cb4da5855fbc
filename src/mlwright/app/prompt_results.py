"""Shorter prompts as they were measured: what each does to quality, tokens and cost, and which of them hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mlwright.app.prompt_parts import Caching, PromptPart
from mlwright.blueprint import Edit
from mlwright.evals import NonInferior, holm, non_inferior
from mlwright.kernel.ids import Ref
from mlwright.rag import TemplateBlock

_SURE = 0.05

Verdict = Literal["holds", "worse", "unsure"]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a candidate does to a metric: its mean now, and the paired change; None where no example says it."""

    metric: str
    before: float
    change: NonInferior | None


@dataclass(frozen=True, slots=True)
class Shorter:
    """A shorter prompt as it was measured. `tokens` are those of the prompt as the model counts them, the mean over the
    questions; `saved` and `saved_usd` (of a thousand questions, None without a price) are against the present prompt.
    `verdict`: `holds` where every metric loses less than the margin beyond doubt, `worse` where one is shown to be
    worse, else `unsure`. `p` is of a loss of the margin, corrected for the number of candidates."""

    name: str
    edits: tuple[Edit, ...]
    tokens: float
    saved: float
    saved_usd: float | None
    effects: tuple[Effect, ...]
    verdict: Verdict
    p: float
    errors: int
    run: Ref | None


@dataclass(frozen=True, slots=True)
class Prompted:
    """All candidates, what follows, and what the prompt is made of. `provable` is the smallest margin that this set can
    show where nothing changes at all, `needed` the examples that `margin` takes. `winner` names the settings that save
    most among those that hold, `diff` changes them in the file; `template_diff` leaves out the instructions that are
    not missed, and is never written. `spent` is what this run paid, in USD, None without a price."""

    pipeline: str
    set: str
    examples: int
    synthetic: int
    margin: float
    metrics: tuple[str, ...]
    tokens: float
    cost: float | None
    parts: tuple[PromptPart, ...]
    caching: Caching
    trials: tuple[Shorter, ...]
    provable: float
    needed: int
    why: str
    winner: str
    diff: str
    template_diff: str
    applied: bool
    spent: float | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is shown to the model. `gone` are the blocks that its template lacks."""

    name: str
    keep: int
    context: int
    template: str
    edits: tuple[Edit, ...] = ()
    gone: tuple[TemplateBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What is kept of a candidate between runs: scores by metric and example, the mean tokens of the prompt and USD of
    an answer, and the share of answers that cite each passage, by its number."""

    scores: Mapping[str, Mapping[str, float]]
    tokens: float
    cost: float | None
    cited: Mapping[str, float]
    errors: int


@dataclass(frozen=True, slots=True)
class Measured:
    """A candidate with its result, and the run that recorded it; None where an earlier one did."""

    candidate: Candidate
    result: Result
    run: Ref | None


def deciding(base: Result) -> list[str]:
    """The metrics that apply to the set."""
    return [name for name, scores in base.scores.items() if len(scores) > 1]


def clearly_worse(base: Result, last: Result, margin: float) -> bool:
    """Does it lose more than the margin beyond doubt, so that an even shorter one of its kind need not be paid for?"""
    return _p_worse(base, last, margin) < _SURE


def judged(base: Result, others: Sequence[Measured], margin: float) -> list[Shorter]:
    """Every candidate against the present prompt, corrected for their number (Holm)."""
    effects = [_effects(base, one.result, margin) for one in others]
    ps = holm([max((one.change.p if one.change else 1.0 for one in found), default=1.0) for found in effects])
    worse = holm([_p_worse(base, one.result, 0.0) for one in others])
    return [
        Shorter(
            name=one.candidate.name,
            edits=one.candidate.edits,
            tokens=one.result.tokens,
            saved=base.tokens - one.result.tokens,
            saved_usd=_saved_usd(base.cost, one.result.cost),
            effects=found,
            verdict="holds" if p < _SURE else "worse" if p_worse < _SURE else "unsure",
            p=p,
            errors=one.result.errors,
            run=one.run,
        )
        for one, found, p, p_worse in zip(others, effects, ps, worse, strict=True)
    ]


def _saved_usd(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else (before - after) * 1000


def _p_worse(base: Result, other: Result, margin: float) -> float:
    """Of no metric losing more than the margin: the least p-value of them all, times their number (Bonferroni)."""
    metrics = deciding(base)
    found = (non_inferior(other.scores.get(name, {}), base.scores[name], -margin) for name in metrics)
    return min(1.0, len(metrics) * min((one.p for one in found if one is not None), default=1.0))


def _effects(base: Result, result: Result, margin: float) -> tuple[Effect, ...]:
    return tuple(
        Effect(name, mean_of(scores), non_inferior(scores, result.scores.get(name, {}), margin))
        for name, scores in base.scores.items()
        if name in deciding(base)
    )


def why(
    trials: Sequence[Shorter], winner: Shorter | None, margin: float, least: int, provable: float, needed: int
) -> str:
    said = []
    if winner is not None:
        usd = "" if winner.saved_usd is None else f" and {winner.saved_usd:.4g} USD per 1,000 questions"
        said.append(f"{winner.name} saves {winner.saved:,.0f} tokens a question{usd}, and no metric loses {margin:.1%}")
    elif not any(one.verdict == "holds" for one in trials):
        said.append(f"none of {len(trials)} shorter prompts is shown to lose less than {margin:.1%}")
    unsure = sum(one.verdict == "unsure" for one in trials)
    if unsure and provable > margin:
        said.append(
            f"the set is too small to tell: a metric applies to {least} examples, which show a margin of "
            f"{provable:.1%} at best, and only where nothing changes at all; {margin:.1%} takes {needed:,} for "
            f"{len(trials)} candidates"
        )
    elif unsure:
        said.append(f"{unsure} are neither shown to hold nor to be worse: more examples would tell")
    return "; ".join(said)


def mean_of(scores: Mapping[str, float]) -> float:
    return sum(scores.values()) / len(scores) if scores else 0.0
