"""The folder of documents: every file that should be there, as text, from a blueprint, the evidence, and the notes."""

import json
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mlwright.architect.documents import all_documents
from mlwright.architect.documents._subject import Subject
from mlwright.architect.drawing import draw
from mlwright.architect.evidence import Evidence, evidence_data
from mlwright.architect.views import all_views
from mlwright.architect.writing.blocks import (
    Block,
    Bullets,
    Code,
    Heading,
    Link,
    Listing,
    Paragraph,
    Row,
    Table,
    proofs_of,
)
from mlwright.architect.writing.blocks import anchor as slug
from mlwright.architect.writing.cited import cited_blocks
from mlwright.architect.writing.html import Html
from mlwright.architect.writing.labels import NOT_PROVED
from mlwright.architect.writing.markdown import Markdown
from mlwright.architect.writing.notes import with_notes
from mlwright.architect.writing.page import SOURCE, Part, page
from mlwright.architect.writing.proofs import Recorded, Unproved
from mlwright.architect.writing.source import shown_lines
from mlwright.blueprint import Blueprint, Place
from mlwright.kernel.ids import Ref

INDEX, EVIDENCE, PAGE, LEDGER = "README", "evidence", "design.html", "evidence.json"
FORMAT = 1
MARK = "<!-- Written by `mlwright document`. What stands between the marks of the notes stays, all else not. -->"


@dataclass(frozen=True, slots=True)
class DesignFolder:
    """The files that should be there, by path; and by document how many statements are proved, and how many not."""

    files: Mapping[str, str]
    proved: Mapping[str, tuple[int, int]]


def note_files() -> list[str]:
    """The files in which a person may write."""
    return [f"{INDEX}.md", *(f"{document.file}.md" for document in all_documents()), f"{EVIDENCE}.md"]


def design_folder(blueprint: Blueprint, evidence: Evidence, notes: Mapping[str, str], source: str) -> DesignFolder:
    """Everything, written anew. `notes` are by file, `source` is the address of the blueprint as seen from the folder.
    Equal arguments give equal texts."""
    subject = Subject(blueprint, evidence)
    written = {document.name: tuple(document.write(subject)) for document in all_documents()}
    counts = {name: counted(blocks) for name, blocks in written.items()}
    cited = records_cited(block for blocks in written.values() for block in blocks)
    evidenced = tuple(cited_blocks(evidence, cited))
    files = _markdown(subject, written, evidenced, counts, notes, source)
    files |= {f"diagrams/{view.name}.svg": draw(blueprint, view.name, lines=f"../{source}#L") for view in all_views()}
    files[PAGE] = _page(subject, written, evidenced, notes)
    files[LEDGER] = _ledger(evidence, [*files, LEDGER])
    return DesignFolder(files, counts)


def counted(blocks: Iterable[Block]) -> tuple[int, int]:
    """How many statements are proved, and how many not yet."""
    proofs = list(proofs_of(blocks))
    missing = sum(isinstance(proof, Unproved) for proof in proofs)
    return len(proofs) - missing, missing


def records_cited(blocks: Iterable[Block]) -> set[Ref]:
    """Every record that proves something."""
    return {proof.ref for proof in proofs_of(blocks) if isinstance(proof, Recorded)}


def _markdown(
    subject: Subject,
    written: Mapping[str, Sequence[Block]],
    evidenced: Sequence[Block],
    counts: Mapping[str, tuple[int, int]],
    notes: Mapping[str, str],
    source: str,
) -> dict[str, str]:
    diagrams = {view.name: draw(subject.blueprint, view.name, "mermaid") for view in all_views()}
    render = Markdown(subject.blueprint, InFolder(subject.blueprint, source), diagrams).render
    texts = {f"{INDEX}.md": render(f"{subject.blueprint.system.name}: design", _index(subject, counts))}
    for document in all_documents():
        lead = Paragraph((document.about, " ", Link("All documents", "index"), "."))
        texts[f"{document.file}.md"] = render(document.title, [lead, *written[document.name]])
    texts[f"{EVIDENCE}.md"] = render("Evidence", evidenced)
    return {name: with_notes(f"{MARK}\n\n{text}", notes.get(name, "")) for name, text in texts.items()}


