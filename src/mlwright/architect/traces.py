"""Traces: recorded requests as a CSV file, read for a plan and written by a calibration."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from mlwright.kernel.clock import stamp
from mlwright.kernel.errors import Unreadable

LONGEST = 200_000
"""Requests of a trace that are read; the rest is left out."""

Trace = tuple[tuple[float, float], ...]
"""Seconds since the first request and tokens of the answer, in order of arrival."""


def read_trace(file: Path) -> Trace:
    """Recorded requests of a CSV file with a column `timestamp` (ISO 8601) and one `answer_tokens` or `generatedtokens`
    (as in the Azure LLM inference traces); case and other columns do not matter. Raises Unreadable with file and
    line."""
    try:
        changed = file.stat().st_mtime_ns
    except OSError as error:
        raise Unreadable(f"{file} cannot be read: {error}", reason="no_trace") from error
    return _read(file, changed)


@cache
def _read(file: Path, changed: int) -> Trace:
    rows: list[tuple[float, float]] = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            names = {name.lower(): name for name in reader.fieldnames or ()}
            when = names.get("timestamp")
            tokens = names.get("answer_tokens") or names.get("generatedtokens")
            if when is None or tokens is None:
                raise Unreadable(
                    f"{file}:1: a trace needs the columns timestamp and answer_tokens; it has {', '.join(names)}",
                    reason="no_trace",
                )
            for row in reader:
                rows.append((_moment(row[when]), float(row[tokens])))
                if len(rows) == LONGEST:
                    break
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{file} cannot be read: {error}", reason="no_trace") from error
    except (ValueError, TypeError) as error:
        raise Unreadable(f"{file}:{len(rows) + 2}: not a time and a number: {error}", reason="no_trace") from error
    rows.sort()
    return tuple((at - rows[0][0], count) for at, count in rows)


def written(requests: Iterable[tuple[datetime, float]]) -> str:
    """Moments and tokens of answers as the text of such a file."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("timestamp", "answer_tokens"))
    rows.writerows((stamp(at), f"{tokens:g}") for at, tokens in requests)
    return out.getvalue()


def _moment(text: str) -> float:
    found = datetime.fromisoformat(text.strip()[:26].rstrip("Z"))
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
