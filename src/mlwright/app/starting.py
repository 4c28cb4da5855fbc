"""From a folder of documents to a blueprint file. Overwrites nothing."""

from pathlib import Path

from mlwright.app.joined import Joined
from mlwright.blueprint import check_documents, derive
from mlwright.kernel.errors import Conflict, NotFound, UserError
from mlwright.kernel.files import write_atomically

DEFAULT = Path("mlwright.yaml")


def new(documents: Path, to: Path = DEFAULT) -> Path:
    """Write the derived blueprint of a folder. Raises NotFound without documents, Conflict where `to` differs."""
    if not documents.is_dir():
        raise NotFound(f"{documents} is not a folder", hint="name a folder of Markdown, HTML, PDF or text files")
    check_documents(documents)
    text = derive(documents, to)
    if to.exists():
        if to.read_text(encoding="utf-8") == text:
            return to
        raise Conflict(
            f"{to} exists and describes something else",
            hint=f"run `mlwright up {to}`, or write another file: mlwright new {documents} --to other.yaml",
        )
    write_atomically(to, text.encode())
    return to


def blueprint_for(path: Path) -> tuple[Path, bool]:
    """The blueprint that `up PATH` means, and whether it was derived just now: the file itself, the `mlwright.yaml`
    in a folder, or a new one in the working directory for a folder of documents."""
    if path.is_file():
        return path, False
    if path.is_dir():
        inside = path / DEFAULT
        if inside.is_file():
            return inside, False
        existed = DEFAULT.exists()
        return new(path), not existed
    if path == DEFAULT:
        raise UserError(
            "there is no mlwright.yaml here", hint="mlwright up PATH/TO/DOCS writes one for a folder of documents"
        )
    raise NotFound(f"{path} does not exist", hint="give a blueprint file or a folder of documents")


def first_question(app: Joined) -> str:
    """A question that this workspace should be able to answer: the first of an eval set, else about the longest
    section."""
    for spec in app.blueprint.evals.sets:
        for example in app.evals.dataset(spec).examples:
            if not example.unanswerable:
                return example.input
    return f"What is said about {_topic(app)}?"


def _topic(app: Joined) -> str:
    """The heading above the longest chunk of the longest document."""
    rag = app.pipeline()
    documents = rag.documents()
    if not documents:
        raise NotFound("nothing is indexed yet", hint="mlwright quarantine lists what could not be read")
    document = max(documents, key=lambda info: info.chunks)
    chunk = max(rag.chunks(document.version), key=lambda chunk: chunk.tokens)
    return chunk.headings[-1] if chunk.headings else chunk.title or document.key
