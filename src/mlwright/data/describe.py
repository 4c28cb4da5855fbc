"""How data describes its things to people: sources, datasets, documents and their versions."""

from mlwright.data import tables
from mlwright.data.types import Dataset, FileVersion
from mlwright.kernel.clock import stamp
from mlwright.kernel.ids import Ref
from mlwright.kernel.lineage import Described
from mlwright.kernel.store import Store


def describe(store: Store, ref: Ref) -> Described | None:
    """None where the thing is not of data, or not known."""
    if ref.kind == "source":
        return _source(store, ref)
    if ref.kind == "dataset":
        dataset = tables.dataset(store, ref)
        return _dataset(dataset) if dataset else None
    if ref.kind == "version":
        version = tables.version(store, ref)
        return _version(version) if version else None
    return _document(store, ref) if ref.kind == "document" else None


def _source(store: Store, ref: Ref) -> Described | None:
    latest = tables.latest(store, ref.id)
    if latest is None:
        return None
    return Described(ref, f"source {ref.id}", {"datasets": str(latest.number), "files": f"{latest.files:,}"})


def _dataset(dataset: Dataset) -> Described:
    changes = f"{dataset.added:,} added, {dataset.changed:,} changed, {dataset.removed:,} removed"
    facts = {
        "files": f"{dataset.files:,}",
        "bytes": f"{dataset.bytes:,}",
        "changes": changes,
        "at": stamp(dataset.at),
    }
    return Described(dataset.ref, f"{dataset.source}, dataset {dataset.number}", facts)


def _version(version: FileVersion) -> Described:
    facts = {
        "source": version.source,
        "sha256": version.sha256,
        "bytes": f"{version.size:,}",
        "modified": stamp(version.modified),
    }
    return Described(version.ref, version.key, facts)


def _document(store: Store, ref: Ref) -> Described | None:
    source, _, key = ref.id.partition("/")
    versions = tables.versions_of(store, source, key)
    if not versions:
        return None
    return Described(ref, key, {"source": source, "versions": str(len(versions)), "latest": str(versions[0].ref)})
