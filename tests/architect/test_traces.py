"""Traces: what is written is read again."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlwright.architect.traces import read_trace, written
from mlwright.kernel.errors import Unreadable

START = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "trace.csv"
    file.write_text(written([(START + timedelta(seconds=at), at * 10) for at in (0, 1.5, 4)]))
    assert read_trace(file) == ((0, 0), (pytest.approx(1.5), 15), (pytest.approx(4), 40))


def test_a_trace_that_changed_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "trace.csv"
    for count in (1, 2):
        file.write_text(written([(START, 1)] * count))
        os.utime(file, ns=(count, count))
        assert len(read_trace(file)) == count


def test_a_trace_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"trace\.csv cannot be read"):
        read_trace(tmp_path / "trace.csv")
