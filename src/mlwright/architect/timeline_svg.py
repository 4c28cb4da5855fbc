"""A trace as SVG: bars on an axis of time, in the lanes and colours of the other drawings."""

from collections.abc import Iterator
from math import floor, log10
from xml.sax.saxutils import escape, quoteattr

from mlwright.architect.layout import PIXELS, Band
from mlwright.architect.svg_frame import GRAPH_CSS, MARGIN, drawn_band, number, opened, short
from mlwright.architect.timeline_types import Bar, Timeline, told_seconds

NAMES, AXIS, TOOK = 216, 520, 84
"""Widths of the three columns: names of steps, bars, and the room that a duration needs behind the last bar."""
HEAD, ROW, PAD = 24, 24, 7
_LEFT = MARGIN + PIXELS.lane_title + NAMES
_LETTERS, _INDENT, _DEEPEST = 29, 10, 6
_TICKS = 5
TRACE_CSS = """\
.mlw-graph{--g-bad:var(--bad,#ae2323)}
@media (prefers-color-scheme:dark){.mlw-graph{--g-bad:var(--bad,#ff9089)}}
.mlw-graph .grid{stroke:var(--g-line);stroke-opacity:.6}.mlw-graph .tick{fill:var(--g-quiet);font-size:10px}
.mlw-graph .joint{fill:none;stroke:var(--g-arrow);stroke-opacity:.6}
.mlw-graph .step{fill:var(--g-text);font-size:12px}.mlw-graph .alike .span{fill-opacity:.45}
.mlw-graph .took{fill:var(--g-text);font-size:11px;paint-order:stroke;stroke:var(--g-lane);stroke-width:3px}
.mlw-graph .failed .span{stroke:var(--g-bad);stroke-width:2;stroke-dasharray:4 2}
.mlw-graph .failed .took,.mlw-graph .failed .step{fill:var(--g-bad)}
.mlw-graph a:hover .span,.mlw-graph a:focus .span{stroke:var(--g-text);stroke-width:1.5;stroke-dasharray:none}
.mlw-graph a:focus-visible .span{stroke-width:2.5}
.mlw-graph a:hover .step,.mlw-graph a:focus .step{text-decoration:underline}
"""


def to_svg(timeline: Timeline, *, standalone: bool = True) -> str:
    """One `<svg>` element, the same text for the same trace."""
    bands, rows, height = _placed(timeline)
    width = _LEFT + AXIS + TOOK + MARGIN
    total = timeline.seconds or 1e-6
    lane = {one.id: at % 6 for at, one in enumerate(timeline.lanes)}
    return "\n".join(
        [
            *opened(timeline.title, timeline.told, width, height, GRAPH_CSS + TRACE_CSS if standalone else ""),
            *(drawn_band(band, width) for band in bands),
            *_ticks(total, height),
            *_joints(timeline, rows, total),
            *(_bar(bar, rows[bar.id], lane[bar.lane], total, _indent(bar, timeline)) for bar in timeline.bars),
            *(f'<text class="tick" x="{_LEFT}" y="{height - 6}">{escape(note)}</text>' for note in timeline.notes),
            "</svg>",
            "",
        ]
    )


def _placed(timeline: Timeline) -> tuple[list[Band], dict[str, float], int]:
    """The lanes, the upper edge of every bar's row, and the height of all."""
    bands, rows, y = list[Band](), dict[str, float](), float(MARGIN + HEAD)
    for lane in timeline.used:
        inside = [bar for bar in timeline.bars if bar.lane == lane.id]
        rows |= {bar.id: y + PAD + ROW * at for at, bar in enumerate(inside)}
        high = ROW * len(inside) + 2 * PAD
        bands.append(Band(lane.title, timeline.lanes.index(lane), y, high))
        y += high + PIXELS.between
    return bands, rows, round(y - PIXELS.between + MARGIN + 14 * bool(timeline.left_out))


def _indent(bar: Bar, timeline: Timeline) -> int:
    """How far the name of a step stands in, beside the others of its lane."""
    least = min(one.depth for one in timeline.bars if one.lane == bar.lane)
    return _INDENT * min(bar.depth - least, _DEEPEST)


def _ticks(total: float, height: int) -> Iterator[str]:
    """Lines at round times."""
    rough = total / _TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(power * of for of in (1, 2, 5, 10) if power * of >= rough)
    for at in range(floor(total / step) + 1):
        x = number(_LEFT + AXIS * at * step / total)
        yield (
            f'<path class="grid" d="M{x} {MARGIN + HEAD - 4}V{height - MARGIN}"/>'
            f'<text class="tick" x="{x}" y="{MARGIN + HEAD - 10}" text-anchor="middle">'
            f"{told_seconds(at * step) if at else '0'}</text>"
        )


def _joints(timeline: Timeline, rows: dict[str, float], total: float) -> Iterator[str]:
    """From each bar down, or up, to those that belong to it."""
    for bar in timeline.bars:
        if bar.parent in rows:
            x, (above, below) = number(_x(bar.start, total)), sorted((rows[bar.parent], rows[bar.id]))
            yield f'<path class="joint" d="M{x} {number(above + ROW - 5)}V{number(below + 5)}"/>'


def _bar(bar: Bar, y: float, lane: int, total: float, indent: int) -> str:
    x = _x(bar.start, total)
    wide = max(2.0, AXIS * bar.seconds / total)
    took = f"✕ {told_seconds(bar.seconds)}" if bar.error else told_seconds(bar.seconds)
    classes = "node" + " failed" * bool(bar.error) + " alike" * (bar.alike > 1)
    letters = _LETTERS - round(indent / 6)
    body = (
        f"<title>{escape(bar.told)}</title>"
        f'<text class="step" x="{_LEFT - NAMES + 8 + indent}" y="{number(y + 16)}">'
        f"{escape(short(bar.name, letters))}</text>"
        f'<rect class="span bar-{lane}" x="{number(x)}" y="{number(y + 5)}" width="{number(wide)}" height="{ROW - 10}"'
        ' rx="2"/>'
        f'<text class="took" x="{number(x + wide + 6)}" y="{number(y + 16)}">{escape(took)}</text>'
    )
    group = f'<g class="{classes}" id={quoteattr(f"bar-{bar.id}")}>{body}</g>'
    return f"<a href={quoteattr(bar.href)}>{group}</a>" if bar.href else group


def _x(seconds: float, total: float) -> float:
    return _LEFT + AXIS * seconds / total