def _index(subject: Subject, counts: Mapping[str, tuple[int, int]]) -> Sequence[Block]:
    """The page where a reader begins."""
    system = subject.blueprint.system
    rows = [
        Row(
            (
                Link(document.title, document.name),
                document.about,
                f"{counts[document.name][0]:,}",
                f"{counts[document.name][1]:,}",
            )
        )
        for document in all_documents()
    ]
    return [
        Paragraph(system.purpose or "What it is for is not written in the blueprint."),
        Table(("document", "what is in it", "proved", "not yet"), tuple(rows), right=(2, 3)),
        Heading("How to read them"),
        Paragraph("Beside every statement stands what proves it:"),
        Bullets((
            "a line of the blueprint, for what is chosen or promised; “default” where the file leaves it to mlwright;",
            "a file beside the blueprint, for what can be read there;",
            ("a record, for what was measured or done: it stands in ", Link("the evidence", EVIDENCE), ";"),
            "the plan, for what was worked out before anything runs, from assumptions that it lists;",
            f"or “{NOT_PROVED}”, with what would prove it.",
        )),
        Heading("How they are renewed"),
        Listing("mlwright document\nmlwright document --check"),
        Paragraph((
            "Nothing in them depends on the day: where nothing changed, nothing is written. ", Code("--check"),
            " writes nothing and ends with 2 where a file differs, for CI. Without a workspace the evidence that is "
            "kept "
            "here, ", Code(LEDGER), ", stands. ", Code(PAGE), " is all of it on one page.",
        )),
    ]  # fmt: skip


def _page(
    subject: Subject, written: Mapping[str, Sequence[Block]], evidenced: Sequence[Block], notes: Mapping[str, str]
) -> str:
    blueprint, source = subject.blueprint, shown_lines(subject.blueprint, subject.findings)
    lines = f"#{SOURCE}-L" if source else ""
    diagrams = {view.name: draw(blueprint, view.name, lines=lines, standalone=False) for view in all_views()}
    render = Html(blueprint, OnPage(blueprint), diagrams, deeper=1).render
    parts = [
        Part(one.name, one.title, one.about, render(one.name, written[one.name]), notes.get(f"{one.file}.md", ""))
        for one in all_documents()
    ]
    about = "What the statements rest on: every record that they cite."
    parts.append(Part(EVIDENCE, "Evidence", about, render(EVIDENCE, evidenced), notes.get(f"{EVIDENCE}.md", "")))
    title, lede = f"{blueprint.system.name}: design", blueprint.system.purpose or ""
    return page(title, lede, parts, blueprint.path.name, source)


def _ledger(evidence: Evidence, files: Sequence[str]) -> str:
    """What the documents rest on, for the next time and for programs; and which files are ours."""
    ledger = {
        "written_by": "mlwright document",
        "format": FORMAT,
        "files": sorted(files),
        "evidence": evidence_data(evidence),
    }
    return json.dumps(ledger, indent=1, ensure_ascii=False) + "\n"


class InFolder:
    """Links from one Markdown file of the folder to another, and to the blueprint beside it."""

    def __init__(self, blueprint: Blueprint, source: str) -> None:
        self._name, self._source = blueprint.path.name, source
        self._files = {document.name: f"{document.file}.md" for document in all_documents()}
        self._files |= {"index": f"{INDEX}.md", EVIDENCE: f"{EVIDENCE}.md"}

    def line(self, place: Place) -> str:
        return f"{self._source}#L{place.line}" if place.file == self._name and place.line else ""

    def file(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(self._source), path))

    def record(self, ref: Ref) -> str:
        return f"{EVIDENCE}.md#{slug(str(ref))}"

    def document(self, name: str, anchor: str) -> str:
        return f"{self._files[name]}#{anchor}" if anchor else self._files[name]

    def anchor(self, name: str, anchor: str) -> str:
        return anchor


class OnPage:
    """Links within the page that holds everything."""

    def __init__(self, blueprint: Blueprint) -> None:
        self._name, self._here = blueprint.path.name, blueprint.path.is_file()

    def line(self, place: Place) -> str:
        return f"#{SOURCE}-L{place.line}" if place.file == self._name and place.line and self._here else ""

    def file(self, path: str) -> str:
        return ""

    def record(self, ref: Ref) -> str:
        return f"#{self.anchor(EVIDENCE, slug(str(ref)))}"

    def document(self, name: str, anchor: str) -> str:
        return f"#{self.anchor(name, anchor)}" if anchor else f"#{name}"

    def anchor(self, name: str, anchor: str) -> str:
        return f"{name}--{anchor}"
