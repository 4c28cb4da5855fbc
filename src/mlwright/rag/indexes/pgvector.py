"""An index in PostgreSQL with pgvector: for several machines, one truth, and the backups that are there already."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from mlwright.kernel.errors import UserError
from mlwright.kernel.parts import Facts, need
from mlwright.rag.indexes import Index, IndexPart, Quantize
from mlwright.rag.indexes._address import is_near

_MOST_DIMS = {"none": 2000, "f16": 4000, "binary": 16000}


class Config(IndexPart):
    """Vectors and words in PostgreSQL 15 or later with pgvector 0.8 or later; many processes may read and write."""

    use: Literal["pgvector"] = "pgvector"
    url: SecretStr | None = None
    """The database, as `${DATABASE_URL}`; where absent that of the `store`, which has to be PostgreSQL then."""
    prefix: str = Field(default="mlwright", pattern=r"^[a-z_][a-z0-9_]{0,19}$")
    """What the names of its tables begin with. Systems that share a schema need different ones."""
    exact: int = Field(default=10_000, ge=0)
    """Up to so many entries, filtered ones too, search reads every vector: nothing is missed. Above, it follows an HNSW
    graph."""
    effort: int = Field(default=200, ge=10, le=1000)
    """Candidates that the graph keeps in mind while searching (`hnsw.ef_search`): more find more and take longer."""

    def facts(self) -> Facts:
        url = self.url.get_secret_value() if self.url else ""
        return Facts(embedded=False, provider="postgresql", leaves_machine=not is_near(url), licence="PostgreSQL")

    def in_store(self, store: str) -> "Config":
        """In the same database as the rows."""
        if self.url is not None or not store.startswith(("postgresql://", "postgres://")):
            return self
        return self.model_copy(update={"url": SecretStr(store)})

    def build(self, home: Path, dims: int, quantize: Quantize = "none") -> Index:
        """Raises MissingExtra without psycopg and tantivy, UserError without an address and for what pgvector lacks,
        Conflict where the tables hold vectors of another length."""
        if self.url is None:
            raise UserError(
                "the index `pgvector` has no address",
                hint="write {use: pgvector, url: ${DATABASE_URL}}, or give the target a `store: postgresql://…`",
            )
        if quantize not in _MOST_DIMS:
            raise UserError(
                f"pgvector cannot hold vectors as {quantize}", hint="choose one of: none, f16, binary; or `embedded`"
            )
        if dims > _MOST_DIMS[quantize]:
            better = [name for name, most in _MOST_DIMS.items() if most >= dims]
            raise UserError(
                f"pgvector cannot search {dims} numbers with quantize: {quantize}; it takes {_MOST_DIMS[quantize]:,}",
                hint=f"set quantize to one of: {', '.join(better)}" if better else "use the index `qdrant` or `lance`",
            )
        need("numpy", "pgvector")
        need("tantivy", "pgvector")
        need("psycopg", "pgvector")
        from mlwright.rag.indexes._pgvector.index import PgIndex  # loads numpy, psycopg and tantivy

        return PgIndex(
            self.url.get_secret_value(), self.prefix, home.name, dims, quantize, exact=self.exact, effort=self.effort
        )
