"""An open workspace: the systems of one blueprint, joined, and every verb that people and programs call."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from mlwright.app import (
    adding,
    documenting,
    evaluate,
    indexes,
    lookback,
    planning,
    prompting,
    reviewing,
    status,
    synthetic,
    threshold,
    tracing,
    tune,
    up,
    verifying,
    walk,
    watching,
)
from mlwright.app.joined import Joined
from mlwright.app.prompt_results import Prompted
from mlwright.architect import Finding, Plan, Score
from mlwright.data import Dataset, Upload
from mlwright.evals import EvalResult
from mlwright.kernel import aio
from mlwright.kernel.errors import NotFound, UserError
from mlwright.kernel.ids import Ref
from mlwright.kernel.plan import Stage
from mlwright.kernel.progress import Progress, silent
from mlwright.rag import (
    Answer,
    Conversations,
    Damage,
    EmbeddingMap,
    IndexReport,
    IndexVersions,
    PrunedIndex,
    Retrieval,
    Turn,
    Where,
    answer_of,
    answers,
    plain_filter,
)
from mlwright.serving import Feedback, Request, Traffic
from mlwright.tracking import Run


def _ignore(text: str) -> None:
    """Where nobody listens to the tokens."""


def _agree(stage: Stage) -> bool:
    """Who calls `up` from a program has decided."""
    return True


@dataclass(frozen=True, slots=True)
class App(Joined):
    """What `mlwright.open` gives. Use it as a context manager, or call `close`.

    The methods below block; they are safe to call from several threads, and from a notebook. References may be given as
    `Ref` or as text, `answer:01jd…`. Errors are the classes of `mlwright.errors`.
    """

    def up(self, progress: Progress = silent, *, confirm: "up.Confirm" = _agree) -> "up.UpReport":
        """Bring the workspace to the blueprint: ingest, index, evaluate, deploy. Repeating it does only what is new.

        `confirm` is asked before a stage that destroys something. Raises Refused where it says no."""
        return up.up(self, progress, confirm)

    def ingest(self, progress: Progress = silent) -> tuple[list[Dataset], list[IndexReport]]:
        """Read every source and bring every index in line with it."""
        datasets = [self.data.ingest(name, progress) for name in self.blueprint.data.sources]
        reports = [aio.run(rag.ingest(progress)) for rag in self.rag.values()]
        indexes.tidy(self)
        return datasets, reports

    def watch(self, every: float = 2.0, progress: Progress = silent) -> Iterator[watching.Round]:
        """Look at the sources every so many seconds, for ever, and bring in what changed once it holds still. Yields
        the rounds that changed something or failed: `for round in app.watch(): …`."""
        return watching.watch(self, every, progress)

    def add(self, files: Iterable[tuple[str, bytes]], *, source: str = "") -> tuple[list[Upload], Ref]:
        """Keep files, as (name, bytes), and have them ingested by a job, whose reference comes with them; see `working`
        and `settle`. `source` is the one of the first pipeline where none is named. Raises UserError for a name or a
        size that is not taken."""
        return adding.add(self, files, source)

    def added(self, source: str = "") -> "list[adding.Added]":
        """Every upload with its state, the latest first."""
        return adding.states(self, source)

    def remove(self, document: Ref | str) -> Upload:
        """Take an uploaded document away, out of every index, answer and cache. Raises NotFound where it was not
        uploaded: what lies in a folder is removed there."""
        return adding.remove(self, as_ref(document))

    def retry(self, source: str, keys: Collection[str] | None = None) -> int:
        """Have files of the quarantine tried again, all of them where `keys` is None; how many."""
        return adding.retry(self, source, keys)

    def settle(self, job: Ref) -> None:
        """Wait until a job has ended, doing it here where no worker does. Raises TransientError where it failed."""
        adding.settle(self, job)

    def working(self) -> AbstractContextManager[object]:
        """A worker for the jobs of this workspace, beside whatever happens in the `with`: two at a time, so that the
        check of a large index holds up no upload elsewhere."""
        return self.kernel.jobs.worker(threads=2, poll=1.0)

    def ask(
        self,
        question: str,
        *,
        endpoint: str = "",
        user: str = "",
        where: Where | None = None,
        history: Sequence[Turn] = (),
        conversation: Ref | str = "",
        at: str = "",
        on_token: Callable[[str], None] = _ignore,
    ) -> Answer:
        """Ask an endpoint (the first one where none is named) and wait for the whole answer.

        `where` narrows the documents: a `mlwright.rag` filter, its JSON form as a mapping, or its text form. A question
        may lean on `history`, oldest first, or on a `conversation`: `new` begins one, which the answer names. A
        conversation belongs to its `user`. `at` names a version of the index, as in `retrieve`."""
        name = endpoint or self.default_endpoint()
        said = [(turn.question, turn.answer) for turn in history]
        owner = self.serving.owner("", user)
        request = Request(
            question, user, plain_filter(where), history=said, conversation=str(conversation), owner=owner, at=at
        )
        return aio.run(self._ask(name, request, on_token))

    @property
    def conversations(self) -> Conversations:
        """The conversations of this workspace. Raises NotFound where the blueprint has no pipeline."""
        self.pipeline()
        return max(self.rag.values(), key=lambda rag: rag.spec.generate.history.keep).conversations

    async def _ask(self, endpoint: str, request: Request, on_token: Callable[[str], None]) -> Answer:
        data: Mapping[str, object] = {}
        async for event in self.serving.call(endpoint, request):
            if event.type == "token":
                on_token(str(event.data["text"]))
            elif event.type == "done":
                data = event.data
        return self.answer(str(data["answer"]))

    def retrieve(
        self,
        question: str,
        *,
        pipeline: str = "",
        top: int | None = None,
        where: Where | None = None,
        history: Sequence[Turn] = (),
        explain: bool = False,
        at: str = "",
        settings: Mapping[str, object] = {},
    ) -> Retrieval:
        """The passages that a question finds, with their scores; `explain` keeps what each stage found, too; `at` names
        a version of the index by number, reference, tag or time."""
        rag = self.pipeline(pipeline)
        found = rag.retrieve(question, top=top, where=where, history=history, explain=explain, at=at, settings=settings)
        return aio.run(found)

    def index_versions(self, pipeline: str = "") -> IndexVersions:
        """The versions of an index: list them, compare two, tag one so that it stays. Raises NotFound."""
        return self.pipeline(pipeline).index_versions

    def verify_index(self, pipeline: str = "", *, repair: bool = False, progress: Progress = silent) -> list[Damage]:
        """What is damaged in an index, or disagrees between index, store and lineage; with `repair` it is mended, and
        what cannot be mended is made again from the documents."""
        return aio.run(self.pipeline(pipeline).repair(progress)) if repair else indexes.verify(self, pipeline)

    def verify_soon(self, pipeline: str = "") -> Ref:
        """Have an index checked by a job, whose reference it gives; `verification` says what came of it."""
        return verifying.enqueue(self, pipeline)

    def verification(self, pipeline: str = "") -> "verifying.Verification":
        """The last check of an index, and whether one is under way."""
        return verifying.state(self, pipeline)

    def map_index(self, pipeline: str = "") -> EmbeddingMap:
        """The chunks of an index by what they mean: places on a plane, clusters with the words that tell them apart,
        outliers and near duplicates. Raises NotFound where nothing is indexed."""
        return self.pipeline(pipeline).maps.map()

    def prune_index(self, pipeline: str = "") -> dict[str, PrunedIndex]:
        """Forget what no kept version of an index needs, by pipeline; of all of them where none is named."""
        return indexes.prune(self, pipeline)

    def eval(self, gate: str = "", progress: Progress = silent) -> list[EvalResult]:
        """Evaluate the blueprint as it stands in the file at one gate, or at all of them."""
        return aio.run(evaluate.evaluate(self, gate, progress))

    def tune(
        self,
        pipeline: str = "",
        *,
        set_name: str = "",
        documents: int = 300,
        examples: int = 60,
        metric: str = "",
        apply: bool = False,
        allow_synthetic: bool = False,
        by: str = "",
        progress: Progress = silent,
    ) -> "tune.Tuned":
        """Compare settings of a pipeline on an eval set, over at most `documents` documents. Without a set, or where
        `by` names a chat model to write them, it asks `examples` synthetic questions. Changes the blueprint's file only
        with `apply`."""
        return aio.run(
            tune.tune(
                self, pipeline, set_name=set_name, documents=documents, examples=examples, metric=metric, apply=apply,
                allow_synthetic=allow_synthetic, by=by, progress=progress,
            )
        )  # fmt: skip

    def threshold(
        self,
        pipeline: str = "",
        *,
        set_name: str = "",
        lose: float = 0.01,
        apply: bool = False,
        progress: Progress = silent,
    ) -> "threshold.Calibrated":
        """Find the highest `retrieve.min_score` at which at most the share `lose` of a set's answerable questions find
        nothing, and say how many unanswerable ones it stops. Changes the blueprint's file only with `apply`."""
        return aio.run(
            threshold.threshold(self, pipeline, set_name=set_name, lose=lose, apply=apply, progress=progress)
        )

    def prompt(
        self,
        pipeline: str = "",
        *,
        set_name: str = "",
        margin: float = 0.02,
        examples: int = 200,
        metrics: Sequence[str] = (),
        apply: bool = False,
        allow_synthetic: bool = False,
        progress: Progress = silent,
    ) -> Prompted:
        """What the prompt of a pipeline is made of, and what of it may go so that no metric loses `margin`, measured on
        an eval set. Changes the blueprint's file only with `apply`, and a template never."""
        return aio.run(
            prompting.prompt(
                self, pipeline, set_name=set_name, margin=margin, examples=examples, metrics=metrics, apply=apply,
                allow_synthetic=allow_synthetic, progress=progress,
            )
        )  # fmt: skip

    def synth(
        self, to: Path, pipeline: str = "", count: int = 60, by: str = "", progress: Progress = silent
    ) -> "synthetic.Synthetic":
        """Write questions about the indexed documents to a new file, each marked as synthetic: by rule, or by the chat
        model that `by` names."""
        synthetic.check_free(to)
        made = aio.run(synthetic.synthetic(self, pipeline, count, by, progress))
        synthetic.write_set(made.set, to)
        return made

    def promote(self, endpoint: str = "", why: str = "") -> Traffic:
        """Give the canary its next share of the traffic, if its gate allows. Raises Refused where it does not."""
        return self.serving.promote(endpoint or self.default_endpoint(), why)

    def rollback(self, endpoint: str = "", why: str = "") -> Traffic:
        """Take the canary's traffic away at once; without a canary, return to the release before."""
        return self.serving.rollback(endpoint or self.default_endpoint(), why)

    def feedback(self, answer: Ref | str, score: int, comment: str = "") -> Feedback:
        """Record what a person thought of an answer: 1 where it helped, -1 where it did not."""
        return self.serving.feedback(self.answer(answer).ref, score, comment)

    def answer(self, ref: Ref | str) -> Answer:
        """A recorded answer. Raises NotFound."""
        return answer_of(self.kernel.store, as_ref(ref))

    def answers(self, limit: int = 20) -> list[Answer]:
        """The latest answers, newest first."""
        return answers(self.kernel.store, limit)

    def runs(self, limit: int = 100, kind: str | None = None) -> list[Run]:
        """Recorded runs, newest first."""
        return self.tracking.runs(limit, kind=kind)

    def why(self, ref: Ref | str) -> "walk.Walk":
        """What a thing was made from, down to file, version, line, run and commit. Raises NotFound."""
        found = as_ref(ref)
        graph = self.kernel.lineage.up(found, skip=("follows",))
        self._known(found, len(graph.edges))
        return walk.up(graph, self.describe)

    def blast(self, ref: Ref | str) -> "walk.Walk":
        """What was made from a thing: the chunks, answers, indexes and evaluations that a document touched."""
        found = as_ref(ref)
        graph = self.kernel.lineage.down(found, skip=walk.shared_edges())
        self._known(found, len(graph.edges))
        return walk.down(graph, self.describe)

    def trace(self, ref: Ref | str) -> "tracing.Trace":
        """What happened while an answer or a run was made, step by step with times; also of any request, by the id that
        its header X-Trace-Id told: `trace:…`. Raises NotFound where no spans are kept."""
        return tracing.trace_of(self, as_ref(ref))

    def traced(self, ref: Ref | str) -> "tracing.Trace | None":
        """The same, or None where no spans are kept."""
        return tracing.trace_kept(self, as_ref(ref))

    def _known(self, ref: Ref, edges: int) -> None:
        if not edges and self.describe(ref) is None:
            raise NotFound(f"nothing is known of {ref}", hint="`mlwright status` lists answers, `mlwright runs` runs")

    def check(self, only: str = "") -> "list[Finding]":
        """Review the blueprint, and what this workspace recorded: every finding, or those of one rule. Raises NotFound
        for a rule that does not exist."""
        return reviewing.review(self, only)

    def score(self) -> "Score":
        """The ML Test Score, each test with the record that proves it."""
        return reviewing.scored(self)

    def plan(self) -> Plan:
        """What the system costs, keeps and takes by its blueprint, with what this workspace has measured."""
        return planning.plan_of(self)

    def actual(self, window: float | str = "24h", endpoint: str = "") -> "lookback.Actual":
        """The plan beside the last `window` (seconds, or `24h`), line by line, with the cause where it was missed; of
        one endpoint, or of all that were asked. Raises NotFound where nobody asked."""
        return lookback.actual(self, window, endpoint)

    def calibrate(
        self, window: float | str = "24h", endpoint: str = "", *, apply: bool = False, force: bool = False
    ) -> "lookback.Recalibrated":
        """What was measured in the last `window`, as a change of the blueprint's assumptions. Changes its file only
        with `apply`. Raises Refused where too few asked, unless with `force`."""
        return lookback.recalibrate(self, window, endpoint, apply=apply, force=force)

    def document(
        self, folder: Path | None = None, *, check: bool = False, pdf: bool = False
    ) -> "documenting.Documented":
        """Write the documents of the system into a folder, `design-docs` beside the blueprint where none is named: what
        changed, with what a person has noted there. `check` only says what would change."""
        return documenting.document_of(self, folder, check=check, pdf=pdf)

    def status(self) -> "status.Status":
        """The system at a glance: what is indexed, how well it does, what it cost, what needs a look."""
        return status.status(self)

    def close(self) -> None:
        """Write what is buffered and let go of files and connections."""
        self.releases.close()
        self.serving.close()
        self.kernel.close()

    def __enter__(self) -> "App":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def as_ref(ref: Ref | str) -> Ref:
    """A reference from text. Raises UserError that shows a right one."""
    if isinstance(ref, Ref):
        return ref
    try:
        return Ref.parse(ref)
    except ValueError as error:
        raise UserError(str(error), hint="copy one from `mlwright status` or from an answer") from error
