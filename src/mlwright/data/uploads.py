"""Uploads: files that people give to a source from a page, the API or the command line.

Every source takes them. They lie in the workspace (a row and a blob each), so they work the same on one machine and on
many, and from there on they are files like any other: the next dataset of the source holds them, under `uploads/`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mlwright.data import tables
from mlwright.data.sources import Listed, Source
from mlwright.data.types import Upload
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound, Unreadable, UserError
from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Store

FOLDER = "uploads/"
MAX_UPLOAD = 64 * 10**6
"""Bytes of one file."""
_MAX_NAME = 200
_STAMP = "upload "
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def add(kernel: Kernel, source: str, files: Iterable[tuple[str, bytes]]) -> list[Upload]:
    """Keep files under their names. Raises UserError for a name or a size that is not taken; then none is kept."""
    given = [(FOLDER + _name(name), content) for name, content in files]
    for key, content in given:
        if len(content) > MAX_UPLOAD:
            raise UserError(
                f"{key.removeprefix(FOLDER)} has {len(content):,} bytes, and an upload has at most {MAX_UPLOAD:,}",
                hint="split the file, or put it into the folder of the source",
            )
    now = kernel.clock.now()
    names = kernel.blobs.put_many(content for _, content in given)
    made = [
        Upload(source, key, sha256, len(content), now)
        for (key, content), sha256 in zip(given, names, strict=True)
    ]  # fmt: skip
    tables.put_uploads(kernel.store, made)
    return made


def remove(kernel: Kernel, document: Ref) -> Upload:
    """Raises NotFound for a document that nobody uploaded."""
    found = next((one for one in tables.uploads(kernel.store, None) if one.document == document), None)
    if found is None or not tables.drop_upload(kernel.store, found.source, found.key):
        raise NotFound(
            f"{document} was not uploaded, or is gone already",
            hint="a document of the source itself goes with its file: remove that, and run `mlwright ingest`",
        )
    return found


def pending(store: Store, source: str) -> bool:
    """Do uploads and the latest dataset differ, quarantined ones apart?"""
    wanted = {one.key: one.version for one in tables.uploads(store, source)}
    held = {key: file.ref for key, (file, stamp) in tables.current(store, source).items() if is_upload(stamp)}
    refused = {row.key for row in tables.quarantined(store, source) if not row.sha256}
    return {key: version for key, version in wanted.items() if key not in refused} != held


def is_upload(stamp: str) -> bool:
    """Does the stamp of a file in a dataset say that it was uploaded?"""
    return stamp.startswith(_STAMP)


@dataclass(frozen=True, slots=True)
class _ListedUpload(Listed):
    sha256: str


class WithUploads:
    """A source together with its uploads. `alone` says that uploads may be all there is: nothing else was ever read,
    so that a folder which is missing or empty is no accident."""

    def __init__(self, own: Source, kernel: Kernel, name: str, *, alone: bool) -> None:
        self._own, self._kernel, self._name, self._alone = own, kernel, name, alone

    def list(self) -> Iterator[Listed | tuple[str, Unreadable]]:
        """In order of key. Raises NotFound where the source itself does, and uploads are not all there is."""
        uploads = {one.key: self._listed(one) for one in tables.uploads(self._kernel.store, self._name)}
        own = self._of_the_source(bool(uploads))
        found = uploads | {key: _both(key) if key in uploads else one for key, one in own.items()}
        yield from (found[key] for key in sorted(found))

    def read(self, listed: Listed) -> bytes:
        """Raises NotFound or Unreadable as the source does."""
        if isinstance(listed, _ListedUpload):
            return self._kernel.blobs.get(listed.sha256)
        return self._own.read(listed)

    def _of_the_source(self, uploaded: bool) -> dict[str, Listed | tuple[str, Unreadable]]:
        try:
            return {one.key if isinstance(one, Listed) else one[0]: one for one in self._own.list()}
        except NotFound:
            had = tables.latest(self._kernel.store, self._name) is not None
            if self._alone and (uploaded or had):
                return {}
            raise

    def _listed(self, upload: Upload) -> Listed | tuple[str, Unreadable]:
        if not upload.size:
            name = upload.key.removeprefix(FOLDER)
            return upload.key, Unreadable(f"{name} is empty (0 bytes)", reason="empty", hint="fill it or remove it")
        return _ListedUpload(upload.key, upload.size, upload.at, _STAMP + upload.sha256, upload.sha256)


def _both(key: str) -> tuple[str, Unreadable]:
    return key, Unreadable(
        f"{key} is the name of an upload and of a file of the source",
        reason="same_name",
        hint="remove the upload, or rename the file",
    )


def _name(raw: str) -> str:
    """The name as a key: without folders, composed (NFC), never hidden. Raises UserError where nothing is left."""
    name = unicodedata.normalize("NFC", _CONTROL.sub("", raw)).replace("\\", "/").rpartition("/")[2].strip().lstrip(".")
    if not name:
        raise UserError(f"{raw!r} is not the name of a file", hint="give a name such as guide.md")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise UserError(f"the name {raw!a} is not UTF-8", hint="rename the file") from None
    stem, dot, ending = name.rpartition(".")
    if len(name) > _MAX_NAME:
        return f"{stem[: _MAX_NAME - len(ending) - 1]}{dot}{ending}" if len(ending) < 20 else name[:_MAX_NAME]
    return name
