"""What tests share: where real data lies, and a workspace of their own."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow]  # a slow machine is no failure: speed lives in benchmarks/
settings.register_profile("search", deadline=None, suppress_health_check=_SLOW)
settings.register_profile("same", deadline=None, suppress_health_check=_SLOW, derandomize=True)
settings.load_profile("same" if os.environ.get("MLWRIGHT_CI") else "search")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data that is not part of the repository (MLWRIGHT_DATA, else beside the checkout)."""
    folder = Path(os.environ.get("MLWRIGHT_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set MLWRIGHT_DATA")
    return folder
