"""Shortening the prompt: the walk from an eval set through answers with less in the prompt to what may go.

The present prompt is measured first. Then one thing at a time is taken out: passages from the end, the budget, single
instructions of the template, never those that say how to cite or to abstain. Every question is searched once, and each
candidate answers from what was found then, so that nothing but the prompt differs. Nothing of it is kept but the
results, below `tuning`, so that a run which was interrupted goes on.
"""

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace

from mlwright.app.evaluate import set_named
from mlwright.app.joined import Joined
from mlwright.app.joins import outcome_of_trial
from mlwright.app.prompt_parts import caching_of, named, parts_of
from mlwright.app.prompt_results import (
    Candidate,
    Measured,
    Prompted,
    Result,
    Shorter,
    clearly_worse,
    deciding,
    judged,
    mean_of,
    why,
)
from mlwright.blueprint import Edit, as_diff, edited, from_text
from mlwright.evals import (
    EvalDataset,
    EvalExample,
    Outcome,
    dataset,
    examples_needed,
    measured,
    metric_named,
    provable_margin,
)
from mlwright.kernel.errors import ProviderError, Refused
from mlwright.kernel.files import write_atomically
from mlwright.kernel.ids import Ref, content_ref
from mlwright.kernel.progress import Progress
from mlwright.models import price_of
from mlwright.rag import Composed, Prompt, Rag, Retrieval, TemplateBlock, Tried, template_blocks, without_blocks

METRICS = ("citation_accuracy", "contains", "token_f1", "abstention", "span_recall")
"""What a shorter prompt must not lose, as far as it applies to the set."""
_BUDGETS = (0.75, 0.5)
_AT_ONCE = 4
_FORMAT = 1


async def prompt(
    app: Joined,
    pipeline: str,
    *,
    set_name: str,
    margin: float,
    examples: int,
    metrics: Sequence[str],
    apply: bool,
    allow_synthetic: bool,
    progress: Progress,
) -> Prompted:
    """Measure the candidates and say what may go; with `apply` write `keep` or `context` into the blueprint's file.

    Raises UserError where there is no set, Refused where `apply` would rest on synthetic examples and that is not
    allowed, ProviderError where the model does not answer."""
    rag = app.pipeline(pipeline)
    asked = _asked(app, set_name, examples)
    if apply and asked.synthetic and not allow_synthetic:
        raise Refused(
            f"{asked.synthetic} of {len(asked.examples)} examples of {asked.name!r} are synthetic, and shortening a "
            "prompt by them may mislead",
            hint="write a set of questions that people ask, or allow it: --allow-synthetic",
        )
    return await _Work(app, rag, asked, margin, metrics or METRICS, progress).run(apply)


def _asked(app: Joined, set_name: str, most: int) -> EvalDataset:
    """The set that was named, else the first of the blueprint; some of its examples where it has too many."""
    found = set_named(app, set_name, "to measure a shorter prompt on")
    if len(found.examples) <= most:
        return found
    chosen = sorted(random.Random(0).sample(range(len(found.examples)), most))  # noqa: S311 - repeatable on purpose
    return dataset(found.name, tuple(found.examples[place] for place in chosen))


