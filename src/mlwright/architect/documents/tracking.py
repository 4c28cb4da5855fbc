"""Experiment tracking: what every run records, what there is, and how a release is made again."""

from collections.abc import Iterator

from mlwright.architect.documents import Document
from mlwright.architect.documents._said import DASH, when
from mlwright.architect.documents._subject import Subject
from mlwright.architect.writing.blocks import (
    Block,
    Bullets,
    Code,
    Heading,
    Link,
    Listing,
    Paragraph,
    Proved,
    Row,
    Strong,
    Table,
    Words,
)
from mlwright.architect.writing.links import short
from mlwright.architect.writing.proofs import Proof, Recorded, Stated, Unproved

RECORDS = (
    ("parameters", "what the work was asked to do: settings of the pipeline, requirements of the gate"),
    ("metrics", "every value with its step and time; means with both ends of their interval"),
    ("used and made", "references of what went in (dataset, prompt, models, eval set) and came out (index, result)"),
    ("commit", "of the repository around the blueprint, and whether the folder differed from it"),
    ("environment", "interpreter, platform, machine, and the version of every installed package"),
    ("state", "running, finished, failed with the first line of its error, or killed"),
)


def _write(subject: Subject) -> Iterator[Block]:
    tracking = subject.blueprint.tracking
    yield Heading("What a run records")
    yield Table(("part", "content"), tuple(Row(row) for row in RECORDS))
    group = tracking.experiment or subject.blueprint.system.name
    environment = "kept" if tracking.environment else "not kept"
    yield Paragraph((
        "Runs are grouped as ", Strong(group), ": ", Proved("", Stated("tracking.experiment")),
        ". The environment is ", Proved(environment, Stated("tracking.environment")), ".",
    ))  # fmt: skip
    yield Heading("What there is")
    yield from _runs(subject)
    yield Heading("What answers, and how to make it again")
    yield from _releases(subject)
    yield Heading("How something better is found")
    yield Bullets(tuple(_ways(subject)))
    yield Listing("mlwright runs\nmlwright runs RUN\nmlwright rag tune\nmlwright why RUN")


def _runs(subject: Subject) -> Iterator[Block]:
    evidence = subject.evidence
    if not evidence.runs:
        yield Paragraph(Proved("", Unproved("no run is recorded yet: `mlwright up`")))
        return
    counts = [
        Row((kind, f"{count:,}", f"{evidence.unfinished.get(kind, 0):,}"))
        for kind, count in sorted(evidence.runs.items())
    ]
    yield Table(("kind", "runs", "failed or killed"), tuple(counts), right=(1, 2))
    rows = []
    for name, run in sorted(evidence.latest_runs.items()):
        commit = f"{run.commit[:10]}{', changed' * run.dirty}" if run.commit else DASH
        packages = f"{run.python}, {run.packages} packages" if run.packages else run.python or DASH
        rows.append(Row((name, when(run.started), commit, packages), (Recorded(run.ref),)))
    yield Paragraph("The newest finished run of each work:")
    yield Table(("work", "started", "commit", "environment"), tuple(rows))


def _releases(subject: Subject) -> Iterator[Block]:
    known = {release.ref: release for release in subject.evidence.releases}
    rows = []
    for name in subject.blueprint.serving.endpoints:
        traffic = subject.traffic(name)
        if traffic is None:
            rows.append(Row((name, DASH, DASH, DASH), (Unproved("nothing is deployed yet: `mlwright up`"),)))
            continue
        release = known.get(traffic.stable)
        number = f"{release.number}" if release else short(traffic.stable)
        commit, proof = (release.commit, Recorded(traffic.stable)) if release else ("", Recorded(traffic.stable))
        proofs: tuple[Proof, ...] = (proof,)
        if not commit:
            proofs = (proof, Unproved("no commit is known of it: keep the blueprint in git"))
        rows.append(Row((name, number, commit[:10] or DASH, _now(subject, name)), proofs))
    yield Table(("endpoint", "release that answers", "commit", "the blueprint now"), tuple(rows))
    commit = next((one.commit for one in subject.evidence.releases if one.commit), "COMMIT")
    yield Listing(f"git checkout {commit}\nmlwright up\nmlwright eval")
    yield Paragraph(
        "A release is named by a hash over what changes answers (models, sources, pipelines, the text of prompts, "
        "handlers, "
        "fallbacks), an index by the documents and settings that it was made from. So the same commit over the same "
        "documents "
        "gives the same names, and `mlwright up` then changes nothing."
    )


def _now(subject: Subject, endpoint: str) -> str:
    traffic = subject.traffic(endpoint)
    if traffic is not None and traffic.stable == subject.blueprint.ref:
        return "is this release"
    if traffic is not None and traffic.canary == subject.blueprint.ref:
        return "is its canary"
    return "is another release"


def _ways(subject: Subject) -> Iterator[Words]:
    yield (
        Code("mlwright rag tune"),
        " compares chunking, search, fusion and reranking on an eval set and records a run.",
    )
    yield (Code("mlwright rag threshold"), " finds the least cosine at which a passage counts as found.")
    for name, endpoint in subject.blueprint.serving.endpoints.items():
        if gate := endpoint.rollout.gate:
            told = Link(f"gate {gate}", "evaluation", f"gate-{gate}".lower())
            yield (f"What is promoted at {name} has passed ", told, ": ", Proved("", subject.proof_of_gate(gate)))
    yield ("A run of your own is one ", Code("with"), " around the work: ", Code("app.tracking.start_run(…)"), ".")


DOCUMENT = Document(
    4,
    "tracking",
    "4-experiment-tracking",
    "Experiment tracking set-up",
    "What every run records, the newest of each kind, and the commands that make what answers again.",
    _write,
)
