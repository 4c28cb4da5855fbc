"""Ingest: bring a source's files into the blobs, and name what is there now as a dataset.

Killed at any moment, the previous dataset stays the latest: bytes are put away first (a blob that nothing names does no
harm), and dataset, members, quarantine and lineage are then written in one transaction.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from mlwright.data import tables
from mlwright.data.sources import Listed, Source
from mlwright.data.types import Dataset, FileVersion, Quarantined, version_ref
from mlwright.data.uploads import WithUploads, is_upload
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import Conflict, NotFound, Unreadable
from mlwright.kernel.ids import Ref, content_ref
from mlwright.kernel.lineage import Edge
from mlwright.kernel.locks import exclusive
from mlwright.kernel.progress import Progress, silent

Current = dict[str, tuple[FileVersion, str]]


@dataclass(frozen=True, slots=True)
class _Scan:
    """What one look at the source found, by key: readable files with their stamps, and the others."""

    found: Current = field(default_factory=dict)
    unreadable: dict[str, Unreadable] = field(default_factory=dict)


def ingest(
    kernel: Kernel, name: str, source: Source, progress: Progress = silent, waiting: Collection[str] = ()
) -> Dataset:
    """The dataset of what `source` holds now, and of what people uploaded to it: a new one where the set of contents
    changed, else the latest.

    Only files whose stamp changed are read; of those, the ones that are `waiting` are left as they were, or out. A file
    that cannot be read goes to the quarantine and is not in the dataset. Raises NotFound where there is nothing to read
    at all (the latest dataset then stays), Conflict while another process ingests the same source.
    """
    with exclusive(kernel.home / "locks" / f"data-{quote(name, safe='')}.lock", f"the ingest of source {name!r}"):
        before, latest = tables.current(kernel.store, name), tables.latest(kernel.store, name)
        alone = all(is_upload(stamp) for _, stamp in before.values())
        scan = _scan(kernel, name, WithUploads(source, kernel, name, alone=alone), before, progress, waiting)
        return _keep(kernel, name, scan, before, latest, may_be_empty=alone)


def listed(kernel: Kernel, name: str, source: Source) -> list[Listed | tuple[str, Unreadable]]:
    """What the source itself lists now. Where it has nothing, and uploads are all that was ever read, those."""
    try:
        return list(source.list())
    except NotFound:
        alone = all(is_upload(stamp) for _, stamp in tables.current(kernel.store, name).values())
        return list(WithUploads(source, kernel, name, alone=alone).list())


def _scan(
    kernel: Kernel, name: str, source: Source, before: Current, progress: Progress, waiting: Collection[str]
) -> _Scan:
    scan, listed, task = _Scan(), list(source.list()), f"read {name}"
    read: list[tuple[Listed, int]] = []

    def contents() -> Iterator[bytes]:
        for one in listed:
            content = None if _waits(one, before, scan, waiting) else _content(source, one, before, scan)
            if content is not None and isinstance(one, Listed):
                read.append((one, len(content)))
                yield content
            progress.step(task)

    progress.start(task, len(listed))
    try:
        names = kernel.blobs.put_many(contents())
    finally:
        progress.end(task)
    for (one, size), sha256 in zip(read, names, strict=True):
        version = _version(name, one, sha256, size)
        known, _ = before.get(one.key, (version, ""))
        scan.found[one.key] = (known if known.ref == version.ref else version, one.stamp)
    return scan


def _waits(one: Listed | tuple[str, Unreadable], before: Current, scan: _Scan, waiting: Collection[str]) -> bool:
    """Is it left as it was? Then it stands so in `scan`, under the stamp of then, so that it is read later."""
    key = one.key if isinstance(one, Listed) else one[0]
    if key in waiting and key in before:
        scan.found[key] = before[key]
    return key in waiting


def _content(source: Source, one: Listed | tuple[str, Unreadable], before: Current, scan: _Scan) -> bytes | None:
    """The bytes of a file that may have changed; None for any other, which then stands in `scan`."""
    if not isinstance(one, Listed):
        scan.unreadable[one[0]] = one[1]
    elif one.key in before and before[one.key][1] == one.stamp:
        scan.found[one.key] = before[one.key]
    else:
        try:
            return source.read(one)
        except NotFound as error:
            scan.unreadable[one.key] = Unreadable(error.message, reason="vanished", hint=error.hint)
        except Unreadable as error:
            scan.unreadable[one.key] = error
    return None


def _version(name: str, listed: Listed, sha256: str, size: int) -> FileVersion:
    return FileVersion(version_ref(name, listed.key, sha256), name, listed.key, sha256, size, listed.modified)


def _keep(
    kernel: Kernel, name: str, scan: _Scan, before: Current, latest: Dataset | None, *, may_be_empty: bool
) -> Dataset:
    now = kernel.clock.now()
    with kernel.store.transaction():
        if tables.latest(kernel.store, name) != latest:
            raise Conflict(
                f"another machine ingested source {name!r} meanwhile", hint="run the ingest again; nothing was changed"
            )
        _quarantine(kernel, name, scan, now)
        if scan.found or (may_be_empty and latest is not None and not scan.unreadable):
            dataset = _dataset(name, scan, before, latest, now)
            if latest is not None and latest.ref == dataset.ref:
                tables.set_stamps(kernel.store, name, _new_stamps(scan, before))
                return latest
            _add(kernel, dataset, scan, before, latest)
            return dataset
    reasons = ", ".join(f"{number} {reason}" for reason, number in _reasons(scan).most_common())
    raise NotFound(
        f"source {name!r} has {len(scan.unreadable)} files and none of them can be read: {reasons}",
        hint="each one stands in the quarantine with its reason and remedy",
    )


def _quarantine(kernel: Kernel, name: str, scan: _Scan, now: datetime) -> None:
    """Rows of files that became readable, changed or went are dropped; what a parser refused stays while unchanged."""
    here = {key: version.sha256 for key, (version, _) in scan.found.items()}
    stale = [
        row.key
        for row in tables.quarantined(kernel.store, name)
        if row.key not in scan.unreadable and (not row.sha256 or here.get(row.key) != row.sha256)
    ]
    tables.drop_quarantined(kernel.store, name, stale)
    tables.put_quarantined(
        kernel.store,
        [
            Quarantined(name, key, "", error.reason, error.message, error.hint, now)
            for key, error in scan.unreadable.items()
        ],
    )


def _dataset(name: str, scan: _Scan, before: Current, latest: Dataset | None, now: datetime) -> Dataset:
    versions = sorted((version for version, _ in scan.found.values()), key=lambda version: version.key)
    added = sum(version.key not in before for version in versions)
    changed = sum(version.key in before and before[version.key][0].ref != version.ref for version in versions)
    return Dataset(
        ref=content_ref("dataset", {"source": name, "files": [[version.key, version.sha256] for version in versions]}),
        source=name,
        number=latest.number + 1 if latest else 1,
        files=len(versions),
        bytes=sum(version.size for version in versions),
        added=added,
        changed=changed,
        removed=sum(key not in scan.found for key in before),
        at=now,
    )


def _new_stamps(scan: _Scan, before: Current) -> dict[str, str]:
    return {key: seen for key, (_, seen) in scan.found.items() if key in before and before[key][1] != seen}


def _add(kernel: Kernel, dataset: Dataset, scan: _Scan, before: Current, latest: Dataset | None) -> None:
    store, name = kernel.store, dataset.source
    fresh = {
        key: (version, seen)
        for key, (version, seen) in scan.found.items()
        if key not in before or before[key][0].ref != version.ref
    }
    gone = [key for key in before if key not in scan.found or key in fresh]
    returned = tables.dataset(store, dataset.ref) is not None
    tables.add_versions(store, [version for version, _ in fresh.values()])
    tables.end_members(store, name, dataset.number, gone)
    tables.add_members(store, name, dataset.number, fresh.values())
    tables.set_stamps(store, name, {key: seen for key, seen in _new_stamps(scan, before).items() if key not in fresh})
    tables.add_dataset(store, dataset)
    previous = None if returned or latest is None else latest.ref  # a set that came back follows nothing: no cycle
    kernel.lineage.link_many(_edges(dataset, [version for version, _ in fresh.values()], previous))


def _edges(dataset: Dataset, fresh: list[FileVersion], previous: Ref | None) -> Iterator[Edge]:
    source = Ref("source", dataset.source)
    yield Edge(dataset.ref, source, "read from")
    if previous is not None:
        yield Edge(dataset.ref, previous, "follows")
    for version in fresh:
        yield Edge(version.ref, version.document, "version of")
        yield Edge(version.ref, source, "read from")
        yield Edge(dataset.ref, version.ref, "adds")


def _reasons(scan: _Scan) -> Counter[str]:
    return Counter(error.reason.replace("_", " ") for error in scan.unreadable.values())