class _Work:
    """One run."""

    def __init__(
        self, app: Joined, rag: Rag, asked: EvalDataset, margin: float, metrics: Sequence[str], progress: Progress
    ) -> None:
        self._app, self._rag, self._asked, self._margin, self._progress = app, rag, asked, margin, progress
        self._metrics = {name: metric_named(name) for name in metrics}
        self._folder = app.home / "tuning" / rag.name / "prompt"
        self._text = app.path.read_text(encoding="utf-8")
        self._template = rag.prompt_text
        self._part = app.blueprint.models.chat[rag.spec.generate.model]
        self._found: dict[str, Retrieval] = {}
        self._measured: list[Measured] = []
        self._spent: float | None = 0.0

    async def run(self, apply: bool) -> Prompted:
        task = f"shorten the prompt of {self._rag.name}"
        self._progress.start(task, None)
        try:
            await self._measure(self._current(), task)
            for candidate in self._fewer():
                await self._measure(candidate, task)
                if clearly_worse(self._base, self._measured[-1].result, self._margin):
                    break
            for candidate in (*await self._smaller(), *self._simpler()):
                await self._measure(candidate, task)
            await self._measure_together(task)
        finally:
            self._progress.end(task)
        return await self._concluded(apply)

    # --- candidates

    def _current(self) -> Candidate:
        spec = self._rag.spec
        return Candidate("current", spec.kept, spec.generate.context, self._template)

    def _fewer(self) -> list[Candidate]:
        """Fewer and fewer passages."""
        now, at = self._current(), f"rag.{self._rag.name}"
        path = f"{at}.retrieve.keep" if self._rag.spec.rerank is None else f"{at}.rerank.keep"
        return [
            replace(now, name=f"keep {keep}", keep=keep, edits=(Edit(path, str(keep)),))
            for keep in range(now.keep - 1, 0, -1)
        ]

    async def _smaller(self) -> list[Candidate]:
        """Budgets below what the prompt takes now."""
        now, path = self._current(), f"rag.{self._rag.name}.generate.context"
        prompts = [await self._composed(example) for example in self._asked.examples]
        sizes = [sum(self._rag.tokens(message.content) for message in one.messages) for one in prompts]
        budgets = {max(1, int(sum(sizes) / len(sizes) * share) // 10 * 10) for share in _BUDGETS}
        return [
            replace(now, name=f"context {budget}", context=budget, edits=(Edit(path, str(budget)),))
            for budget in sorted(budgets, reverse=True)
            if budget < now.context
        ]

    def _simpler(self) -> list[Candidate]:
        """The template without each block that may go; none where the model only quotes, and reads no instructions."""
        if not self._part.facts().writes:
            return []
        free = [block for block in template_blocks(self._template) if not block.why]
        return [self._without(f"without {named(block)}", (block,)) for block in free]

    def _without(self, name: str, gone: tuple[TemplateBlock, ...]) -> Candidate:
        return replace(self._current(), name=name, template=without_blocks(self._template, gone), gone=gone)

    async def _measure_together(self, task: str) -> None:
        """What holds block by block may not hold for all of them."""
        holding = {one.name for one in self._judged() if one.verdict == "holds"}
        gone = tuple(block for one in self._measured if one.candidate.name in holding for block in one.candidate.gone)
        if len(gone) > 1:
            await self._measure(self._without(f"without these {len(gone)} instructions", gone), task)

    # --- measuring

    async def _measure(self, candidate: Candidate, task: str) -> None:
        """Ask, or take what an earlier run kept."""
        kept = self._folder / f"{self._key(candidate)}.json"
        run: Ref | None = None
        if kept.exists():
            result = Result(**json.loads(kept.read_text(encoding="utf-8")))
        else:
            result = await self._answered(candidate)
            run = self._recorded(candidate, result)
            if not result.errors:
                kept.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(kept, json.dumps(asdict(result)).encode())
        self._measured.append(Measured(candidate, result, run))
        self._progress.step(task)

    def _key(self, candidate: Candidate) -> str:
        rag = self._rag
        fields = {name: value for name, value in rag.versions().items() if name not in ("prompt", "generate")}
        about = {"cite": rag.spec.generate.cite, "if_empty": rag.spec.generate.if_empty, "set": self._asked.ref.id}
        shown = {"keep": candidate.keep, "context": candidate.context, "template": candidate.template}
        return content_ref(
            "candidate", {**fields, **about, **shown, "metrics": list(self._metrics), "format": _FORMAT}
        ).id

    async def _retrieved(self, example: EvalExample) -> Retrieval:
        """Searched once a run."""
        if example.id not in self._found:
            found = await self._rag.retrieve(example.input)
            self._pay([call.cost for call in found.calls])
            self._found[example.id] = found
        return self._found[example.id]

    async def _composed(self, example: EvalExample) -> Composed:
        now = self._current()
        answerer = self._rag.variant(context=now.context, prompt=Prompt(now.template, name=now.name))
        return await answerer.composed(await self._retrieved(example))

    async def _answered(self, candidate: Candidate) -> Result:
        answerer = self._rag.variant(
            context=candidate.context, prompt=Prompt(candidate.template, name=f"{candidate.name} of {self._rag.name}")
        )
        tried: dict[str, Tried] = {}

        async def target(example: EvalExample) -> Outcome:
            found = await self._retrieved(example)
            made = await answerer.tried(replace(found, hits=found.hits[: candidate.keep]))
            tried[example.id] = made
            self._pay([call.cost for call in made.answer.calls[len(found.calls) :]])
            return outcome_of_trial(self._rag, made)

        results = await measured(
            self._asked.examples, target, self._metrics, concurrency=_AT_ONCE, progress=self._progress,
            task=f"ask {candidate.name}",
        )  # fmt: skip
        failed = [one.error for one in results if one.error]
        if len(failed) == len(results):
            raise ProviderError(f"no question was answered: {failed[0]}", hint="try one: mlwright ask")
        scores = {
            name: {one.example: one.scores[name] for one in results if name in one.scores} for name in self._metrics
        }
        answers = [made.answer for made in tried.values()]
        costs = [answer.cost for answer in answers]
        cost = None if None in costs else sum(one or 0.0 for one in costs) / len(costs)
        tokens = [
            sum(call.input_tokens for call in made.answer.calls[len(self._found[name].calls) :])
            for name, made in tried.items()
        ]
        return Result(scores, sum(tokens) / len(tokens), cost, _cited(list(tried.values())), len(failed))

    def _pay(self, costs: Sequence[float | None]) -> None:
        known = [cost for cost in costs if cost is not None]
        self._spent = None if self._spent is None or len(known) < len(costs) else self._spent + sum(known)

    def _recorded(self, candidate: Candidate, result: Result) -> Ref:
        """A run; what came of it is the release that the settings would be, or the template."""
        made = (
            Prompt(candidate.template, name=candidate.name).ref
            if candidate.gone
            else from_text(edited(self._text, candidate.edits), self._app.path).ref
        )
        params = {
            "candidate": candidate.name, "set": self._asked.name, "examples": str(len(self._asked.examples)),
            "synthetic": str(self._asked.synthetic), **{edit.path: str(edit.value) for edit in candidate.edits},
        }  # fmt: skip
        metrics = {name: mean_of(scores) for name, scores in result.scores.items() if scores}
        metrics |= {"prompt_tokens": result.tokens} | ({} if result.cost is None else {"cost": result.cost})
        index = self._rag.index_ref()
        uses = [self._asked.ref, self._rag.model_ref(), *([index] if index else [])]
        return self._app.tracking.record(f"prompt {self._rag.name}", params, metrics, uses, made)

    # --- judging

    @property
    def _base(self) -> Result:
        return self._measured[0].result

    def _judged(self) -> list[Shorter]:
        return judged(self._base, self._measured[1:], self._margin)

    async def _concluded(self, apply: bool) -> Prompted:
        base, trials = self._base, self._judged()
        settings = [one for one in trials if one.edits and one.verdict == "holds" and one.saved > 0]
        winner = max(settings, key=lambda one: one.saved, default=None)
        after = edited(self._text, winner.edits) if winner else self._text
        if apply and winner:
            write_atomically(self._app.path, after.encode())
        least = min((len(base.scores[name]) for name in deciding(base)), default=0)
        prompts = [await self._composed(example) for example in self._asked.examples]
        cite, writes = self._rag.spec.generate.cite, self._part.facts().writes
        provable, needed = provable_margin(least, len(trials)), examples_needed(self._margin, len(trials))
        return Prompted(
            pipeline=self._rag.name,
            set=self._asked.name,
            examples=len(self._asked.examples),
            synthetic=self._asked.synthetic,
            margin=self._margin,
            metrics=tuple(deciding(base)),
            tokens=base.tokens,
            cost=None if base.cost is None else base.cost * 1000,
            parts=tuple(parts_of(self._rag, prompts, base.cited, cite, writes=writes)),
            caching=caching_of(self._rag, prompts, price_of(self._part)),
            trials=tuple(trials),
            provable=provable,
            needed=needed,
            why=why(trials, winner, self._margin, least, provable, needed),
            winner=winner.name if winner else "",
            diff=as_diff(self._text, after, self._app.path.name, "shortened"),
            template_diff=self._template_diff(trials),
            applied=bool(apply and winner),
            spent=self._spent,
        )

    def _template_diff(self, trials: Sequence[Shorter]) -> str:
        """Without the instructions that are not missed: all of them where they were measured together, else the one
        that takes most."""
        holding = {one.name: one.saved for one in trials if one.verdict == "holds"}
        known = [one.candidate for one in self._measured]
        simpler = [one for one in known if one.gone and one.name in holding]
        best = max(simpler, key=lambda one: (len(one.gone), holding[one.name]), default=None)
        name = self._rag.spec.generate.prompt or "answer.md"
        return as_diff(self._template, best.template, name, "shortened") if best else ""


def _cited(tried: Sequence[Tried]) -> dict[str, float]:
    """The share of answers that cite each passage, by its number."""
    cited = ({citation.number for citation in one.answer.citations} for one in tried)
    counts = Counter(str(number) for numbers in cited for number in numbers)
    return {number: count / len(tried) for number, count in counts.items()}
