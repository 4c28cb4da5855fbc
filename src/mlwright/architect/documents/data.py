"""Data pipeline architecture: sources, versions, quarantine, processing, lineage, retention, and what to do when
something fails."""

from collections import Counter
from collections.abc import Iterator

from mlwright.architect.documents import Document
from mlwright.architect.documents._said import DASH, listed, plural, when
from mlwright.architect.documents._subject import Subject
from mlwright.architect.forms import size
from mlwright.architect.views._parts import chunks_of, models_in_use, path_of, searched_by
from mlwright.architect.writing.blocks import (
    Block,
    Bullets,
    Code,
    Heading,
    Listing,
    Paragraph,
    Proved,
    Row,
    Table,
)
from mlwright.architect.writing.proofs import Recorded, Stated, Unproved
from mlwright.kernel.units import written_seconds, written_size

_LISTED = 20
LINEAGE = (
    (
        "answer",
        "cites and saw chunks, searched an index, written by a model, prompted by a prompt, served by a release",
    ),
    ("chunk", "cut from a version"),
    ("version", "version of a document, read from a source"),
    ("dataset", "read from a source, adds versions, follows a dataset"),
    ("index", "built from a dataset, embedded by a model, built by a run"),
    ("release", "resolved from a blueprint, uses prompt and models, at a commit"),
    ("evalresult", "judges a release, on an evalset, measured on an index, recorded as a run"),
)


def _write(subject: Subject) -> Iterator[Block]:
    yield Heading("Sources")
    yield from _sources(subject)
    yield Heading("Quarantine")
    yield from _quarantine(subject)
    yield Heading("Processing")
    for name in subject.blueprint.rag:
        yield from _processing(subject, name)
    yield Heading("Versions of the indexes")
    for name in subject.blueprint.rag:
        yield from _versions(subject, name)
    yield Heading("Lineage")
    yield Paragraph(("Everything has a reference, ", Code("kind:id"), ", and remembers what it was made from:"))
    yield Table(("thing", "was made so"), tuple(Row((Code(thing), told)) for thing, told in LINEAGE))
    yield Heading("Person data")
    yield from _persons(subject)
    yield from _runbook()


def _sources(subject: Subject) -> Iterator[Block]:
    rows, files = [], []
    for name, source in subject.blueprint.data.sources.items():
        path, dataset = f"data.sources.{name}", subject.evidence.datasets.get(name)
        limit = getattr(source, "max_size", None)
        cells = (name, source.use, listed(path_of(source)), listed(getattr(source, "exclude", ())))
        again = source.refresh or "when asked"
        rows.append(Row((*cells, written_size(limit) if limit else DASH, again), (Stated(path),)))
        if dataset is None:
            files.append(Row((name, *[DASH] * 5), (Unproved("nothing was read yet: `mlwright ingest`"),)))
            continue
        changes = f"{dataset.added:,} added, {dataset.changed:,} changed, {dataset.removed:,} removed"
        number = f"{dataset.number}"
        held = (number, when(dataset.at), f"{dataset.files:,}", size(dataset.bytes), changes)
        files.append(Row((name, *held), (Recorded(dataset.ref),)))
    yield Table(("source", "kind", "reads", "leaves out", "largest file", "read again"), tuple(rows))
    yield Paragraph(
        "All files of one moment are a dataset version, named by the names and hashes of its files. It is made only "
        "where "
        "something changed, and becomes visible as a whole. The bytes of every version are kept, so a citation "
        "always opens the "
        "source as it was. Files may also be added while the system serves; they are documents of the source under "
        "`uploads/`."
    )
    yield Table(("source", "dataset", "made", "files", "size", "changes"), tuple(files), right=(1, 3, 4))


def _quarantine(subject: Subject) -> Iterator[Block]:
    held = subject.evidence.quarantined
    if not subject.evidence.datasets:
        yield Paragraph(Proved("", Unproved("nothing was read yet: `mlwright ingest`")))
        return
    reasons = Counter(row.reason for row in held)
    told = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
    proofs = tuple(Recorded(one.ref) for one in subject.evidence.datasets.values())
    yield Paragraph((
        f"A file that cannot be read stops no other. In quarantine: {plural(len(held), 'file')}",
        f" ({told})" if told else "", ". ", Proved("", proofs[0]),
    ))  # fmt: skip
    rows = [Row((f"{row.source}/{row.key}", row.reason, row.message, row.hint or DASH)) for row in held[:_LISTED]]
    yield Table(("file", "reason", "what is wrong", "what helps"), tuple(rows))
    if len(held) > _LISTED:
        yield Paragraph(f"And {len(held) - _LISTED} more: `mlwright quarantine` lists all.")


