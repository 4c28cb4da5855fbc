"""A trace as bars in lanes: what happened in a request or a run, each step below the one that it belongs to."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Literal

from mlwright.architect.graph import Lane
from mlwright.architect.terminal import plain
from mlwright.architect.timeline_svg import to_svg
from mlwright.architect.timeline_text import to_text
from mlwright.architect.timeline_types import Bar, Timeline
from mlwright.kernel.spans import SpanRow

LANES = (
    Lane("api", "Requests"),
    Lane("serving", "Serving"),
    Lane("tracking", "Runs"),
    Lane("evals", "Evals"),
    Lane("rag", "RAG"),
    Lane("models", "Models"),
    Lane("other", "Other"),
)
_LANE = {
    **dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"), "api"),
    "serve": "serving", "run": "tracking", "eval": "evals",
    **dict.fromkeys(("answer", "retrieval", "search", "index", "read", "write"), "rag"),
    **dict.fromkeys(("rewrite", "embeddings", "rerank", "chat"), "models"),
}  # fmt: skip
"""The system of a span, by the first word of its name."""
MOST = 48
_ALIKE = 4
_SHOWN = 3
"""Of more than four steps of one name below one step, so many are drawn: those that failed, then the slowest."""


def draw_trace(
    spans: Sequence[SpanRow],
    title: str,
    form: Literal["svg", "text"] = "svg",
    *,
    href: Callable[[SpanRow], str] = lambda span: "",
    standalone: bool = True,
    width: int | None = None,
) -> str:
    """Spans of one trace on an axis of time. Of many steps alike only the most telling are drawn, and one bar for the
    rest. `href` says where the bar of a span leads, empty for nowhere; `standalone` and `width` are as in `draw`."""
    timeline = timeline_of(spans, title, href)
    return to_text(timeline, width) if form == "text" else to_svg(timeline, standalone=standalone)


def lane_of(name: str) -> str:
    """The lane of a span by its name; `other` where nobody here makes such spans."""
    return _LANE.get(name.partition(" ")[0], "other")


def timeline_of(spans: Sequence[SpanRow], title: str, href: Callable[[SpanRow], str] = lambda span: "") -> Timeline:
    """The bars of a trace from the top down, at most 48 of them."""
    began = min((span.started for span in spans), default=datetime.min)
    bars = list(_Tree(spans, began, href).bars())
    return Timeline(
        plain(title), LANES, tuple(bars[:MOST]), left_out=len(spans) - sum(bar.alike for bar in bars[:MOST])
    )


class _Tree:
    """Spans below their parents."""

    def __init__(self, spans: Sequence[SpanRow], began: datetime, href: Callable[[SpanRow], str]) -> None:
        self._began, self._href = began, href
        known = {span.id for span in spans}
        self._below: dict[str, list[SpanRow]] = {}
        for span in sorted(spans, key=lambda span: (span.started, span.id)):
            self._below.setdefault(span.parent if span.parent in known else "", []).append(span)

    def bars(self) -> Iterator[Bar]:
        """Each step before those in it, in the order in which they began (without recursion)."""
        waiting: list[tuple[Sequence[SpanRow], str, int]] = self._groups("", 0)[::-1]
        while waiting:
            group, parent, depth = waiting.pop()
            yield self._bar(group, parent, depth)
            if len(group) == 1:
                waiting += self._groups(group[0].id, depth + 1)[::-1]

    def _groups(self, parent: str, depth: int) -> list[tuple[Sequence[SpanRow], str, int]]:
        """What is drawn below a step: one span each, and together those that are many alike."""
        named: dict[str, list[SpanRow]] = {}
        for span in self._below.get(parent, ()):
            named.setdefault(span.name, []).append(span)
        groups: list[Sequence[SpanRow]] = []
        for alike in named.values():
            shown = alike
            if len(alike) > _ALIKE:
                shown = sorted(alike, key=lambda span: (not span.error, -span.seconds))[:_SHOWN]
                groups.append([span for span in alike if span not in shown])
            groups += [[span] for span in shown]
        return [(group, parent, depth) for group in sorted(groups, key=lambda group: group[0].started)]

    def _bar(self, group: Sequence[SpanRow], parent: str, depth: int) -> Bar:
        first = group[0]
        start = (first.started - self._began).total_seconds()
        end = max((span.started - self._began).total_seconds() + span.seconds for span in group)
        failed = [plain(span.error) for span in group if span.error]
        error = "" if not failed else failed[0] if len(group) == 1 else f"{len(failed)} failed: {failed[0]}"
        href = self._href(first) if len(group) == 1 else ""
        return Bar(
            first.id, lane_of(first.name), plain(first.name), start, end - start, depth, parent, error, href, len(group)
        )
