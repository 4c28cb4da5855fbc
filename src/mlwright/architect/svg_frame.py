"""What all drawings share as SVG: their style, the frame with title and description, lanes, numbers and texts."""

from xml.sax.saxutils import escape, quoteattr

from mlwright.architect.layout import PIXELS, Band

MARGIN = PIXELS.margin

GRAPH_CSS = """\
.mlw-graph{--g-text:var(--text,#1c2430);--g-quiet:var(--text-quiet,#5a6675);--g-box:var(--surface,#fff);
--g-line:var(--border,#c9d1da);--g-lane:var(--surface-sunken,#f4f6f8);--g-arrow:var(--text-quiet,#66727f);
--g-0:#2f6fb2;--g-1:#7a55b8;--g-2:#0f7f73;--g-3:#b0562a;--g-4:#a03b66;--g-5:#5d6b2f;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;max-width:100%;height:auto}
@media (prefers-color-scheme:dark){.mlw-graph{--g-text:var(--text,#e6ebf1);--g-quiet:var(--text-quiet,#a3afbd);
--g-box:var(--surface,#1d242d);--g-line:var(--border,#3a4552);--g-lane:var(--surface-sunken,#14191f);
--g-arrow:var(--text-quiet,#93a0ae);--g-0:#6aa9ea;--g-1:#b294ea;--g-2:#4cc2b3;--g-3:#e7955f;--g-4:#e583ab;--g-5:#b0c06a}}
.mlw-graph .lane{fill:var(--g-lane)}.mlw-graph .lane-title{fill:var(--g-quiet);font-size:12px;font-weight:600}
.mlw-graph .box{fill:var(--g-box);stroke:var(--g-line)}.mlw-graph .strong .box{stroke-width:2.5}
.mlw-graph .title{fill:var(--g-text);font-size:13px;font-weight:600}
.mlw-graph .line{fill:var(--g-quiet);font-size:11px}
.mlw-graph .arrow{fill:none;stroke:var(--g-arrow);stroke-width:1.3}.mlw-graph .dashed{stroke-dasharray:4 3}
.mlw-graph .head{fill:var(--g-arrow)}.mlw-graph .label{fill:var(--g-quiet);font-size:10px;text-anchor:end}
.mlw-graph a:hover .box,.mlw-graph a:focus .box{stroke:var(--g-text)}.mlw-graph a:focus{outline:none}
.mlw-graph a:focus-visible .box{stroke-width:2.5}
.mlw-graph .bar-0{fill:var(--g-0)}.mlw-graph .bar-1{fill:var(--g-1)}
.mlw-graph .bar-2{fill:var(--g-2)}.mlw-graph .bar-3{fill:var(--g-3)}.mlw-graph .bar-4{fill:var(--g-4)}
.mlw-graph .bar-5{fill:var(--g-5)}
"""


def opened(title: str, description: str, width: float, height: float, style: str) -> list[str]:
    """The beginning of an `<svg>` element, up to what is drawn."""
    wide, high = round(width), round(height)
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="mlw-graph" role="group" viewBox="0 0 {wide} {high}"'
        f' width="{wide}" height="{high}" aria-label={quoteattr(title)}>',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(description)}</desc>",
        *([f"<style>{style}</style>"] if style else []),
    ]


def drawn_band(band: Band, width: float) -> str:
    """A lane with its title and its colour."""
    y = band.y + band.height / 2
    words = band.title.split()
    lines = "".join(
        f'<tspan x="{MARGIN + 12}" y="{number(y + 4 + 15 * (at - (len(words) - 1) / 2))}">{escape(word)}</tspan>'
        for at, word in enumerate(words)
    )
    return (
        f'<rect class="lane" x="{MARGIN}" y="{number(band.y)}" width="{number(width - 2 * MARGIN)}"'
        f' height="{number(band.height)}" rx="8"/>'
        f'<rect class="bar-{band.number % 6}" x="{MARGIN}" y="{number(band.y)}" width="4"'
        f' height="{number(band.height)}" rx="2"/>'
        f'<text class="lane-title">{lines}</text>'
    )


def short(text: str, letters: int) -> str:
    """Cut to fit; of a path the end says more than the beginning."""
    if len(text) <= letters:
        return text
    return f"…{text[1 - letters :]}" if "/" in text and " " not in text else f"{text[: letters - 1]}…"


def number(value: float) -> str:
    """At most one digit after the point."""
    return f"{value:.1f}".removesuffix(".0")
