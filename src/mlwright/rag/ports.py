"""What RAG asks of the rest of the world; `app` says who answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mlwright.kernel.errors import Unreadable
from mlwright.kernel.ids import Ref


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A file of a dataset: `version` hashes its source, key and content; `document` names it through all versions."""

    version: Ref
    document: Ref
    key: str
    sha256: str
    size: int


class DocumentSource(Protocol):
    """One source of the `data` section."""

    def latest(self) -> tuple[Ref, Sequence[SourceDocument]]:
        """The newest dataset and its files. Raises NotFound before the first ingest."""
        ...

    def documents(self, dataset: Ref) -> Sequence[SourceDocument]:
        """The files of a dataset, also of an older one. Raises NotFound."""
        ...

    def read(self, version: Ref) -> bytes:
        """The bytes of a version, as they were when it was ingested, also of one that is gone from the source. Raises
        NotFound, or ProviderError where they are damaged."""
        ...

    def quarantine(self, document: SourceDocument, error: Unreadable) -> None:
        """Keep a document that no parser could read, with the reason."""
        ...

    def release(self, document: SourceDocument) -> None:
        """Take a document out of the quarantine, because it can be read now."""
        ...


class Recorder(Protocol):
    """Keeps an index build as a run, where the team looks for such things."""

    def __call__(
        self, name: str, params: dict[str, str], metrics: dict[str, float], uses: Sequence[Ref], made: Ref
    ) -> Ref: ...
