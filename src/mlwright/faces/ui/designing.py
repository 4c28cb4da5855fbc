"""Pages of the design: the documents with evidence as it is now, the drawings, and the blueprint with findings."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mlwright.app import evidence_of, kept_notes
from mlwright.architect import (
    Document,
    Finding,
    Html,
    Subject,
    all_documents,
    all_views,
    cited_blocks,
    counted,
    draw,
    records_cited,
    shown_lines,
)
from mlwright.blueprint import Place
from mlwright.faces.ui.graphs import picture
from mlwright.faces.ui.links import page_of
from mlwright.faces.ui.rendering import Renderer
from mlwright.kernel.aio import in_thread
from mlwright.kernel.errors import NotFound
from mlwright.kernel.ids import Ref

if TYPE_CHECKING:
    from mlwright.app import App

LINES = "/blueprint#L"
_EVIDENCE = "evidence"


class OnSite:
    """Links of a document to the other pages of the server."""

    def __init__(self, file: str) -> None:
        self._file = file

    def line(self, place: Place) -> str:
        return f"{LINES}{place.line}" if place.file == self._file and place.line else ""

    def file(self, path: str) -> str:
        return ""

    def record(self, ref: Ref) -> str:
        return f"/releases#endpoint-{ref.id}" if ref.kind == "requests" else page_of(ref)

    def document(self, name: str, anchor: str) -> str:
        at = "/design" if name == "index" else f"/design/{name}"
        return f"{at}#{anchor}" if anchor else at

    def anchor(self, name: str, anchor: str) -> str:
        return anchor


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the blueprint, and what the rules say of it."""

    number: int
    text: str
    findings: tuple[Finding, ...]


def routes(app: "App", pages: Renderer) -> list[Route]:
    file = app.blueprint.path
    text = _text(file)

    async def design(request: Request) -> Response:
        subject = await in_thread(_subject, app)
        counts = await in_thread(lambda: {one.name: counted(one.write(subject)) for one in all_documents()})
        return pages.render(request, "design.html", documents=all_documents(), counts=counts)

    async def document(request: Request) -> Response:
        name = request.path_params["name"]
        title, about, body, notes = await in_thread(_document, app, name)
        return pages.render(
            request, "paper.html", name=name, title=title, about=about, body=body, notes=notes,
            documents=all_documents(),
        )  # fmt: skip

    async def diagrams(request: Request) -> Response:
        name = request.path_params.get("view", all_views()[0].name)
        drawn = await in_thread(draw, app.blueprint, name, lines=LINES, standalone=False)
        mermaid = await in_thread(draw, app.blueprint, name, "mermaid")
        view = next(one for one in all_views() if one.name == name)
        return pages.render(
            request, "diagrams.html", view=view, views=all_views(), picture=picture(drawn), mermaid=mermaid
        )

    async def blueprint(request: Request) -> Response:
        found = await in_thread(app.check)
        lines, rest = _beside(text, found, app)
        changed = await in_thread(_text, file) != text
        return pages.render(
            request,
            "blueprint.html",
            file=file.name,
            lines=lines,
            rest=rest,
            changed=changed,
            findings=found,
        )

    return [
        pages.route("/design", design),
        pages.route("/design/{name}", document),
        pages.route("/diagrams", diagrams),
        pages.route("/diagrams/{view}", diagrams),
        pages.route("/blueprint", blueprint),
    ]


def _subject(app: "App") -> Subject:
    return Subject(app.blueprint, evidence_of(app))


def _document(app: "App", name: str) -> tuple[str, str, Markup, str]:
    """Title, lead, body and notes of a document. Raises NotFound that lists the known ones."""
    subject = _subject(app)
    html = Html(app.blueprint, OnSite(app.blueprint.path.name), _drawings(app) if name == "diagrams" else {})
    if name == _EVIDENCE:
        cited = records_cited(block for one in all_documents() for block in one.write(subject))
        body = html.render(name, tuple(cited_blocks(subject.evidence, cited)))
        return "Evidence", "What the statements of the documents rest on.", Markup(body), ""  # noqa: S704 (escaped)
    chosen = _named(name)
    body = html.render(name, tuple(chosen.write(subject)))
    notes = kept_notes(app.blueprint).get(f"{chosen.file}.md", "")
    return chosen.title, chosen.about, Markup(body), notes  # noqa: S704 (the architect escapes)


def _named(name: str) -> Document:
    for one in all_documents():
        if one.name == name:
            return one
    known = ", ".join([*(one.name for one in all_documents()), _EVIDENCE])
    raise NotFound(f"there is no document {name!r}", hint=f"there are: {known}")


def _drawings(app: "App") -> dict[str, str]:
    drawn = {view.name: draw(app.blueprint, view.name, lines=LINES, standalone=False) for view in all_views()}
    return {name: str(picture(svg)) for name, svg in drawn.items()}


def _text(file: Path) -> str:
    """What stands in the file now; nothing where there is none."""
    return file.read_text(encoding="utf-8-sig") if file.is_file() else ""


def _beside(text: str, found: Sequence[Finding], app: "App") -> tuple[list[Line], list[Finding]]:
    """The lines with their findings, and the findings that belong to no line."""
    shown = shown_lines(app.blueprint, found, text)
    here = [one for one in found if one.place.file == app.blueprint.path.name and 0 < one.place.line <= len(shown)]
    lines = [
        Line(number, line, tuple(one for one in here if one.place.line == number))
        for number, line in enumerate(shown, start=1)
    ]
    return lines, [one for one in found if one not in here]
