"""What tests share: where real data lies, which come first, and that CI skips nothing."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow]  # a slow machine is no failure: speed lives in benchmarks/
settings.register_profile("search", deadline=None, suppress_health_check=_SLOW)
settings.register_profile("same", deadline=None, suppress_health_check=_SLOW, derandomize=True)
CI = bool(os.environ.get("MLWRIGHT_CI"))
settings.load_profile("same" if CI else "search")

ROOT = Path(__file__).resolve().parent.parent
LONGEST = ("browser", "flows", "test_docs.py")
"""Their files take minutes, mostly of waiting for other processes."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They go first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: item.path.relative_to(ROOT / "tests").parts[0] not in LONGEST)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data that is not part of the repository (MLWRIGHT_DATA, else beside the checkout)."""
    folder = Path(os.environ.get("MLWRIGHT_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set MLWRIGHT_DATA")
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """CI installs all that tests need, so a skipped one is a mistake there. No machine of CI has a GPU."""
    report = yield
    if CI and report.skipped and not hasattr(report, "wasxfail") and "GPU" not in str(report.longrepr):
        report.outcome, report.longrepr = "failed", f"skipped in CI: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for whole files."""
    report = yield
    if CI and report.skipped:
        report.outcome, report.longrepr = "failed", f"skipped in CI: {report.longrepr}"
    return report
