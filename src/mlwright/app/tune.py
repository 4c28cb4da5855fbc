"""Tuning: the walk from an eval set through many settings of a pipeline to the one that is shown to be better.

Candidates are built in a workspace of their own below `tuning`, so that nothing that is served is touched; what was
built and measured there is kept, so that a run which was interrupted goes on. The current settings are one candidate.
First chunkers and sizes are compared, then, for the two best, ways to fuse, then, for the two best of all, feedback
and rerankers. Each candidate may show the model as many tokens as the current settings do: small chunks get more
passages, large ones fewer. No candidate has contexts that a model writes, since each size would pay for its own.
"""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from mlwright.app.built import BuiltModels
from mlwright.app.candidates import Candidate, Candidates
from mlwright.app.joined import Joined
from mlwright.app.joins import Documents, retrieved_of
from mlwright.app.synthetic import synthetic
from mlwright.blueprint import Edit, as_diff, edited, from_text
from mlwright.evals import (
    Change,
    EvalDataset,
    EvalExample,
    Interval,
    Outcome,
    changes,
    dataset,
    interval,
    measured,
    metric_named,
    quantile,
)
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import Refused, Unreadable, UserError
from mlwright.kernel.files import write_atomically
from mlwright.kernel.ids import Ref, content_ref
from mlwright.kernel.open import open_kernel
from mlwright.kernel.progress import Progress
from mlwright.models import Price, price_of
from mlwright.rag import Rag, SourceDocument, build_rag

_FINALISTS = 2
_SURE = 0.05
_ALSO = ("span_precision", "mrr", "ndcg@10")


@dataclass(frozen=True, slots=True)
class Trial:
    """One candidate as it was measured. `seconds` are those of a question without its embedding, p50 and p95;
    `prompt_tokens` the mean tokens of the passages, `cost` in USD for a thousand questions: these tokens, and what
    rewriting and reranking took (None where a model has no price); `change` is against the current settings."""

    name: str
    edits: tuple[Edit, ...]
    score: Interval | None
    also: Mapping[str, float]
    change: Change | None
    seconds: tuple[float, float]
    prompt_tokens: float
    cost: float | None
    chunks: int
    build_seconds: float
    run: Ref | None


@dataclass(frozen=True, slots=True)
class Tuned:
    """All trials, the best mean first, and what follows from them. `winner` is the name of the trial that is shown to
    be better than the current settings, empty where none is; `diff` is what it changes in the file."""

    pipeline: str
    set: str
    examples: int
    synthetic: int
    documents: int
    of_documents: int
    metric: str
    trials: tuple[Trial, ...]
    winner: str
    why: str
    diff: str
    applied: bool


@dataclass(frozen=True, slots=True)
class _Result:
    """What is kept of a candidate between runs: scores by example for each metric, and what it took."""

    scores: Mapping[str, Mapping[str, float]]
    seconds: tuple[float, float]
    prompt_tokens: float
    calls_cost: float | None
    chunks: int
    build_seconds: float


class _Some:
    """Some documents of a source."""

    def __init__(self, whole: Documents, kept: Sequence[SourceDocument]) -> None:
        self._whole, self._kept = whole, kept
        self.ref = content_ref("dataset", {"versions": [one.version.id for one in kept]})

    def latest(self) -> tuple[Ref, Sequence[SourceDocument]]:
        return self.ref, self._kept

    def documents(self, dataset: Ref) -> Sequence[SourceDocument]:
        return self._kept

    def read(self, version: Ref) -> bytes:
        return self._whole.read(version)

    def quarantine(self, document: SourceDocument, error: Unreadable) -> None:
        """The ingest that is served says so already."""

    def release(self, document: SourceDocument) -> None:
        """As for `quarantine`."""


