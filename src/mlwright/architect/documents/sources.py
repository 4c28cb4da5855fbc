"""Data card: what the documents and the eval sets are, where they come from, and what is known of them."""

from collections.abc import Iterator

from mlwright.architect.documents import Document
from mlwright.architect.documents._said import DASH, listed, plural, when
from mlwright.architect.documents._subject import Subject
from mlwright.architect.forms import size
from mlwright.architect.views._parts import path_of
from mlwright.architect.writing.blocks import Block, Heading, Paragraph, Proved, Row, Table
from mlwright.architect.writing.proofs import Filed, Proof, Recorded, Stated, Unproved

_QUESTIONS = (
    "Who wrote the documents, and under which licence?",
    "Do they hold person data, and of whom?",
    "Who wrote the eval cases, and how were they checked?",
    "Whom do the documents leave out?",
)


def _write(subject: Subject) -> Iterator[Block]:
    for name in subject.blueprint.data.sources:
        yield Heading(f"Source {name}")
        yield Table(("what", "known"), tuple(_source(subject, name)))
    for name in subject.blueprint.evals.sets:
        yield Heading(f"Eval set {name}")
        yield from _set(subject, name)
    yield Heading("What is not known")
    yield Table(("question", "answer"), tuple(_unknown()))


def _source(subject: Subject, name: str) -> Iterator[Row]:
    source, path = subject.blueprint.data.sources[name], f"data.sources.{name}"
    yield Row(("what is read", f"{source.use}: {listed(path_of(source))}"), (Stated(path),))
    readers = [pipeline for pipeline, spec in subject.blueprint.rag.items() if spec.documents == name]
    yield Row(("who reads it", listed(readers)), tuple(Stated(f"rag.{one}.documents") for one in readers))
    dataset = subject.evidence.datasets.get(name)
    if dataset is None:
        yield Row(("what it holds", DASH), (Unproved("nothing was read yet: `mlwright ingest`"),))
        return
    proof: Proof = Recorded(dataset.ref)
    yield Row(("files", f"{dataset.files:,}, {size(dataset.bytes)}, on {when(dataset.at)}"), (proof,))
    endings = sorted(subject.evidence.endings.get(name, {}).items(), key=lambda one: (-one[1], one[0]))
    yield Row(("formats", listed([f"{ending or 'no ending'} {count:,}" for ending, count in endings])), (proof,))
    held = sum(row.source == name for row in subject.evidence.quarantined)
    yield Row(("could not be read", plural(held, "file")), (proof,))
    for pipeline in readers:
        if index := subject.index(pipeline):
            told = f"{index.documents:,} documents in {index.chunks:,} chunks, {index.skipped:,} left out"
            yield Row((f"in the index of {pipeline}", told), (Recorded(index.ref),))


def _set(subject: Subject, name: str) -> Iterator[Block]:
    spec, known = subject.blueprint.evals.sets[name], subject.context.eval_set(name)
    if known is None:
        yield Paragraph(Proved("", Unproved(f"{spec.path} cannot be read")))
        return
    tags = {tag: len(ids) for tag, ids in known.slices.items()}
    rows = (
        ("cases", f"{len(known.examples):,}"),
        ("with what is relevant", f"{sum(bool(one.relevant) for one in known.examples):,}"),
        ("with an expected answer", f"{sum(bool(one.expected_output) for one in known.examples):,}"),
        ("that expect an abstention", f"{sum(one.unanswerable for one in known.examples):,}"),
        ("that no person wrote", f"{known.synthetic:,}"),
        ("slices", listed([f"{tag} {count:,}" for tag, count in tags.items()])),
        ("version", str(known.ref)),
    )
    yield Table(("what", "known"), tuple(Row((what, told), (Filed(spec.path),)) for what, told in rows))


def _unknown() -> Iterator[Row]:
    for question in _QUESTIONS:
        yield Row((question, DASH), (Unproved("no record can know; write it under the notes"),))


DOCUMENT = Document(
    8,
    "sources",
    "data-card",
    "Data card",
    "Every source and every eval set: what is in it, what could not be read, and what nobody has written down.",
    _write,
)
