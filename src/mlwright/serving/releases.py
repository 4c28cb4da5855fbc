"""Releases: every blueprint that was ever brought up, by its hash, with its text."""

from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound
from mlwright.kernel.ids import Ref
from mlwright.kernel.lineage import Described
from mlwright.serving import tables
from mlwright.serving.types import Release


class Releases:
    """The list of releases. Rows are only added."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def add(self, ref: Ref, *, blueprint_json: str, note: str = "", commit: str = "") -> Release:
        """Keep a release under the next number; adding it again changes nothing and gives the first one back."""
        store = self._kernel.store
        tables.add_release(store, Release(ref, 0, note, commit, self._kernel.clock.now()), blueprint_json)
        release = self.get(ref)
        if release.commit:
            self._kernel.lineage.link(ref, [Ref("commit", release.commit)], "at")
        return release

    def all(self) -> list[Release]:
        """Newest first."""
        return tables.releases(self._kernel.store)

    def get(self, ref: Ref) -> Release:
        """Raises NotFound."""
        found = tables.release(self._kernel.store, ref)
        if found is None:
            raise NotFound(f"there is no release {ref}", hint="list them with: mlwright status")
        return found

    def blueprint(self, ref: Ref) -> str:
        """The resolved blueprint of a release, as JSON. Raises NotFound."""
        found = tables.blueprint_of(self._kernel.store, ref)
        if found is None:
            raise NotFound(f"there is no release {ref}", hint="list them with: mlwright status")
        return found

    def describe(self, ref: Ref) -> Described | None:
        found = tables.release(self._kernel.store, ref)
        if found is None:
            return None
        facts = {"note": found.note, "commit": found.commit, "at": f"{found.at:%Y-%m-%d %H:%M} UTC"}
        return Described(ref, f"release {found.number}", {key: value for key, value in facts.items() if value})
