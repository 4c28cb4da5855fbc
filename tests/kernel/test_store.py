"""The store on both engines, and what is special about each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlwright.kernel.store import Store, open_store
from mlwright.testing.store import StoreSuite


class TestSqlite(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        store = open_store(f"sqlite:///{tmp_path / 'deep' / 'mlwright.db'}")
        yield store
        store.close()


class TestPostgresql(StoreSuite):
    @pytest.fixture
    def store(self, postgresql_url: str) -> Iterator[Store]:
        store = open_store(postgresql_url)
        yield store
        store.close()
