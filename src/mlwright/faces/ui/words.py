"""How values are written on pages: numbers, money, times, places and references, in one voice."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from markupsafe import Markup, escape

from mlwright.evals import Requirement
from mlwright.kernel.ids import Ref
from mlwright.rag import Answer, Span

DASH = "–"
_ULID = 26
_DIGEST = 32
_CODE = re.compile(r"`([^`\n]+)`")
_MARK = re.compile(r"\[(\d{1,3})\]")


def seconds(value: float | None) -> str:
    """`340 ms`, `1.2 s`, `3 min`; a dash where nothing was measured."""
    if value is None:
        return DASH
    if value < 0.001:
        return "< 1 ms" if value > 0 else "0 ms"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.1f} s" if value < 120 else f"{value / 60:.0f} min"


def usd(value: float | None) -> str:
    """`$0.0012`, `$0` or `no price`: an unknown price is never shown as 0."""
    if value is None:
        return "no price"
    if value == 0:
        return "$0"
    return f"${value:.2g}" if value < 0.01 else f"${value:,.2f}"


def size(value: float) -> str:
    """Bytes in units of 1000."""
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def number(value: float) -> str:
    """`12,345`, `0.834`, `1.2e-07`: at most four digits that mean something."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.4g}" if abs(value) >= 1 else f"{value:.3f}" if abs(value) >= 0.001 else f"{value:.2g}"


def percent(share: float) -> str:
    return f"{share:.0%}" if share in (0, 1) or share >= 0.01 else f"{share:.1%}"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 document`, `2 documents`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def ago(at: datetime, now: datetime) -> str:
    """How long before `now`; what lies ahead (a clock stepped back) is `just now`."""
    passed = (now - at).total_seconds()
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if passed >= unit:
            return f"{plural(int(passed // unit), name)} ago"
    return "just now"


def exact(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def short(ref: Ref) -> str:
    """A reference short enough for a table: the first digits of a hash, the last of a sortable id."""
    if len(ref.id) == _ULID and ref.id.isalnum():
        return ref.id[-6:]
    return ref.id[:8] if len(ref.id) in (_DIGEST, 40, 64) and ref.id.isalnum() else ref.id


def place(span: Span) -> str:
    """`page 3` or `lines 3–9`."""
    if span.page is not None:
        return f"page {span.page}"
    if span.line_start == span.line_end:
        return f"line {span.line_start}"
    return f"lines {span.line_start}–{span.line_end}"


def answer_parts(answer: Answer) -> Iterator[tuple[str, int | None]]:
    """The text of an answer in pieces: (words, None), or ("", number) where a mark [number] points to a citation."""
    known = {citation.number for citation in answer.citations}
    at = 0
    for mark in _MARK.finditer(answer.text):
        if int(mark[1]) in known:
            yield answer.text[at : mark.start()], None
            yield "", int(mark[1])
            at = mark.end()
    yield answer.text[at:], None


def inline(text: str) -> Markup:
    """Text with its `code` set as code; everything else stays as it is written."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 (escaped before)


def bounds(requirements: Sequence[Requirement]) -> list[Requirement]:
    """The requirements on a metric itself."""
    return [line for line in requirements if not line.op.startswith("drop")]


def drops(requirements: Sequence[Requirement]) -> list[Requirement]:
    """The requirements on how far a metric may drop against the release in production."""
    return [line for line in requirements if line.op.startswith("drop")]
