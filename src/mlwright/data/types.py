"""The nouns of data."""

from dataclasses import dataclass
from datetime import datetime

from mlwright.kernel.ids import Ref, content_ref


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One file as it was: `ref` (kind `version`) hashes source, key and content, so equal content is one version.

    `key` is the path below the source's folder with forward slashes; `sha256` names the bytes in the blobs."""

    ref: Ref
    source: str
    key: str
    sha256: str
    size: int
    modified: datetime

    @property
    def document(self) -> Ref:
        """The file through all its versions: `document:docs/guide/install.md`."""
        return Ref("document", f"{self.source}/{self.key}")


def version_ref(source: str, key: str, sha256: str) -> Ref:
    """The name of a file as it was."""
    return content_ref("version", {"source": source, "key": key, "sha256": sha256})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody gave to a source; `key` is `uploads/` and its name. It stays until it is removed."""

    source: str
    key: str
    sha256: str
    size: int
    at: datetime

    @property
    def version(self) -> Ref:
        return version_ref(self.source, self.key, self.sha256)

    @property
    def document(self) -> Ref:
        return Ref("document", f"{self.source}/{self.key}")


@dataclass(frozen=True, slots=True)
class Dataset:
    """A version of a source: all files of one moment. `ref` hashes the source and its sorted (key, sha256) pairs, so
    contents that come back have the same `ref` under a new `number`."""

    ref: Ref
    source: str
    number: int
    files: int
    bytes: int
    added: int
    changed: int
    removed: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A file that could not be read: kept with its reason, tried again when it changes or is replayed."""

    source: str
    key: str
    sha256: str
    """Empty where not even the bytes could be read."""
    reason: str
    message: str
    hint: str
    at: datetime
