"""What the kernel's tests share: stores on both engines, a private PostgreSQL server, a private S3 server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlwright.kernel.errors import MissingExtra
from mlwright.kernel.ids import new_id
from mlwright.kernel.store import Store, open_store
from mlwright.testing.postgresql import private_postgresql, private_schema
from mlwright.testing.s3 import make_bucket, private_s3


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    try:
        with private_postgresql() as url:
            yield url
    except MissingExtra as error:
        pytest.skip(str(error))


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    with private_schema(postgresql_server) as url:
        yield url


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    with private_s3() as endpoint:
        yield endpoint


@pytest.fixture
def s3_url(s3_endpoint: str) -> str:
    bucket = new_id()
    make_bucket(s3_endpoint, bucket)
    return f"s3://{bucket}/some/prefix?endpoint={s3_endpoint}&region=us-east-1"


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "mlwright.db")
    yield store
    store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store on each engine in turn."""
    url = tmp_path / "mlwright.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    store = open_store(url)
    yield store
    store.close()
