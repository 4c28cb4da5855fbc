"""A workspace, a folder of documents beside its blueprint, and data over both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlwright.data import Data, DataSpec, build_data
from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import ManualClock
from mlwright.kernel.errors import MissingExtra
from mlwright.kernel.open import open_kernel
from mlwright.testing.postgresql import private_postgresql

FILES = {"guide/install.md": b"# Install\npip install it\n", "guide/use.md": b"# Use\n", "faq.html": b"<p>why</p>"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def kernel(tmp_path: Path, clock: ManualClock) -> Iterator[Kernel]:
    kernel = open_kernel(tmp_path / "home", clock=clock)
    yield kernel
    kernel.store.close()


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A folder with three files."""
    for key, content in FILES.items():
        file = tmp_path / "docs" / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return tmp_path / "docs"


@pytest.fixture
def contents() -> dict[str, bytes]:
    """What the folder holds, by key."""
    return dict(FILES)


@pytest.fixture
def data(kernel: Kernel, docs: Path) -> Data:
    spec = DataSpec.model_validate({"sources": {"docs": {"use": "files", "path": "docs"}}})
    return build_data(spec, kernel, base=docs.parent)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    try:
        with private_postgresql() as url:
            yield url
    except MissingExtra as error:
        pytest.skip(str(error))
