"""A workspace is opened whole, where it is asked for, or not at all."""

from pathlib import Path

import pytest

from mlwright.kernel.clock import ManualClock
from mlwright.kernel.errors import ProviderError, UserError
from mlwright.kernel.ids import Ref
from mlwright.kernel.open import open_kernel


def test_everything_lives_in_home(tmp_path: Path) -> None:
    clock = ManualClock()
    for _ in range(2):
        kernel = open_kernel(tmp_path / "home", clock=clock)
        kernel.lineage.link(Ref("answer", "1"), [Ref("chunk", "1")], "cites")
        assert kernel.blobs.get(kernel.blobs.put(b"x")) == b"x"
        assert (kernel.clock, kernel.home) == (clock, tmp_path / "home")
        assert len(kernel.lineage.up(Ref("answer", "1")).edges) == 1
        kernel.store.close()
    assert {path.name for path in (tmp_path / "home").iterdir()} == {"mlwright.db", "blobs"}


def test_store_and_blobs_elsewhere(tmp_path: Path, postgresql_url: str, s3_url: str) -> None:
    kernel = open_kernel(tmp_path / "home", store=postgresql_url, blobs=s3_url)
    kernel.lineage.link(Ref("answer", "1"), [Ref("chunk", "1")], "cites")
    assert kernel.blobs.get(kernel.blobs.put(b"x")) == b"x"
    assert kernel.store.engine == "postgresql"
    kernel.store.close()
    assert list((tmp_path / "home").iterdir()) == []


def test_a_wrong_address_leaves_nothing_open(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="gopher://"):
        open_kernel(tmp_path, blobs="gopher://hole")
    with pytest.raises(UserError, match="mysql://"):
        open_kernel(tmp_path, store="mysql://host/database")


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(ProviderError, match="file/home cannot be made"):
        open_kernel(tmp_path / "file" / "home")
