"""An index in LanceDB: columns on disk or on S3, for millions of chunks on one machine or with no server at all."""

from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field

from mlwright.kernel.errors import UserError
from mlwright.kernel.parts import Facts, need
from mlwright.rag.indexes import Index, IndexPart, Quantize
from mlwright.rag.indexes._address import is_near

_HELD = ("none", "i8", "binary")


class Config(IndexPart):
    """Vectors and words in Lance tables, in the workspace folder or in a bucket; one writer at a time."""

    use: Literal["lance"] = "lance"
    url: str | None = None
    """Where the tables lie: a path, `s3://bucket/folder`, or `s3://bucket/folder?endpoint=http://host:9000&region=…`,
    with keys from the environment (`AWS_ACCESS_KEY_ID`, …); in the workspace where absent."""
    exact: int = Field(default=20_000, ge=0)
    """Up to so many entries, filtered ones too, search reads every vector: nothing is missed. Above, it asks an index
    of partitions and scores again with full vectors."""
    effort: int = Field(default=20, ge=1, le=10_000)
    """How many partitions are searched at least: more find more and take longer."""

    def facts(self) -> Facts:
        if "://" not in (self.url or ""):
            return Facts(licence="Apache-2.0")
        endpoint = _storage(str(self.url)).get("endpoint", "")
        away = not endpoint or not is_near(endpoint)
        return Facts(embedded=False, provider="s3", leaves_machine=away, licence="Apache-2.0")

    def build(self, home: Path, dims: int, quantize: Quantize = "none") -> Index:
        """Raises MissingExtra without lancedb, UserError for a form of vectors that it has not, Conflict where the
        tables hold vectors of another length."""
        if quantize not in _HELD:
            raise UserError(f"lance cannot hold vectors as {quantize}", hint=f"choose one of: {', '.join(_HELD)}")
        need("lancedb", "lance")
        need("tantivy", "lance")
        from mlwright.rag.indexes._lance import LanceRecords  # loads lancedb, which takes seconds
        from mlwright.rag.indexes._versioned import VersionedIndex

        where = f"{self.url.partition('?')[0].rstrip('/')}/{home.name}" if self.url else str(home / "lance")
        records = LanceRecords(where, _storage(self.url or ""), dims, quantize, exact=self.exact, effort=self.effort)
        return VersionedIndex(records, dims, quantize)


def _storage(url: str) -> dict[str, str]:
    """What the address says of the storage, as LanceDB takes it."""
    asked = dict(parse_qsl(urlsplit(url).query))
    return asked | ({"allow_http": "true"} if asked.get("endpoint", "").startswith("http://") else {})
