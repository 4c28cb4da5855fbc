"""A run that is going on: takes params, metrics and artifacts, and ends finished or failed."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, SupportsFloat

from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import Conflict, NotFound, UserError
from mlwright.kernel.ids import Ref
from mlwright.kernel.lineage import Edge
from mlwright.tracking import tables
from mlwright.tracking.types import Artifact, MetricPoint, State

_BATCH = 1000


class ActiveRun:
    """`with tracking.start_run("train", kind="train") as run:`; made by `Tracking.start_run`. Safe from threads.

    Metrics reach the store in batches: at 1000 points, about once a second, and at the end. A run whose block raises
    is `failed`, with the error's first line. The block is a span: what happens in it is the run's trace.
    """

    def __init__(self, ref: Ref, name: str, kernel: Kernel, ended: Callable[["ActiveRun"], None]) -> None:
        self.ref = ref
        self._kernel, self._ended = kernel, ended
        self._span = kernel.spans.span(f"run {name}")
        self._span.about = ref
        self._lock = threading.Lock()
        self._points: list[tuple[int, MetricPoint]] = []
        self._logged = 0
        self._steps: dict[str, int] = {}
        self._params: dict[str, str] = {}
        self._over = False

    def __enter__(self) -> "ActiveRun":
        self._span.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._span.__exit__(kind, error, trace)
        if error is None:
            self.end()
        else:
            self.end("failed", f"{type(error).__name__}: {error}".partition("\n")[0])

    def log(self, metrics: Mapping[str, SupportsFloat], step: int | None = None) -> None:
        """Add a point to each metric; without `step` it is one more than that metric's last, from 0.

        NaN and infinities are kept as they are. Raises UserError for a value that is not a number."""
        at = self._kernel.clock.now()
        values = {name: _number(name, value) for name, value in metrics.items()}
        with self._lock:
            self._open()
            for name, value in values.items():
                here = self._steps.get(name, -1) + 1 if step is None else step
                self._steps[name] = here
                self._points.append((self._logged, MetricPoint(name, value, here, at)))
                self._logged += 1
            full = len(self._points) >= _BATCH
        if full:
            self.hand_over()

    def params(self, params: Mapping[str, Any]) -> None:
        """Say what was chosen. A param has one value in a run: another one is a Conflict."""
        texts = {name: _text(value) for name, value in params.items()}
        with self._lock:
            self._open()
            for name, text in texts.items():
                if (known := self._params.get(name, text)) != text:
                    raise Conflict(f"{self.ref}: param {name!r} is {known!r} already, not {text!r}", hint="start a run")
            self._params.update(texts)
        tables.add_params(self._kernel.store, self.ref.id, texts)

    def artifact(self, content: Path | str | bytes, name: str = "") -> Artifact:
        """Keep a file (a path) or bytes with the run, under `name`; a file's own name where absent.

        Raises NotFound for a path that is no file, and UserError for bytes without a name."""
        if isinstance(content, bytes):
            data = content
        else:
            path = Path(content)
            if not path.is_file():
                raise NotFound(f"artifact {path} is not a file", hint="give the path of one file, or bytes and a name")
            data, name = path.read_bytes(), name or path.name
        if not name:
            raise UserError(f"{self.ref}: an artifact of bytes needs a name", hint='artifact(data, "report.html")')
        kept = Artifact(name, self._kernel.blobs.put(data), len(data))
        tables.add_artifact(self._kernel.store, self.ref.id, kept)
        return kept

    def used(self, refs: Iterable[Ref]) -> None:
        """The run read these."""
        self._kernel.lineage.link(self.ref, refs, "used")

    def made(self, refs: Iterable[Ref], how: str = "built by") -> None:
        """The run made these."""
        self._kernel.lineage.link_many(Edge(ref, self.ref, how) for ref in refs)

    def end(self, state: State = "finished", error: str = "") -> None:
        """Close the run; durable when it returns. Later calls change nothing."""
        with self._lock:
            if self._over:
                return
            self._over = True
        self._ended(self)
        self.hand_over()
        tables.end_run(self._kernel.store, self.ref.id, state, self._kernel.clock.now(), error)

    def hand_over(self) -> None:
        """Give the points so far to the store's queue."""
        with self._lock:
            if self._points:
                tables.add_points(self._kernel.store, self.ref.id, self._points)
                self._points = []

    def _open(self) -> None:
        if self._over:
            raise Conflict(f"{self.ref} has ended", hint="start a run")


def _number(name: str, value: SupportsFloat) -> float:
    if isinstance(value, str | bytes):
        raise UserError(f"metric {name!r} is the text {value!r}, not a number", hint="log texts as params")
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise UserError(f"metric {name!r} is not a number: {error}", hint="log one number per name") from error


def _text(value: Any) -> str:
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, default=str, sort_keys=True)
    return "" if value is None else str(value)
