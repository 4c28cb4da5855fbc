"""All SQL of data.

A file is a member of the datasets from `from_number` until before `to_number`: unchanged, it costs no further row.
Numbers, not times, say what is newer: clocks step back. Callers that need several of these to hold together open
`store.transaction()` around them, which the store joins.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mlwright.data.types import Dataset, FileVersion, Quarantined, Upload
from mlwright.kernel.clock import stamp, unstamp
from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Store

Row = Mapping[str, Any]
_VERSION = "v.ref, v.source, v.key, v.sha256, v.size, v.modified"


def latest(store: Store, source: str) -> Dataset | None:
    row = store.one("select * from data_dataset where source = ? order by number desc limit 1", (source,))
    return _dataset(row) if row else None


def datasets(store: Store, source: str) -> list[Dataset]:
    """Newest first."""
    return [
        _dataset(row)
        for row in store.rows("select * from data_dataset where source = ? order by number desc", (source,))
    ]


def dataset(store: Store, ref: Ref) -> Dataset | None:
    """The newest dataset of that content."""
    row = store.one("select * from data_dataset where ref = ? order by number desc limit 1", (str(ref),))
    return _dataset(row) if row else None


def add_dataset(store: Store, dataset: Dataset) -> None:
    store.write(
        "insert into data_dataset (source, number, ref, files, bytes, added, changed, removed, at)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            dataset.source,
            dataset.number,
            str(dataset.ref),
            dataset.files,
            dataset.bytes,
            dataset.added,
            dataset.changed,
            dataset.removed,
            stamp(dataset.at),
        ),
    )


def files(store: Store, source: str, number: int) -> list[FileVersion]:
    """The files of one dataset, in order of key."""
    rows = store.rows(
        f"select {_VERSION} from data_member m join data_version v on v.ref = m.version"  # noqa: S608 - a constant
        " where m.source = ? and m.from_number <= ? and (m.to_number is null or m.to_number > ?)",
        (source, number, number),
    )
    return sorted((_version(row) for row in rows), key=lambda version: version.key)


def current(store: Store, source: str) -> dict[str, tuple[FileVersion, str]]:
    """The files of the latest dataset by key, each with the stamp under which it was last seen."""
    rows = store.rows(
        f"select {_VERSION}, m.stamp from data_member m join data_version v on v.ref = m.version"  # noqa: S608 - a constant
        " where m.source = ? and m.to_number is null",
        (source,),
    )
    return {row["key"]: (_version(row), row["stamp"]) for row in rows}


def version(store: Store, ref: Ref) -> FileVersion | None:
    row = store.one(f"select {_VERSION} from data_version v where v.ref = ?", (str(ref),))  # noqa: S608 - a constant
    return _version(row) if row else None


def versions_of(store: Store, source: str, key: str) -> list[FileVersion]:
    """Every version that a file ever had, newest first; one that came back counts from its return."""
    rows = store.rows(
        f"select {_VERSION}, max(m.from_number) as since from data_version v join data_member m on m.version = v.ref"  # noqa: S608 - a constant
        f" where m.source = ? and m.key = ? group by {_VERSION} order by since desc",
        (source, key),
    )
    return [_version(row) for row in rows]


def add_versions(store: Store, versions: Iterable[FileVersion]) -> None:
    store.write_many(
        "insert into data_version (ref, source, key, sha256, size, modified) values (?, ?, ?, ?, ?, ?)"
        " on conflict (ref) do nothing",
        [(str(v.ref), v.source, v.key, v.sha256, v.size, stamp(v.modified)) for v in versions],
    )


def end_members(store: Store, source: str, number: int, keys: Iterable[str]) -> None:
    """These files are not, or not like this, in dataset `number` any more."""
    store.write_many(
        "update data_member set to_number = ? where source = ? and key = ? and to_number is null",
        [(number, source, key) for key in keys],
    )


def add_members(store: Store, source: str, number: int, members: Iterable[tuple[FileVersion, str]]) -> None:
    store.write_many(
        "insert into data_member (source, key, from_number, to_number, version, stamp) values (?, ?, ?, null, ?, ?)",
        [(source, version.key, number, str(version.ref), seen) for version, seen in members],
    )


def set_stamps(store: Store, source: str, stamps: Mapping[str, str]) -> None:
    """Remember under which stamp current files were seen; an empty one has the file read again."""
    store.write_many(
        "update data_member set stamp = ? where source = ? and key = ? and to_number is null",
        [(seen, source, key) for key, seen in stamps.items()],
    )


def forget_stamp(store: Store, version: Ref) -> None:
    """Have the file read again by the next ingest, if it is a current one."""
    store.write("update data_member set stamp = '' where version = ? and to_number is null", (str(version),))


def quarantined(store: Store, source: str | None) -> list[Quarantined]:
    """In order of source and key."""
    where, args = ("", ()) if source is None else (" where source = ?", (source,))
    rows = store.rows(f"select * from data_quarantine{where}", args)  # noqa: S608 - a constant
    return sorted((_quarantined(row) for row in rows), key=lambda one: (one.source, one.key))


def put_quarantined(store: Store, rows: Iterable[Quarantined]) -> None:
    """One row a file; the time of the first failure stays while content and reason are the same."""
    store.write_many(
        "insert into data_quarantine (source, key, sha256, reason, message, hint, at) values (?, ?, ?, ?, ?, ?, ?)"
        " on conflict (source, key) do update set sha256 = excluded.sha256, reason = excluded.reason,"
        " message = excluded.message, hint = excluded.hint,"
        " at = case when data_quarantine.sha256 = excluded.sha256 and data_quarantine.reason = excluded.reason"
        " then data_quarantine.at else excluded.at end",
        [(row.source, row.key, row.sha256, row.reason, row.message, row.hint, stamp(row.at)) for row in rows],
    )


def drop_quarantined(store: Store, source: str, keys: Iterable[str]) -> None:
    store.write_many("delete from data_quarantine where source = ? and key = ?", [(source, key) for key in keys])


def release(store: Store, version: FileVersion) -> None:
    """Only the row of this content: a file that became unreadable meanwhile stays where it is."""
    store.write(
        "delete from data_quarantine where source = ? and key = ? and sha256 = ?",
        (version.source, version.key, version.sha256),
    )


def uploads(store: Store, source: str | None) -> list[Upload]:
    """In order of source and key."""
    where, args = ("", ()) if source is None else (" where source = ?", (source,))
    rows = store.rows(f"select * from data_upload{where}", args)  # noqa: S608 - a constant
    found = (Upload(row["source"], row["key"], row["sha256"], row["size"], unstamp(row["added_at"])) for row in rows)
    return sorted(found, key=lambda one: (one.source, one.key))


def put_uploads(store: Store, uploads: Iterable[Upload]) -> None:
    """A file of the same key is replaced; the same content keeps its time."""
    store.write_many(
        "insert into data_upload (source, key, sha256, size, added_at) values (?, ?, ?, ?, ?)"
        " on conflict (source, key) do update set size = excluded.size, added_at ="
        " case when data_upload.sha256 = excluded.sha256 then data_upload.added_at else excluded.added_at end,"
        " sha256 = excluded.sha256",
        [(one.source, one.key, one.sha256, one.size, stamp(one.at)) for one in uploads],
    )


def drop_upload(store: Store, source: str, key: str) -> bool:
    """Was there one?"""
    return bool(store.write("delete from data_upload where source = ? and key = ?", (source, key)))


def _dataset(row: Row) -> Dataset:
    return Dataset(
        Ref.parse(row["ref"]),
        row["source"],
        row["number"],
        row["files"],
        row["bytes"],
        row["added"],
        row["changed"],
        row["removed"],
        unstamp(row["at"]),
    )


def _version(row: Row) -> FileVersion:
    return FileVersion(
        Ref.parse(row["ref"]), row["source"], row["key"], row["sha256"], row["size"], unstamp(row["modified"])
    )


def _quarantined(row: Row) -> Quarantined:
    return Quarantined(
        row["source"], row["key"], row["sha256"], row["reason"], row["message"], row["hint"], unstamp(row["at"])
    )
