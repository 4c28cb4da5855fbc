"""Model card: which models take part, for what, on whose machines, and how well the whole does."""

from collections.abc import Iterator

from mlwright.architect.documents import Document
from mlwright.architect.documents._said import DASH, interval, listed
from mlwright.architect.documents._subject import Subject
from mlwright.architect.views._parts import UsedModel, models_in_use
from mlwright.architect.writing.blocks import Block, Bullets, Code, Heading, Link, Paragraph, Proved, Row, Table, Words
from mlwright.architect.writing.proofs import Proof, Recorded, Stated, Unproved
from mlwright.models import PricedFacts, price_of


def _write(subject: Subject) -> Iterator[Block]:
    system = subject.blueprint.system
    yield Heading("Intended use")
    lines = (
        ("purpose", system.purpose, "system.purpose"),
        ("who answers for it", system.owner, "system.owner"),
        ("risk class, in the words of the EU AI Act", system.risk, "system.risk"),
    )
    rows = [
        Row((what, told or DASH), (Stated(path) if told else Unproved(f"write {path}"),)) for what, told, path in lines
    ]
    yield Table(("what", "said"), tuple(rows))
    yield Heading("Models")
    for model in models_in_use(subject.blueprint):
        yield from _model(subject, model)
    yield Heading("How well the whole does")
    yield from _quality(subject)
    yield Heading("Limits")
    yield Bullets(tuple(_limits(subject)))


def _model(subject: Subject, model: UsedModel) -> Iterator[Block]:
    facts, part = model.facts, getattr(subject.blueprint.models, model.slot)[model.name]
    yield Heading(f"Model {model.name}", 3)
    runs = "in this process" if facts.embedded else f"by {facts.provider}"
    leaves = "leave this machine" if facts.leaves_machine else "stay on this machine"
    stated: tuple[Proof, ...] = (Stated(model.path),)
    rows = [
        Row(("model", facts.model), stated),
        Row(("part it plays", _role(subject, model)), stated),
        Row(("run", f"{runs}; data {leaves}"), stated),
        Row(("price", _price(subject, model)), stated),
        *(Row((what, told), stated) for what, told in _numbers(facts)),
        Row(("licence", facts.licence or DASH), stated if facts.licence else (Unproved("its part names none"),)),
    ]
    if why := getattr(part, "why", ""):
        rows.append(Row(("why this one", why), (Stated(f"{model.path}.why"),)))
    for ref, proof in _revisions(subject, model):
        rows.append(Row(("revision in the index", ref), (proof,)))
    yield Table(("what", "said"), tuple(rows))


def _role(subject: Subject, model: UsedModel) -> str:
    parts = []
    for name, spec in subject.blueprint.rag.items():
        if spec.index.embed == model.name:
            parts.append(f"embeds for {name}")
        parts += [f"{stage} of {name}" for stage, used in spec.chats.items() if used == model.name]
        if spec.rerank is not None and spec.rerank.model == model.name:
            parts.append(f"reranks for {name}")
    for name, endpoint in subject.blueprint.serving.endpoints.items():
        if model.name in endpoint.fallback:
            parts.append(f"fallback of {name}")
    return listed(parts)


def _price(subject: Subject, model: UsedModel) -> str:
    price = price_of(getattr(subject.blueprint.models, model.slot)[model.name])
    if price is None:
        return "no price is known"
    if not price.input and not price.output:
        return "no bill for tokens"
    written = f", written ${price.output:g}" if price.output is not None else ""
    dated = f" ({price.as_of}, {price.source})" if price.source else ""
    return f"per million tokens: read ${price.input:g}{written}{dated}"


def _numbers(facts: PricedFacts) -> Iterator[tuple[str, str]]:
    for field, what in (
        ("context", "window in tokens"),
        ("max_tokens", "longest text in tokens"),
        ("dims", "numbers of a vector"),
    ):
        value = getattr(facts, field, None)
        if value is not None:
            yield what, f"{value:,}"


def _revisions(subject: Subject, model: UsedModel) -> Iterator[tuple[str, Proof]]:
    """What the indexes say of their embedder."""
    if model.slot == "embed":
        for name, spec in subject.blueprint.rag.items():
            index = subject.index(name)
            if spec.index.embed == model.name and index is not None:
                yield index.settings.get("embedder", DASH), Recorded(index.ref)


def _quality(subject: Subject) -> Iterator[Block]:
    rows = []
    for name, gate in subject.blueprint.evals.gates.items():
        result = subject.result(name)
        for metric in gate.require:
            value = result.metrics.get(metric) if result and subject.current(result) else None
            count = f"{value.n:,}" if value else DASH
            rows.append(Row((Code(metric), interval(value), count), (subject.proof_of_gate(name),)))
    if not rows:
        yield Paragraph(Proved("", Unproved("no gate says what good means: write one under evals.gates")))
    yield Table(("metric", "mean and 95 % interval", "cases"), tuple(rows), right=(1, 2))
    yield Paragraph(("Definitions stand in the ", Link("evaluation framework", "evaluation", "metrics"), "."))


def _limits(subject: Subject) -> Iterator[Words]:
    for name, spec in subject.blueprint.rag.items():
        cite, empty = spec.generate.cite, spec.generate.if_empty
        found = "answers only from what was found" if empty == "abstain" else "may answer without a passage"
        told = f"{name} {found}; citations are {cite}"
        yield Proved(told, Stated(f"rag.{name}.generate"))
    for finding in subject.findings:
        if finding.severity != "info" and finding.waived is None:
            yield (Code(finding.rule), f" {finding.title}: ", Proved(finding.evidence, Stated(finding.path)))
    yield Proved("Whom it may harm", Unproved("no record can know; write it under the notes"))


DOCUMENT = Document(
    7,
    "models",
    "model-card",
    "Model card",
    "Intended use, every model with its price, licence and place, how well the whole does, and its limits.",
    _write,
)
