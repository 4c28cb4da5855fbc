"""An index in Qdrant: a server of its own for millions of chunks, or files of this process to try it without one."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from mlwright.kernel.errors import UserError
from mlwright.kernel.parts import Facts, need
from mlwright.rag.indexes import Index, IndexPart, Quantize
from mlwright.rag.indexes._address import called, is_near

_HELD = ("none", "i8", "binary")


class Config(IndexPart):
    """Vectors and words in a collection of a Qdrant server, or, without `url`, in files that one process may open."""

    use: Literal["qdrant"] = "qdrant"
    url: str | None = None
    """The server, as `${QDRANT_URL}`. Without it nothing runs but this process: made for trying, slow above some
    thousand entries."""
    api_key: SecretStr | None = None
    """What the server asks for, as `${QDRANT_API_KEY}`."""
    path: str | None = None
    """The folder of the files where there is no `url`; in the workspace where absent."""
    prefix: str = Field(default="mlwright", pattern=r"^[a-z_][a-z0-9_]{0,19}$")
    """What the names of its collections begin with. Systems that share a server need different ones."""
    exact: int = Field(default=20_000, ge=0)
    """Up to so many entries, filtered ones too, search reads every vector: nothing is missed. Above, it follows an HNSW
    graph. Files are always read whole."""
    effort: int = Field(default=128, ge=10, le=10_000)
    """Candidates that the graph keeps in mind while searching (`hnsw_ef`): more find more and take longer."""

    @model_validator(mode="after")
    def _one_place(self) -> "Config":
        if self.url and self.path:
            raise ValueError("give `url` (a server) or `path` (files), not both")
        return self

    def facts(self) -> Facts:
        if self.url is None:
            return Facts(licence="Apache-2.0")
        return Facts(embedded=False, provider="qdrant", leaves_machine=not is_near(self.url), licence="Apache-2.0")

    def build(self, home: Path, dims: int, quantize: Quantize = "none") -> Index:
        """Raises MissingExtra without qdrant-client, UserError for a form of vectors that it has not and for a refused
        key, Conflict where the collection holds vectors of another length or another process has the files open."""
        if quantize not in _HELD:
            raise UserError(f"qdrant cannot hold vectors as {quantize}", hint=f"choose one of: {', '.join(_HELD)}")
        need("qdrant_client", "qdrant")
        need("tantivy", "qdrant")
        from mlwright.rag.indexes._qdrant.places import Folder, Place, Server  # loads qdrant-client
        from mlwright.rag.indexes._qdrant.records import QdrantRecords, making
        from mlwright.rag.indexes._versioned import VersionedIndex

        name = called(self.prefix, home.name)
        make = making(name, dims, quantize, indexed=self.url is not None)
        if self.url:
            place: Place = Server(self.url, self.api_key.get_secret_value() if self.api_key else None, name, make)
        else:
            place = Folder(Path(self.path) / home.name if self.path else home / "qdrant", make)
        records = QdrantRecords(place, name, dims, quantize, exact=self.exact, effort=self.effort)
        return VersionedIndex(records, dims, quantize)
