"""From a folder of documents to a blueprint file. Overwrites nothing."""

from pathlib import Path

from mlwright.app.joined import Joined
from mlwright.app.servers import writer_here
from mlwright.blueprint import Edit, check_documents, derive, edited
from mlwright.kernel.errors import Conflict, NotFound, UserError
from mlwright.kernel.files import write_atomically

DEFAULT = Path("mlwright.yaml")


def new(documents: Path, to: Path = DEFAULT, *, writer: str = "") -> Path:
    """Write the derived blueprint of a folder. `writer` names a model of a server on this machine that shall write the
    answers, `auto` the first that is found. Raises NotFound without documents or without that model, Conflict where
    `to` differs."""
    if not documents.is_dir():
        raise NotFound(f"{documents} is not a folder", hint="name a folder of Markdown, HTML, PDF or text files")
    check_documents(documents)
    text = derive(documents, to)
    if writer:
        text = edited(text, [Edit("models.chat.writer", writer_here(writer))])
    if to.exists():
        if to.read_text(encoding="utf-8") == text:
            return to
        raise Conflict(
            f"{to} exists and describes something else",
            hint=f"run `mlwright up {to}`, or write another file: mlwright new {documents} --to other.yaml",
        )
    write_atomically(to, text.encode())
    return to


def blueprint_for(path: Path, writer: str = "") -> tuple[Path, bool]:
    """The blueprint that `up PATH` means, and whether it was derived just now: the file itself, the `mlwright.yaml`
    in a folder, or a new one in the working directory for a folder of documents, with a `writer` as in `new`. Raises
    UserError for a writer where the file was there already."""
    there = next((file for file in (path, path / DEFAULT) if file.is_file()), None)
    if there is not None and writer:
        raise UserError(
            f"--writer is for a blueprint that is being written, and {there} is there already",
            hint="name the model in the file: `mlwright doctor` prints the line",
        )
    if there is not None:
        return there, False
    if path.is_dir():
        existed = DEFAULT.exists()
        return new(path, writer=writer), not existed
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
