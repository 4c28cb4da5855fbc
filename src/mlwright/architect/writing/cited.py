"""The evidence page: every record that a document cites, what it is, and how to look further."""

from collections.abc import Collection, Iterator

from mlwright.architect.evidence import Evidence
from mlwright.architect.writing.blocks import Block, Bullets, Code, Heading, Paragraph, Words
from mlwright.kernel.ids import Ref


def cited_blocks(evidence: Evidence, cited: Collection[Ref]) -> Iterator[Block]:
    """In order of kind and id, so that a new record moves no other."""
    yield Paragraph(
        "Records of the workspace that the documents cite. They are read from its store, where `mlwright why` walks "
        "on from each "
        "of them: to documents, runs and commits."
    )
    if not cited:
        yield Paragraph("Nothing is recorded yet: no statement of the documents rests on a record.")
    told = dict(_told(evidence))
    for ref in sorted(cited):
        yield Heading(str(ref))
        lines: list[Words] = list(told.get(ref, ()))
        if ref.kind == "requests":
            yield Bullets((*lines, ("Look further: ", Code("mlwright status"))))
        else:
            yield Bullets((*lines, ("Look further: ", Code(f"mlwright why {ref}"))))


def _told(evidence: Evidence) -> Iterator[tuple[Ref, tuple[Words, ...]]]:
    """What each record says."""
    for source, dataset in evidence.datasets.items():
        files = f"{dataset.files:,} files, {dataset.bytes:,} bytes"
        yield dataset.ref, (f"Dataset {dataset.number} of source {source}: {files}", _at(dataset.at.isoformat()))
    for pipeline, versions in evidence.indexes.items():
        for one in versions:
            size = f"{one.documents:,} documents, {one.chunks:,} chunks"
            built = f"Built by {one.run}" if one.run else "Built without a run"
            yield one.ref, (f"Index {one.number} of {pipeline}: {size}", f"Of {one.dataset}", built, _at(one.at))
    for gate, result in evidence.results.items():
        verdict = "passed" if result.passed else "failed"
        recorded = f"Recorded as {result.run}" if result.run else "Not recorded as a run"
        lines = (
            f"Gate {gate} {verdict}",
            f"Judges {result.target}",
            f"On {result.dataset}",
            recorded,
            _at(result.at.isoformat()),
        )
        yield result.ref, lines
    for release in evidence.releases:
        commit = f"At commit {release.commit}" if release.commit else "No commit is known"
        yield release.ref, (f"Release {release.number}, {release.note}", commit, _at(release.at.isoformat()))
    for run in evidence.latest_runs.values():
        state = f"Run {run.name}, at commit {run.commit or 'unknown'}{' with changes' * run.dirty}"
        yield run.ref, (state, _at(run.started.isoformat()))
    for endpoint, record in evidence.requests.items():
        report = record.report
        counted = f"{report.requests:,} requests, {report.errors:,} errors, {report.cached:,} from the cache"
        yield Ref("requests", endpoint), (f"The request log of {endpoint}: {counted}", _at(record.until.isoformat()))


def _at(moment: str) -> str:
    return f"On {moment[:16].replace('T', ' ')} UTC"