def _processing(subject: Subject, name: str) -> Iterator[Block]:
    spec, path = subject.blueprint.rag[name], f"rag.{name}"
    embed = subject.blueprint.models.embed[spec.index.embed].facts()
    kind, length = chunks_of(spec)
    caps = f"{written_seconds(spec.parse.timeout)}, {written_size(spec.parse.memory)} of memory"
    fields = listed((*spec.index.metadata, *(f"{field} from {pattern}" for field, pattern in spec.meta.items())))
    lines = [
        ("read", f"source {spec.documents}", "documents"),
        (
            "parse",
            f"in its own process; {caps}, {written_size(spec.parse.size)} a file; OCR {spec.parse.ocr}",
            "parse",
        ),
        ("chunk", f"{kind}, {length}", "chunk"),
        ("embed", f"{embed.model}, {embed.dims} numbers, reads {embed.max_tokens} tokens", "index.embed"),
        ("index", f"{searched_by(spec)}, held as {spec.index.quantize}, by {spec.index.engine.use}", "index"),
        ("fields", fields, "index.metadata"),
    ]
    if spec.situate is not None:
        lines.insert(3, ("situate", f"{spec.situate.model} writes what each chunk is about", "situate"))
    yield Heading(f"Pipeline {name}", 3)
    rows = [Row((step, told), (Stated(f"{path}.{key}"),)) for step, told, key in lines]
    yield Table(("step", "how"), tuple(rows))


def _versions(subject: Subject, name: str) -> Iterator[Block]:
    spec, versions = subject.blueprint.rag[name].index, subject.evidence.indexes.get(name, ())
    yield Heading(f"Index of {name}", 3)
    days = f" and those of the last {spec.keep_days:g} days" if spec.keep_days else ""
    kept = f"The newest {plural(spec.keep, 'version')}{days} can be searched; tagged ones stay"
    yield Paragraph((Proved(kept, Stated(f"rag.{name}.index.keep")), "."))
    if not versions:
        yield Paragraph(Proved("", Unproved("no index was built yet: `mlwright up`")))
    rows = []
    for one in versions[:_LISTED]:
        state = "searched" if one.current else "kept" if one.readable else "gone"
        counts = (f"{one.documents:,}", f"{one.chunks:,}", f"{one.skipped:,}")
        told = (f"#{one.number}", one.at[:16].replace("T", " "), *counts, listed(one.tags), state)
        rows.append(Row(told, (Recorded(one.ref), Recorded(one.dataset))))
    heads = ("version", "built", "documents", "chunks", "left out", "tags", "state")
    yield Table(heads, tuple(rows), right=(2, 3, 4))


def _persons(subject: Subject) -> Iterator[Block]:
    leaving = [
        Proved(f"{model.name} gets text at {model.facts.provider}", Stated(model.path))
        for model in models_in_use(subject.blueprint)
        if model.facts.leaves_machine
    ]
    nobody = "nothing looks for person data: that is not part of this blueprint"
    yield Bullets((
        ("In documents: ", Proved("", Unproved(nobody))),
        "The user of a question is kept as a keyed hash only.",
        *(leaving or ("Nothing leaves this machine: every model runs on it.",)),
        ("An uploaded document is erased by ", Code("mlwright remove"), ", out of every index, answer and cache."),
        ("A conversation is deleted with its answers, on its page or by ", Code("DELETE /v1/conversations/{id}"), "."),
    ))  # fmt: skip


def _runbook() -> Iterator[Block]:
    yield Heading("Runbook")
    rows = (
        ("an ingest was killed", "mlwright ingest", "it goes on where it was, without duplicates"),
        ("files are in quarantine", "mlwright quarantine --replay", "all are tried again by the next ingest"),
        (
            "an index may be damaged",
            "mlwright index verify --repair",
            "index, store and lineage are compared and mended",
        ),
        ("new documents made answers worse", "mlwright index diff", "what changed from one version to another"),
        ("an answer of the past is asked for", "mlwright ask --at VERSION", "versions that are kept can be searched"),
        ("a document was wrong", "mlwright blast DOCUMENT", "the answers that people were given from it"),
        ("the workspace has to be kept", "cp -r .mlwright", "while nothing runs: that folder is all of it"),
    )
    yield Table(("when", "command", "what it does"), tuple(Row((when_, Code(do), told)) for when_, do, told in rows))
    yield Paragraph(("Backup: ", Proved("", Unproved("no backup and no restore is recorded"))))
    yield Listing("mlwright ingest\nmlwright index verify\nmlwright status")


DOCUMENT = Document(
    5,
    "data",
    "5-data-pipeline",
    "Data pipeline architecture",
    "Sources and their versions, quarantine, processing, lineage, how long index versions stay, and a runbook.",
    _write,
)