async def tune(
    app: Joined,
    pipeline: str,
    *,
    set_name: str,
    documents: int,
    examples: int,
    metric: str,
    apply: bool,
    allow_synthetic: bool,
    by: str,
    progress: Progress,
) -> Tuned:
    """Measure the candidates, choose, and with `apply` write the winner into the blueprint's file.

    Raises Refused where `apply` would rest on synthetic examples and that is not allowed, UserError for a pipeline
    that was changed on the command line only."""
    rag = app.pipeline(pipeline)
    asked = await _asked(app, rag.name, set_name, examples, by, progress)
    if apply and asked.synthetic and not allow_synthetic:
        raise Refused(
            f"{asked.synthetic} of {len(asked.examples)} examples of {asked.name!r} are synthetic, and choosing "
            "settings by them may mislead",
            hint="write a set of questions that people ask, or allow it: --allow-synthetic",
        )
    work = _Work(app, rag, asked, documents, metric or _metric_for(asked), progress)
    return await work.run(apply)


async def _asked(app: Joined, pipeline: str, set_name: str, examples: int, by: str, progress: Progress) -> EvalDataset:
    """The set that was named, else the first of the blueprint, else a synthetic one, as also where `by` names the model
    that writes it; unanswerable examples say nothing about retrieval and are left out."""
    known = [] if by else list(app.blueprint.evals.sets)
    name = set_name or (known[0] if known else "")
    found = app.evals.dataset(name) if name else (await synthetic(app, pipeline, examples, by, progress)).set
    useful = tuple(example for example in found.examples if example.relevant)
    if len(useful) < 2:
        raise UserError(
            f"set {found.name!r} has {len(useful)} examples that name what is relevant, and two are the least",
            hint="add `relevant` to its examples",
        )
    return found if len(useful) == len(found.examples) else dataset(found.name, useful)


def _metric_for(asked: EvalDataset) -> str:
    """Characters where most examples name words or places, else documents."""
    named = sum(any(one.quote or one.span for one in example.relevant) for example in asked.examples)
    return "span_recall" if 2 * named >= len(asked.examples) else "ndcg@10"


