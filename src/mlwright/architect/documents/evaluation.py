"""Evaluation framework: what is measured, on what, what has to hold, and what was seen last."""

from collections.abc import Iterator

from mlwright.architect.documents import Document
from mlwright.architect.documents._said import dollars, interval, listed, plural, quantile, when
from mlwright.architect.documents._subject import Subject
from mlwright.architect.forms import told_gate
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
from mlwright.architect.writing.proofs import Filed, Recorded, Stated, Unproved
from mlwright.evals import EvalResult, GateSpec, definitions


def _write(subject: Subject) -> Iterator[Block]:
    yield Heading("What decides")
    yield Bullets(tuple(_decides(subject)))
    yield Heading("Sets")
    yield from _sets(subject)
    yield Heading("Metrics")
    yield Paragraph("Every metric is a number from 0 (worst) to 1 (best) for each example; a gate reads the mean.")
    yield _metrics(subject)
    yield Heading("Gates")
    for name, gate in subject.blueprint.evals.gates.items():
        yield from _gate(subject, name, gate)
    if not subject.blueprint.evals.gates:
        yield Paragraph(Proved("", Unproved("there is no gate: write one under evals.gates")))
    yield Heading("Last results")
    yield from _results(subject)
    yield Heading("What people say")
    yield from _people(subject)
    yield Heading("How it is run")
    yield Listing("mlwright eval\nmlwright runs --kind eval")
    yield Paragraph(
        "An example that fails counts as an error and never as a score; more than 5 % errors, too few cases, or a "
        "metric "
        "that applies to no example fail the gate by themselves. Intervals are Wilson's for shares and fewer than 10 "
        "scores, a BCa bootstrap up to 500, Student's t above."
    )


def _decides(subject: Subject) -> Iterator[Words]:
    for name, endpoint in subject.blueprint.serving.endpoints.items():
        gate = endpoint.rollout.gate
        if gate is None:
            told = f"anything may answer at {name}: no gate guards its rollout"
            yield Proved(f"At {name}", Unproved(f"{told}; name one under rollout.gate"))
        else:
            yield (
                "At ", Strong(name), " a release gets more traffic only after it has passed gate ",
                Link(gate, "evaluation", f"gate-{gate}".lower()), ": ",
                Proved("", Stated(f"serving.endpoints.{name}.rollout.gate")), ".",
            )  # fmt: skip
    for name, gated in subject.blueprint.evals.gates.items():
        if why := getattr(gated, "why", ""):
            yield (f"Why these bounds, {name}: ", Proved(why, Stated(f"evals.gates.{name}.why")))


def _sets(subject: Subject) -> Iterator[Block]:
    rows = []
    for name, spec in subject.blueprint.evals.sets.items():
        known, path = subject.context.eval_set(name), f"evals.sets.{name}"
        if known is None:
            unread = Unproved(f"{spec.path} cannot be read")
            rows.append(Row((name, "–", f"{spec.min_cases:,}", "–", "–", "–", "–"), (Stated(path), unread)))
            continue
        slices = [f"{tag} ({len(ids)})" for tag, ids in known.slices.items()]
        cells = (
            name, f"{len(known.examples):,}", f"{spec.min_cases:,}", f"{known.edge:,}",
            f"{sum(example.unanswerable for example in known.examples):,}", f"{known.synthetic:,}", listed(slices),
        )  # fmt: skip
        rows.append(Row(cells, (Filed(spec.path), Stated(path))))
    yield Paragraph(
        "A set is named by its content, so every result says on which questions it was made. Edge cases are the "
        "unanswerable ones and those with the tag `edge`; the other tags are slices. Synthetic ones no person wrote."
        if rows
        else Proved("", Unproved("there is no eval set: write one under evals.sets"))
    )
    heads = ("set", "cases", "at least", "edge cases", "unanswerable", "synthetic", "slices")
    yield Table(heads, tuple(rows), right=(1, 2, 3, 4, 5))


def _metrics(subject: Subject) -> Table:
    required = [metric for gate in subject.blueprint.evals.gates.values() for metric in gate.require]
    rows = [Row((Code(one.name), one.measures, f"{one.what} {one.how}", one.applies)) for one in definitions(required)]
    return Table(("metric", "looks at", "definition", "applies"), tuple(rows))


