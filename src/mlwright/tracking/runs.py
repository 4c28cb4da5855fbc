"""The runs of one system: start them, find them, compare them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound
from mlwright.kernel.ids import Ref, content_ref, new_ref
from mlwright.kernel.lineage import Described
from mlwright.kernel.process import is_alive, this_process
from mlwright.tracking import compare as comparing
from mlwright.tracking import tables
from mlwright.tracking.active import ActiveRun
from mlwright.tracking.commit import commit_of
from mlwright.tracking.compare import Comparison
from mlwright.tracking.environment import environment
from mlwright.tracking.pulse import Pulse
from mlwright.tracking.types import Artifact, MetricPoint, Run

_SILENT = timedelta(minutes=10)  # without a sign of life a run on another machine counts as killed


_OF_SYSTEM = ("eval", "index", "tune", "verify")


@dataclass(frozen=True, slots=True)
class TrackingReport:
    """The state of tracking, for rules and pages. `runs` counts them by kind, `unfinished` those failed or killed;
    `latest` is the newest finished run of each work of the system, by name: `index support`, `tune support`."""

    experiment: str
    runs: Mapping[str, int]
    unfinished: Mapping[str, int]
    latest: Mapping[str, Run] = field(default_factory=dict)


class Tracking:
    """`base` is the folder of the blueprint: its commit is the commit of every run."""

    def __init__(self, kernel: Kernel, *, experiment: str, base: Path, with_environment: bool) -> None:
        self._kernel, self._store, self.experiment, self._base = kernel, kernel.store, experiment, base
        self._with_environment = with_environment
        self._pulse = Pulse(kernel)

    def start_run(
        self, name: str, *, kind: str, params: Mapping[str, Any] | None = None, uses: Iterable[Ref] = ()
    ) -> ActiveRun:
        """Begin a run of any kind (`train`, `index`, `eval`, …); a context manager that ends it. `uses` are the things
        it reads: datasets, models, prompts."""
        return self._started(name, kind, params or {}, uses, self._kernel.clock.now())

    def _started(self, name: str, kind: str, params: Mapping[str, Any], uses: Iterable[Ref], at: datetime) -> ActiveRun:
        commit = commit_of(self._base, without=(self._kernel.home,))
        run = Run(
            new_ref("run"), name, kind, self.experiment, "running", at, None, commit.id, commit.dirty, {}, {}, {}, "",
        )  # fmt: skip
        tables.add_run(self._store, run, self._environment(), this_process())
        if commit.id:
            self._kernel.lineage.link(run.ref, [Ref("commit", commit.id)], "at")
        active = ActiveRun(run.ref, name, self._kernel, self._pulse.drop)
        active.params(params)
        active.used(uses)
        self._pulse.add(active)
        return active

    def record(
        self, name: str, params: Mapping[str, Any], metrics: Mapping[str, float], uses: Iterable[Ref], made: Ref
    ) -> Ref:
        """Keep work that is over as a run. Its kind is the first word of `name`; `made` is what came of it: an
        evaluation is "recorded as" the run, anything else "built by" it. The span around the work is about the run,
        which began when that did."""
        kind, around = name.split()[0], self._kernel.spans.current()
        work = around if around is not None and around.about is None else None
        run = self._started(name, kind, params, uses, work.started if work else self._kernel.clock.now())
        run.log(metrics)
        run.made([made], "recorded as" if kind == "eval" else "built by")
        run.end()
        if work:
            work.about = run.ref
        return run.ref

    def runs(self, limit: int = 100, kind: str | None = None, experiment: str | None = None) -> list[Run]:
        """The newest first."""
        self._catch_up()
        return tables.runs(self._store, limit, kind or "", experiment or "")

    def run(self, ref: Ref) -> Run:
        """One run. Raises NotFound."""
        self._catch_up()
        found = tables.run(self._store, ref.id) if ref.kind == "run" else None
        if found is None:
            known = ", ".join(str(run.ref) for run in tables.runs(self._store, 3, "", "")) or "none yet"
            raise NotFound(f"there is no run {ref}", hint=f"the latest are: {known}")
        return found

    def points(self, ref: Ref, metric: str) -> list[MetricPoint]:
        """Every value of a metric, in the order logged. Raises NotFound (naming the metrics of the run)."""
        found = tables.points(self._store, self.run(ref).ref.id, metric)
        if not found:
            known = ", ".join(self.run(ref).metrics) or "none"
            raise NotFound(f"{ref} has no metric {metric!r}", hint=f"its metrics: {known}")
        return found

    def artifacts(self, ref: Ref) -> list[Artifact]:
        """The files of a run, by path. Raises NotFound for a run that is not there."""
        return tables.artifacts(self._store, self.run(ref).ref.id)

    def read(self, ref: Ref, path: str) -> bytes:
        """The content of an artifact. Raises NotFound (naming the artifacts of the run)."""
        found = {artifact.path: artifact for artifact in self.artifacts(ref)}
        if path not in found:
            raise NotFound(f"{ref} has no artifact {path!r}", hint=f"its artifacts: {', '.join(found) or 'none'}")
        return self._kernel.blobs.get(found[path].sha256)

    def compare(self, refs: Iterable[Ref]) -> Comparison:
        """Runs side by side. Raises NotFound."""
        return comparing.compare([self.run(ref) for ref in refs])

    def describe(self, ref: Ref) -> Described | None:
        """A run or a commit, for people; None for anything else."""
        if ref.kind == "commit":
            count, last = tables.commit_runs(self._store, ref.id)
            facts = {"commit": ref.id, "runs": str(count)}
            return Described(ref, f"commit {ref.id[:10]}", {**facts, "last run": str(last)} if last else facts)
        found = tables.run(self._store, ref.id) if ref.kind == "run" else None
        if found is None:
            return None
        facts = {"state": found.state, "kind": found.kind, "started": found.started.isoformat(timespec="seconds")}
        if found.commit:
            facts["commit"] = found.commit[:10] + (" with changes" if found.dirty else "")
        facts |= {name: f"{value:g}" for name, value in found.metrics.items()}
        return Described(ref, f"run {found.name}", facts)

    def report(self) -> TrackingReport:
        self._catch_up()
        all_, unfinished = Counter[str](), Counter[str]()
        for (kind, state), count in tables.counts(self._store).items():
            all_[kind] += count
            unfinished[kind] += count if state in ("failed", "killed") else 0
        latest = {run.name: run for run in tables.latest_by_name(self._store, _OF_SYSTEM)}
        return TrackingReport(self.experiment, dict(all_), {kind: n for kind, n in unfinished.items() if n}, latest)

    def _environment(self) -> str:
        body = dict(environment()) if self._with_environment else {}
        id_ = content_ref("environment", body).id
        tables.add_environment(self._store, id_, body)
        return id_

    def _catch_up(self) -> None:
        """Make the latest points readable, and find runs that say they go on though their process does not."""
        self._pulse.hand_over()
        for id_, process, seen in tables.running(self._store):
            alive = is_alive(process)
            if alive is False or (alive is None and self._kernel.clock.now() - seen > _SILENT):
                tables.kill_run(self._store, id_)
