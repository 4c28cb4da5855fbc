"""Releases that can answer: the one of the open blueprint, and older ones rebuilt from what they recorded."""

from collections.abc import Callable, Mapping

from mlwright.app.joins import Pipelines, handler_of, passages_of
from mlwright.kernel.ids import Ref
from mlwright.serving import Handler


class Releases:
    """Satisfies serving's port `Handlers`. `build` makes the pipelines of a release from its recorded blueprint;
    `let_go` ends what they share."""

    def __init__(self, current: Pipelines, build: Callable[[Ref], Pipelines], let_go: Callable[[], None]) -> None:
        self.current, self._build, self._let_go = current, build, let_go
        self._loaded = {current.release: current}

    def pipelines(self, release: Ref) -> Pipelines:
        """Raises NotFound where the release was never deployed in this workspace."""
        if release not in self._loaded:
            self._loaded[release] = self._build(release)
        return self._loaded[release]

    def handler(self, release: Ref, endpoint: str) -> Handler:
        return handler_of(self.pipelines(release).of(endpoint), release)

    def top_passages(self, release: Ref, endpoint: str) -> Handler:
        return passages_of(self.pipelines(release).of(endpoint), release)

    def versions(self, release: Ref, endpoint: str) -> Mapping[str, str]:
        return {"release": str(release), **self.pipelines(release).of(endpoint).versions()}

    def close(self) -> None:
        for pipelines in self._loaded.values():
            pipelines.close()
        self._let_go()