def _gate(subject: Subject, name: str, gate: GateSpec) -> Iterator[Block]:
    path, result = f"evals.gates.{name}", subject.result(name)
    yield Heading(f"Gate {name}", 3)
    rows = []
    for metric, bound in gate.require.items():
        value = result.metrics.get(metric) if result and subject.current(result) else None
        held = "–" if value is None else "holds" if bound.holds(round(value.mean, 12)) else "fails"
        cells = (Code(metric), str(bound), interval(value), f"{value.n:,}" if value else "–", held)
        rows.append(Row(cells, (Stated(f"{path}.require"), subject.proof_of_gate(name))))
    yield Table(("metric", "must be", "mean and 95 % interval", "cases", "verdict"), tuple(rows), right=(2, 3))
    yield Paragraph(_compared(subject, name, gate))


def _compared(subject: Subject, name: str, gate: GateSpec) -> Words:
    """What the gate says of the release in production, and whether its set could show it."""
    if gate.max_regression is None:
        return Proved("", Unproved("nothing is compared with production: set max_regression"))
    stated = Proved(
        f"Against the release in production no required metric may drop by more than {gate.max_regression:g}",
        Stated(f"evals.gates.{name}.max_regression"),
    )
    power = next(one for one in subject.plan.gates if one.gate == name)
    if power.promised:
        return (stated, ". ", Proved("", Unproved("the set cannot be read, so what it can show is not known")))
    return (stated, ". What it can show, paired, with 80 % power at the 5 % level: ", told_gate(power), ".")


def _results(subject: Subject) -> Iterator[Block]:
    results = [result for name in subject.blueprint.evals.gates if (result := subject.result(name))]
    if not results:
        yield Paragraph(Proved("", Unproved("nothing was evaluated yet: `mlwright eval`")))
    for result in results:
        yield from _result(subject, result)


def _result(subject: Subject, result: EvalResult) -> Iterator[Block]:
    yield Heading(f"Result of gate {result.gate}", 3)
    verdict = "passed" if result.passed else "failed"
    stands = "what the blueprint is now" if subject.current(result) else "another release or another version of the set"
    yield Paragraph((
        Strong(verdict.capitalize()),
        f" on {when(result.at)}, judging {stands}, with {plural(result.errors, 'error')}: ",
        Proved("", Recorded(result.ref)), ".",
    ))  # fmt: skip
    yield Bullets(tuple(line.why for line in result.requirements if not line.passed))
    proof = (Recorded(result.ref),)
    rows = [Row((Code(name), interval(value), f"{value.n:,}"), proof) for name, value in sorted(result.metrics.items())]
    yield Table(("metric", "mean and 95 % interval", "cases"), tuple(rows), right=(1, 2))
    times = [
        Row((stage, quantile(t.p50), quantile(t.p95), f"{t.p50.n:,}"), proof) for stage, t in result.seconds.items()
    ]
    yield Table(("stage", "p50", "p95", "cases"), tuple(times), right=(1, 2, 3))
    if result.cost is not None:
        cost, unpriced = result.cost, result.cost.unpriced
        mean = f"{dollars(cost.mean)} an answer ({dollars(cost.low)} to {dollars(cost.high)})"
        without = f"; {plural(unpriced, 'answer')} without a price are not in it" if unpriced else ""
        yield Paragraph(Proved(f"Cost: {mean}, {dollars(cost.total)} in all{without}", Recorded(result.ref)))


def _people(subject: Subject) -> Iterator[Block]:
    rows = []
    for name in subject.blueprint.serving.endpoints:
        record = subject.evidence.requests.get(name)
        if record is None or not record.report.thumbs_up + record.report.thumbs_down:
            rows.append(Row((name, "–", "–"), (Unproved("nobody has judged an answer yet: `mlwright feedback`"),)))
        else:
            counts = (f"{record.report.thumbs_up:,}", f"{record.report.thumbs_down:,}")
            rows.append(Row((name, *counts), (Recorded(subject.requests_ref(name)),)))
    yield Table(("endpoint", "helped", "did not"), tuple(rows), right=(1, 2))
    yield Paragraph(
        "People judge single answers, on the page of an answer or by the API. A judge that is a model, labels by "
        "several "
        "people and their agreement are not part of this blueprint, so nothing here rests on them."
    )


DOCUMENT = Document(
    2,
    "evaluation",
    "2-evaluation-framework",
    "Evaluation framework",
    "Eval sets, metrics with their definitions, gates and what they can see, and the last results with intervals.",
    _write,
)