class _Work:
    """One tuning run."""

    def __init__(
        self, app: Joined, rag: Rag, asked: EvalDataset, documents: int, metric: str, progress: Progress
    ) -> None:
        self._app, self._rag, self._asked, self._metric, self._progress = app, rag, asked, metric, progress
        self._names = tuple(dict.fromkeys((metric, *_ALSO)))
        self._metrics = {name: metric_named(name) for name in self._names}
        own = rag.spec.index.model_copy(update={"engine": type(rag.spec.index)().engine})  # on a server is what answers
        bare = rag.spec.model_copy(update={"situate": None, "index": own})
        self._candidates = Candidates(rag.name, bare, app.blueprint.models)
        self._models = BuiltModels()
        whole = Documents(app.data, rag.spec.documents)
        self._dataset, every = whole.latest()
        self._of = len(every)
        self._source = _Some(whole, _sample(every, asked, documents))
        self._embed = app.blueprint.models.embed[rag.spec.index.embed]
        self._embedder = self._models.embedder(self._embed)
        self._home = app.home / "tuning" / rag.name
        self._text = app.path.read_text(encoding="utf-8")
        self._results: dict[str, tuple[Candidate, _Result, Ref | None]] = {}

    async def run(self, apply: bool) -> Tuned:
        kernel = open_kernel(self._home)
        task = f"tune {self._rag.name}"
        self._progress.start(task, None)
        try:
            await self._measure(kernel, self._candidates.current(), task)
            for candidate in self._candidates.cuttings():
                await self._measure(kernel, candidate, task)
            for base in self._best(_FINALISTS):
                for candidate in self._candidates.fusions(base):
                    await self._measure(kernel, candidate, task)
            for base in self._best(_FINALISTS):
                for candidate in (*self._candidates.feedbacks(base), *self._candidates.rerankings(base)):
                    await self._measure(kernel, candidate, task)
        finally:
            self._progress.end(task)
            await self._models.close()
            kernel.store.close()
        return self._concluded(apply)

    def _best(self, many: int) -> list[Candidate]:
        ranked = sorted(self._results.values(), key=lambda one: -_mean(one[1].scores.get(self._metric, {})))
        return [candidate for candidate, _, _ in ranked[:many]]

    # --- measuring

    async def _measure(self, kernel: Kernel, candidate: Candidate, task: str) -> None:
        """Build and ask, or take what an earlier run kept; the same settings are measured once."""
        key = self._key(candidate)
        if key in self._results:
            return
        kept = self._home / "results" / f"{key}.json"
        run: Ref | None = None
        if kept.exists():
            result = _Result(**json.loads(kept.read_text(encoding="utf-8")))
        else:
            result = await self._asked_of(candidate, kernel)
            run = self._recorded(candidate, result)
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(kept, json.dumps(asdict(result)).encode())
        self._results[key] = (candidate, result, run)
        self._progress.step(task)

    def _key(self, candidate: Candidate) -> str:
        spec = candidate.spec.model_dump(mode="json")
        fields = {name: json.dumps(spec[name], sort_keys=True) for name in ("chunk", "index", "retrieve", "rerank")}
        if candidate.spec.rerank is not None:
            fields["reranker"] = candidate.models.rerank[candidate.spec.rerank.model].model_dump_json()
        about = {"documents": self._source.ref.id, "set": self._asked.ref.id, "embedder": str(self._embedder.ref)}
        return content_ref("candidate", {**fields, **about, "metrics": list(self._names), "format": 2}).id

    async def _asked_of(self, candidate: Candidate, kernel: Kernel) -> _Result:
        rag = build_rag(
            self._rag.name, candidate.spec, kernel, embedder=self._embedder, embed=self._embed,
            chat=self._models.chats(candidate.models.chat),
            prices={name: price_of(part) for name, part in candidate.models.chat.items()},
            source=self._source, record=_nowhere, compute=self._app.blueprint.target.compute,
            rerank=self._models.reranker(candidate.models, candidate.spec),
        )  # fmt: skip
        tokens: list[int] = []
        costs: list[float | None] = []

        async def target(example: EvalExample) -> Outcome:
            found = await rag.retrieve(example.input)
            tokens.append(sum(hit.chunk.tokens for hit in found.hits))
            costs.extend(call.cost for call in found.calls)
            took = {name: value for name, value in found.seconds.items() if name not in ("embed", "total")}
            return Outcome("", tuple(map(retrieved_of, found.hits)), seconds={"search": sum(took.values())})

        try:
            built = await rag.ingest(self._progress)
            results = await measured(
                self._asked.examples, target, self._metrics, concurrency=1, progress=self._progress,
                task=f"ask {candidate.name}",
            )  # fmt: skip
        finally:
            rag.close()
        scores = {
            name: {one.example: one.scores[name] for one in results if name in one.scores} for name in self._names
        }
        seconds = [one.seconds["search"] for one in results if "search" in one.seconds] or [0.0]
        times = quantile(seconds, 0.5).value, quantile(seconds, 0.95).value
        asked = max(1, len(tokens))
        known = [cost for cost in costs if cost is not None]
        spent = sum(known) / asked if len(known) == len(costs) else None
        return _Result(scores, times, sum(tokens) / asked, spent, built.chunks, built.seconds["total"])

    def _recorded(self, candidate: Candidate, result: _Result) -> Ref:
        """A run in the workspace of the blueprint, whose release is the one that the candidate would be."""
        release = from_text(edited(self._text, candidate.edits), self._app.path).ref
        params = {
            "candidate": candidate.name, "set": self._asked.name, "examples": str(len(self._asked.examples)),
            "synthetic": str(self._asked.synthetic), "documents": f"{len(self._source.latest()[1])} of {self._of}",
            **{edit.path: str(edit.value) for edit in candidate.edits},
        }  # fmt: skip
        metrics = {name: _mean(scores) for name, scores in result.scores.items() if scores}
        metrics |= {
            "search_p50": result.seconds[0], "search_p95": result.seconds[1], "prompt_tokens": result.prompt_tokens,
            "chunks": float(result.chunks), "build_seconds": result.build_seconds,
        }  # fmt: skip
        uses = [self._dataset, self._asked.ref, self._embedder.ref]
        return self._app.tracking.record(f"tune {self._rag.name}", params, metrics, uses, release)

    # --- choosing

    def _concluded(self, apply: bool) -> Tuned:
        (current, base, base_run), *others = self._results.values()
        baseline = base.scores.get(self._metric, {})
        found = changes(baseline, [result.scores.get(self._metric, {}) for _, result, _ in others])
        trials = [self._trial(current, base, None, base_run)]
        trials += [self._trial(*one[:2], change, one[2]) for one, change in zip(others, found, strict=True)]
        winner, why = _chosen(trials)
        after = edited(self._text, winner.edits) if winner else self._text
        if apply and winner:
            write_atomically(self._app.path, after.encode())
        return Tuned(
            pipeline=self._rag.name,
            set=self._asked.name,
            examples=len(self._asked.examples),
            synthetic=self._asked.synthetic,
            documents=len(self._source.latest()[1]),
            of_documents=self._of,
            metric=self._metric,
            trials=tuple(sorted(trials, key=lambda one: -(one.score.mean if one.score else 0.0))),
            winner=winner.name if winner else "",
            why=why,
            diff=as_diff(self._text, after, self._app.path.name, "tuned"),
            applied=bool(apply and winner),
        )

    def _trial(self, candidate: Candidate, result: _Result, change: Change | None, run: Ref | None) -> Trial:
        scores = list(result.scores.get(self._metric, {}).values())
        price = price_of(self._app.blueprint.models.chat[candidate.spec.generate.model])
        return Trial(
            name=candidate.name,
            edits=candidate.edits,
            score=interval(scores) if scores else None,
            also={name: _mean(result.scores[name]) for name in self._names[1:] if result.scores.get(name)},
            change=change,
            seconds=(result.seconds[0], result.seconds[1]),
            prompt_tokens=result.prompt_tokens,
            cost=_cost_of_thousand(result, price),
            chunks=result.chunks,
            build_seconds=result.build_seconds,
            run=run,
        )


