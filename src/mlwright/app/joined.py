"""The systems of one blueprint, joined: what every walk is given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlwright.app.joins import Pipelines
from mlwright.app.releases import Releases
from mlwright.blueprint import Blueprint
from mlwright.data import Data
from mlwright.evals import Evals
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound
from mlwright.kernel.ids import Ref
from mlwright.kernel.lineage import Described
from mlwright.rag import Rag
from mlwright.serving import Serving
from mlwright.tracking import Tracking


@dataclass(frozen=True, slots=True)
class Joined:
    """An open workspace without its verbs. `path` is the blueprint's file, `home` the workspace's folder."""

    path: Path
    home: Path
    blueprint: Blueprint
    kernel: Kernel
    data: Data
    evals: Evals
    serving: Serving
    tracking: Tracking
    releases: Releases

    @property
    def release(self) -> Ref:
        """The release that the blueprint, as it stands in the file, would be."""
        return self.current.release

    @property
    def current(self) -> Pipelines:
        return self.releases.current

    @property
    def rag(self) -> Mapping[str, Rag]:
        """The pipelines of the blueprint, by name."""
        return self.current.rags

    def default_endpoint(self) -> str:
        """The first endpoint of the blueprint. Raises NotFound where it has none."""
        for name in self.blueprint.serving.endpoints:
            return name
        raise NotFound(
            f"{self.path} serves no endpoint", hint="add one: serving.endpoints.answer.handler: rag.<pipeline>"
        )

    def pipeline(self, name: str = "") -> Rag:
        """A pipeline by name, the first one where none is named. Raises NotFound."""
        if name and name not in self.rag:
            raise NotFound(f"{self.path} has no pipeline {name!r}", hint=f"it has: {', '.join(self.rag)}")
        for found in [name] if name else self.rag:
            return self.rag[found]
        raise NotFound(f"{self.path} has no rag pipeline", hint="add a section `rag:`")

    def describe(self, ref: Ref) -> Described | None:
        """How the system that made a thing describes it; None where no system knows it."""
        rooms: Sequence[Callable[[Ref], Described | None]] = (
            *(rag.describe for rag in self.rag.values()),
            self.data.describe,
            self.evals.describe,
            self.serving.describe,
            self.tracking.describe,
        )
        return next((told for room in rooms if (told := room(ref)) is not None), None)
