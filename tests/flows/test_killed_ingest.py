"""Runs that are killed 20 times at random moments lose nothing; `make kill-ingest` does it 200 times."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.skipif(sys.platform != "linux", reason="finds the parsers of a run in /proc")
def test_nothing_acknowledged_is_lost_and_the_index_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from kill_ingest import disturb  # type: ignore[import-not-found]

    done = disturb(tmp_path, kills=20, documents=60, seed=5)
    assert done["checks"] > 5
    assert done["citations"] > 5