def _chosen(trials: Sequence[Trial]) -> tuple[Trial | None, str]:
    """Of those that are better beyond doubt the one with the best mean; of equal means the one with fewer tokens."""
    better = [trial for trial in trials if trial.change and trial.change.mean > 0 and trial.change.corrected < _SURE]
    if not better:
        seen = max((trial.change.detectable for trial in trials if trial.change), default=0.0)
        return None, (
            f"none of {len(trials) - 1} candidates is shown to be better than the current settings; so many examples "
            f"are sure to show a difference of {seen:.3f} or more"
        )
    best = max(better, key=lambda one: (one.score.mean if one.score else 0.0, -one.prompt_tokens))
    change = best.change
    assert change is not None
    return best, (
        f"{best.name} is better by {change.mean:+.3f} [{change.low:+.3f}, {change.high:+.3f}] over {change.n} examples,"
        f" p = {change.corrected:.3g} after Holm's correction for {len(trials) - 1} candidates"
    )


def _sample(every: Sequence[SourceDocument], asked: EvalDataset, most: int) -> list[SourceDocument]:
    """All documents that the set names, and others at random up to `most`; in the order of the source."""
    named = {one.document for example in asked.examples for one in example.relevant}
    others = [one for one in every if one.key not in named]
    random.Random(0).shuffle(others)  # noqa: S311 - repeatable on purpose, no secret
    room = max(0, most - (len(every) - len(others)))
    kept = named | {one.key for one in others[:room]}
    return [one for one in every if one.key in kept]


def _cost_of_thousand(result: _Result, price: Price | None) -> float | None:
    if price is None or result.calls_cost is None:
        return None
    return result.prompt_tokens * price.input / 1000 + result.calls_cost * 1000


def _mean(scores: Mapping[str, float]) -> float:
    return sum(scores.values()) / len(scores) if scores else 0.0


def _nowhere(name: str, params: dict[str, str], metrics: dict[str, float], uses: Sequence[Ref], made: Ref) -> Ref:
    """The index of a candidate is no run of its own: the candidate is."""
    return content_ref("run", {"made": made.id})
