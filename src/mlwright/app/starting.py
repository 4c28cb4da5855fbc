"""From a folder of documents, or from requirements, to a blueprint file. Overwrites nothing."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mlwright.app.joined import Joined
from mlwright.app.profiling import profile
from mlwright.app.servers import model_here, servers_here, writer_here
from mlwright.architect import LocalModel, Profile, Proposal, Requirements, Situation, propose, to_json
from mlwright.blueprint import Edit, check_documents, derive, edited, system_name
from mlwright.kernel.errors import Conflict, NotFound, UserError
from mlwright.kernel.files import write_atomically
from mlwright.kernel.progress import Progress, silent

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
    _write(text, to, f"write another file: mlwright new {documents} --to other.yaml")
    return to


@dataclass(frozen=True, slots=True)
class Started:
    """What was asked for, what the files were found to be, and the blueprint that was written."""

    path: Path
    asked: Requirements
    profile: Profile
    proposal: Proposal


def new_from(
    asked: Requirements,
    base: Path,
    to: Path = DEFAULT,
    *,
    writer: str = "",
    found: Profile | None = None,
    progress: Progress = silent,
) -> Started:
    """Write the blueprint of requirements. `base` is the folder that their `data` starts at. A model of a server on
    this machine may write the answers: the one that `writer` names, else the first that is found. `found` is the
    profile of the data where it is known already. Raises NotFound without the data or that model, UserError where no
    template fits, Conflict where `to` differs."""
    if found is None:
        found = profile(base / asked.data, to.resolve().parent, progress) if asked.data else Profile("")
    name = system_name(found.title or asked.answers or "")
    proposal = propose(Situation(asked, found, name, _local(writer)), to)
    _write(proposal.text, to, "name another file with --to")
    return Started(to, asked, found, proposal)


def started_data(started: Started) -> dict[str, Any]:
    """All of it as JSON data, the plan by its totals."""
    proposal = started.proposal
    made = proposal.plan
    return {
        "blueprint": str(started.path),
        "template": proposal.template,
        "asked": started.asked.model_dump(mode="json"),
        "profile": asdict(started.profile),
        "choices": [asdict(choice) for choice in proposal.choices],
        "findings": to_json(proposal.findings),
        "plan": {"per_month": made.per_month, "p95": made.latency, "unpriced": made.unpriced},
        "conflicts": list(proposal.conflicts),
        "secrets": list(proposal.secrets),
    }


def _local(writer: str) -> LocalModel | None:
    if writer:
        server, model = model_here(writer)
        return LocalModel(model, server.base_url)
    return next((LocalModel(server.models[0], server.base_url) for server in servers_here()), None)


def _write(text: str, to: Path, remedy: str) -> None:
    if not to.exists():
        write_atomically(to, text.encode())
    elif to.read_text(encoding="utf-8") != text:
        raise Conflict(f"{to} exists and describes something else", hint=f"run `mlwright up {to}`, or {remedy}")


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
