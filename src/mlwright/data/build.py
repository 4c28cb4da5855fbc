"""From the `data` section to the thing that ingests and remembers."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from mlwright.data import describe, ingest, tables, uploads
from mlwright.data import report as reports
from mlwright.data.sources import Listed, Source
from mlwright.data.spec import DataSpec
from mlwright.data.types import Dataset, FileVersion, Quarantined, Upload
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound, ProviderError, Unreadable
from mlwright.kernel.ids import Ref
from mlwright.kernel.lineage import Described
from mlwright.kernel.progress import Progress, silent


def build_data(spec: DataSpec, kernel: Kernel, *, base: Path) -> "Data":
    """`base` is the folder of the blueprint. Brings the tables up to date; reads no source yet."""
    kernel.store.migrate("mlwright.data")
    return Data({name: part.build(base) for name, part in spec.sources.items()}, kernel)


class Data:
    """The sources of a blueprint, their datasets, and the files that could not be read."""

    def __init__(self, sources: Mapping[str, Source], kernel: Kernel) -> None:
        self._sources, self._kernel, self._store = sources, kernel, kernel.store

    def ingest(self, source: str, progress: Progress = silent, *, waiting: Collection[str] = ()) -> Dataset:
        """Read what changed; a new dataset only where contents changed, else the latest. Files whose keys are `waiting`
        stay as they were, or out of it.

        Raises NotFound where the source is unknown or holds nothing, Conflict while another process ingests it."""
        return ingest.ingest(self._kernel, source, self._source(source), progress, waiting)

    def latest(self, source: str) -> Dataset:
        """Raises NotFound before the first ingest."""
        found = tables.latest(self._store, source)
        if found is None:
            self._source(source)
            raise NotFound(f"source {source!r} has no dataset yet", hint="run `mlwright ingest`")
        return found

    def datasets(self, source: str) -> list[Dataset]:
        """Newest first."""
        return tables.datasets(self._store, source)

    def dataset(self, ref: Ref) -> Dataset:
        found = tables.dataset(self._store, ref)
        if found is None:
            raise NotFound(f"there is no {ref}", hint="`mlwright status` lists the datasets of every source")
        return found

    def files(self, dataset: Ref) -> list[FileVersion]:
        """The files of a dataset, in order of key."""
        found = self.dataset(dataset)
        return tables.files(self._store, found.source, found.number)

    def file(self, version: Ref) -> FileVersion:
        found = tables.version(self._store, version)
        if found is None:
            raise NotFound(f"there is no {version}", hint="take the reference from a dataset's list of files")
        return found

    def read(self, version: Ref) -> bytes:
        """The bytes as they were, also when the file is gone.

        Raises NotFound or ProviderError where the blob is lost or damaged; the next ingest reads the file again."""
        sha256 = self.file(version).sha256
        try:
            return self._kernel.blobs.get(sha256)
        except (NotFound, ProviderError):
            tables.forget_stamp(self._store, version)
            raise

    def quarantine(self, version: FileVersion, error: Unreadable) -> None:
        """Keep a file that no parser could read, until its content changes, it is released, or it is replayed."""
        now = self._kernel.clock.now()
        row = Quarantined(version.source, version.key, version.sha256, error.reason, error.message, error.hint, now)
        tables.put_quarantined(self._store, [row])

    def release(self, version: FileVersion) -> None:
        """Take a file out of the quarantine, because it can be read now."""
        tables.release(self._store, version)

    def quarantined(self, source: str | None = None) -> list[Quarantined]:
        """In order of source and key."""
        return tables.quarantined(self._store, source)

    def replay(self, source: str, keys: Collection[str] | None = None) -> int:
        """Empty the quarantine of a source, or take these keys out of it, so that the next ingest tries those files
        again; how many."""
        self._source(source)
        with self._store.transaction():
            rows = tables.quarantined(self._store, source)
            keys = [row.key for row in rows if keys is None or row.key in keys]
            tables.drop_quarantined(self._store, source, keys)
            tables.set_stamps(self._store, source, dict.fromkeys(keys, ""))
        return len(keys)

    def look(self, source: str) -> dict[str, str]:
        """The stamps of what the source holds now, by key, without reading a file; of one that cannot be read, the
        reason. Equal looks have nothing new. Raises NotFound as `ingest` does."""
        listed = ingest.listed(self._kernel, source, self._source(source))
        return dict((one.key, one.stamp) if isinstance(one, Listed) else (one[0], one[1].reason) for one in listed)

    # --- uploads

    def add(self, source: str, files: Iterable[tuple[str, bytes]]) -> list[Upload]:
        """Keep files, as (name, bytes), beside what the source lists; the next ingest reads them. A name that is there
        already gets the new content. Durable when it returns. Raises UserError for a name or a size that is not taken;
        then none of them is kept."""
        self._source(source)
        return uploads.add(self._kernel, source, files)

    def remove(self, document: Ref) -> Upload:
        """Take an uploaded file away; the next ingest makes a dataset without it. Raises NotFound where the document
        was not uploaded, or is gone already."""
        return uploads.remove(self._kernel, document)

    def uploads(self, source: str | None = None) -> list[Upload]:
        """What was uploaded, in order of source and key."""
        return tables.uploads(self._store, source)

    def pending(self, source: str) -> bool:
        """Is there an upload, or the removal of one, that no ingest has seen yet?"""
        return uploads.pending(self._store, source)

    def describe(self, ref: Ref) -> Described | None:
        """None where the thing is not of data, or not known."""
        return describe.describe(self._store, ref)

    def report(self) -> reports.DataReport:
        return reports.report(self._store, list(self._sources), self._kernel.clock.now())

    def _source(self, name: str) -> Source:
        if name not in self._sources:
            known = ", ".join(self._sources) or "none"
            raise NotFound(f"there is no source {name!r}", hint=f"the blueprint has: {known}")
        return self._sources[name]
