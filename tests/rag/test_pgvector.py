"""The index in PostgreSQL: the suite for all indexes on a private server, and what is its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlwright.rag.indexes import Index, Quantize
from mlwright.rag.indexes.pgvector import Config
from mlwright.testing.index import DIMS, IndexSuite
from mlwright.testing.postgresql import private_postgresql, private_schema


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with private_postgresql("vector") as url:
        yield url


@pytest.fixture
def url(server: str) -> Iterator[str]:
    with private_schema(server) as url:
        yield url


class TestPgvector(IndexSuite):
    quantizes = ("f16", "binary")

    @pytest.fixture(autouse=True)
    def _place(self, url: str) -> None:
        self.config = Config(url=url)  # type: ignore[misc]

    def settings(self) -> dict[str, object]:
        return {**super().settings(), "url": self.config.url.get_secret_value()}

    def size(self, index: Index, folder: Path) -> int:
        return index.stats().bytes

    def damageable(self, home: Path) -> list[Path]:
        return []
