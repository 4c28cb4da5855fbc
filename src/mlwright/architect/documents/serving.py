"""Serving specification: how an endpoint is called, what it promises, and what happens when something fails."""

from collections.abc import Iterator

from mlwright.architect.documents import Document
from mlwright.architect.documents._said import DASH, dollars, listed, money, plural, ranged, seconds, when
from mlwright.architect.documents._subject import Subject
from mlwright.architect.forms import told_load, told_step
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
from mlwright.architect.writing.proofs import Planned, Proof, Recorded, Stated, Unproved
from mlwright.kernel.units import written_rate, written_seconds, written_share
from mlwright.serving import LEAST_REQUESTS, TOP_PASSAGES, EndpointSpec

ERRORS = (
    (400, "the request cannot be carried out as it stands: an empty question, or an unknown mode"),
    (401, "a key is needed and was not sent, or does not work"),
    (403, "the question is too long, a rule said no, or a page of another site asks"),
    (404, "there is no such endpoint, conversation or index version, or nothing is deployed yet"),
    (413, "the body is too large"),
    (415, "the body is not JSON"),
    (421, "the host is not one that this server answers for"),
    (422, "the body has the wrong shape; the fields at fault are listed"),
    (429, "too many requests of one caller, or no place was free in time; `retry-after` says when to come back"),
    (500, "an error that nobody expected; the log has its details"),
    (502, "a provider failed"),
    (503, "a provider failed for now, and the same call may succeed later"),
)  # fmt: skip
"""Statuses of the answering routes, and what they mean there."""
EVENTS = (
    ("token", "a piece of the text", "any number of times"),
    ("citation", "number, quote, document, page or lines, characters", "before the token that shows its mark"),
    ("done", "the whole answer, as without streaming", "once, at the end"),
    ("error", "the problem", "instead of done, where something fails after the first event"),
)
FIELDS = (
    ("question", "the question"),
    ("user", "any stable text for a person; decides which release answers, kept as a hash only"),
    ("filter", "narrows the documents"),
    ("stream", "true for server-sent events"),
    ("history", "earlier turns that the caller keeps, oldest first"),
    ("conversation", "`new`, or the name of one that is kept here"),
    ("at", "a version of the index that is kept"),
)
_CHANGES = 10


def _write(subject: Subject) -> Iterator[Block]:
    if not subject.blueprint.serving.endpoints:
        yield Paragraph(Proved("", Unproved("nothing is served: write an endpoint under serving.endpoints")))
        return
    for name, endpoint in subject.blueprint.serving.endpoints.items():
        yield Heading(f"Endpoint {name}")
        yield from _promises(subject, name, endpoint)
        yield from _limits(subject, name, endpoint)
        yield from _fallbacks(subject, name, endpoint)
        yield from _rollout(subject, name, endpoint)
    yield from _contract(subject)
    yield from _runbooks()


def _promises(subject: Subject, name: str, endpoint: EndpointSpec) -> Iterator[Block]:
    """What is promised, planned and measured, side by side."""
    yield Heading(f"Promises of {name}", 3)
    path = f"serving.endpoints.{name}"
    planned = next(one for one in subject.plan.latencies if one.endpoint == name)
    record = subject.evidence.requests.get(name)
    slo, report = endpoint.slo, record.report if record else None
    proof: Proof = (
        Recorded(subject.requests_ref(name)) if record else Unproved("no request yet, so nothing is measured")
    )
    spent = report.cost / report.requests if report and report.requests and not report.unpriced else None
    lines = (
        ("p95 of a whole answer", "p95", slo.p95, ranged(planned.p95), seconds(report.p95 if report else None)),
        ("p95 of the first token", "first_token_p95", slo.first_token_p95, ranged(planned.first_token),
         seconds(report.first_token_p95 if report else None)),
    )  # fmt: skip
    rows = [
        Row(
            (what, seconds(promise), plan, seen), (*_promised(promise, f"{path}.slo.{key}"), Planned("capacity"), proof)
        )
        for what, key, promise, plan, seen in lines
    ]
    rows.append(_cost_row(subject, name, endpoint, spent, proof))
    yield Table(("promise", "promised", "planned, busiest minute", "measured"), tuple(rows), right=(1, 2, 3))
    load = f"{planned.utilisation.likely:.0%} of {planned.slots} places are taken in the busiest minute"
    risk = (" A promise is at risk.",) if planned.at_risk else ()
    yield Paragraph((Proved(load, Planned("capacity")), ".", *risk, *(f" {told}." for told in told_load(planned))))
    if record:
        counted = f"{plural(record.report.requests, 'request')} until {when(record.until)}"
        seen = record.report
        parts = f"{seen.errors:,} errors, {seen.cached:,} from the cache, {seen.fallbacks:,} saved by a fallback"
        yield Paragraph((Proved(f"Measured over {counted}: {parts}", proof), "."))


def _cost_row(subject: Subject, name: str, endpoint: EndpointSpec, spent: float | None, proof: Proof) -> Row:
    promise = endpoint.slo.cost_per_request
    cells = (
        "cost of a mean request",
        DASH if promise is None else dollars(promise),
        money(subject.plan.endpoints[name]),
        DASH if spent is None else dollars(spent),
    )
    stated = _promised(promise, f"serving.endpoints.{name}.slo.cost_per_request")
    return Row(cells, (*stated, Planned("components"), proof))


def _promised(promise: float | None, path: str) -> tuple[Proof, ...]:
    """Where a promise stands; nothing where there is none."""
    return () if promise is None else (Stated(path),)


def _limits(subject: Subject, name: str, endpoint: EndpointSpec) -> Iterator[Block]:
    path, limits = f"serving.endpoints.{name}", endpoint.limits
    yield Heading(f"Limits of {name}", 3)
    key = "needed, always" if endpoint.auth == "api_key" else "needed, but not on a loopback address"
    rate = subject.blueprint.written(f"{path}.limits.rate") or written_rate(limits.rate)
    rows = (
        ("key", "auth", key, "401"),
        ("rate of one key or address", "limits.rate", rate, "429"),
        ("longest question", "limits.input", f"{limits.input:,} characters", "403"),
        ("answered at the same time", "limits.concurrency", f"{limits.concurrency:,}", "waits"),
        ("wait for a place", "limits.queue", written_seconds(limits.queue), "429"),
        ("one call of a model", "limits.timeout", written_seconds(limits.timeout), "next try"),
        ("tries of a model", "limits.retries", f"{limits.retries + 1}", "next in the chain"),
        ("modes", "modes", listed(endpoint.modes), "400"),
    )
    made = (Row((what, told, beyond), (Stated(f"{path}.{key}"),)) for what, key, told, beyond in rows)
    yield Table(("limit", "value", "beyond it"), tuple(made))
    exact = endpoint.cache.exact
    cached = f"kept for {written_seconds(exact)}" if exact else "nothing is kept"
    yield Paragraph((
        Strong("Cache:"), " ", Proved(cached, Stated(f"{path}.cache")),
        ". The key covers the endpoint, the question, the history, the filter, and the versions that an answer "
        "depends on: "
        "release, model, prompt and index. The user is no part of it. Answers of a fallback, of a conversation or of "
        "an "
        "older index are never kept; equal questions at the same time are answered by one call.",
    ))  # fmt: skip


def _fallbacks(subject: Subject, name: str, endpoint: EndpointSpec) -> Iterator[Block]:
    yield Heading(f"Who answers at {name}", 3)
    pipeline = endpoint.handler.partition(".")[2]
    chain = (subject.blueprint.rag[pipeline].generate.model, *endpoint.fallback)
    rows = []
    for number, model in enumerate(chain):
        where = f"serving.endpoints.{name}.fallback" if number else f"rag.{pipeline}.generate.model"
        rows.append(Row((f"{number + 1}", model, *_who(subject, model)), (Stated(where),)))
    yield Table(("turn", "who", "model", "run by"), tuple(rows))
    taken = subject.evidence.exercised.get(name)
    proved: Words
    if taken and taken.fallbacks:
        told = f"{plural(taken.fallbacks, 'request')} of {taken.requests:,} were saved by a fallback"
        proved = Proved(told, Recorded(subject.requests_ref(name)))
    else:
        proved = Proved("", Unproved("no request was ever answered by a fallback"))
    yield Paragraph((
        "A call that fails for now is tried again after random, growing pauses, then the next one is asked. Who "
        "fails in half of "
        "its last 20 calls (judged from 5 on) is left alone for 10 seconds, or as long as its server asks. Once text "
        "has been "
        "sent, a failure goes to the client. That the chain works: ", proved,
    ))  # fmt: skip


def _who(subject: Subject, model: str) -> tuple[str, str]:
    if model == TOP_PASSAGES:
        return "none: quotes the best passages", "this process"
    facts = subject.blueprint.models.chat[model].facts()
    return facts.model, facts.provider if not facts.embedded else "this process"


def _rollout(subject: Subject, name: str, endpoint: EndpointSpec) -> Iterator[Block]:
    yield Heading(f"Rollout of {name}", 3)
    path, rollout = f"serving.endpoints.{name}.rollout", endpoint.rollout
    day = endpoint.traffic.requests * 86_400 * (1 - (endpoint.traffic.repeats if endpoint.cache.exact else 0.0))
    rows = [
        Row((f"{number}", written_share(step), f"{day * step:,.0f}"), (Stated(f"{path}.steps"), Planned("assumptions")))
        for number, step in enumerate(rollout.steps, start=1)
    ]
    yield Table(("step", "share of the traffic", "requests a day"), tuple(rows), right=(0, 1, 2))
    yield Bullets(tuple(_guards(subject, name, endpoint)))
    yield from _history(subject, name)


def _guards(subject: Subject, name: str, endpoint: EndpointSpec) -> Iterator[Words]:
    path, rollout = f"serving.endpoints.{name}.rollout", endpoint.rollout
    if rollout.gate:
        gate = Link(rollout.gate, "evaluation", f"gate-{rollout.gate}".lower())
        yield ("Every step asks gate ", gate, ": ", Proved("", Stated(f"{path}.gate")))
    else:
        yield Proved("that a new release is good enough", Unproved("no gate is named: rollout.gate"))
    for metric, bound in rollout.abort_if.items():
        told = f"A canary is rolled back by itself when its {metric} is surely {bound.op} {written_share(bound.value)}"
        yield (Proved(told, Stated(f"{path}.abort_if")), f", from {LEAST_REQUESTS} requests on")
    yield from (Proved(told_step(step), Planned("assumptions")) for step in subject.plan.steps if step.endpoint == name)
    if not rollout.abort_if:
        yield Proved("that a bad canary ends by itself", Unproved("nothing ends it: rollout.abort_if"))


def _history(subject: Subject, name: str) -> Iterator[Block]:
    changes, known = subject.evidence.traffic.get(name, ()), {one.ref: one for one in subject.evidence.releases}
    if not changes:
        yield Paragraph(Proved("", Unproved("nothing is deployed yet: `mlwright up`")))
        return
    rows = []
    for change in changes[:_CHANGES]:
        stable, canary = known.get(change.stable), known.get(change.canary) if change.canary else None
        told = f"release {stable.number}" if stable else short(change.stable)
        shown = f"release {canary.number} at {change.share:.0%}" if canary else DASH
        proofs = (Recorded(change.stable), *((Recorded(change.canary),) if change.canary else ()))
        rows.append(Row((when(change.at), told, shown, change.why), proofs))
    yield Table(("when", "stable", "canary", "why"), tuple(rows))
    done = subject.evidence.exercised.get(name)
    if done and done.rollbacks and done.last_rollback:
        back = f"{plural(done.rollbacks, 'rollback')}, {done.aborts} of them by itself"
        told = f"Exercised: {back}, the last on {when(done.last_rollback)}"
        yield Paragraph((Proved(told, Recorded(changes[0].stable)), "."))
    else:
        yield Paragraph(Proved("That rolling back works", Unproved("it never happened: `mlwright rollback`")))


def _contract(subject: Subject) -> Iterator[Block]:
    yield Heading("How it is called")
    names = listed(subject.blueprint.serving.endpoints)
    yield Bullets((
        (Code("POST /v1/ask"), f" asks an endpoint by name ({names}), the first one where none is named."),
        (Code("POST /v1/endpoints/{name}"), " asks that endpoint."),
        (Code("POST /v1/chat/completions"), " speaks the protocol of OpenAI, with the endpoint's name as the model."),
        "`GET /healthz` and `GET /readyz` are for probes, `GET /metrics` for Prometheus.",
        ("The whole contract stands at ", Code("/openapi.json"), " of the server."),
    ))  # fmt: skip
    yield Heading("Request", 3)
    yield Table(("field", "meaning"), tuple(Row((Code(name), told)) for name, told in FIELDS))
    yield Heading("Events of a stream", 3)
    yield Table(("event", "data", "when"), tuple(Row((Code(event), data, at)) for event, data, at in EVENTS))
    yield Heading("Errors", 3)
    yield Paragraph(
        "An error is problem+json (RFC 9457) with a detail, a hint that says what to do, and a trace that finds the "
        "request in "
        "the log. On the OpenAI routes it has that protocol's shape."
    )
    yield Table(("status", "when"), tuple(Row((str(status), told)) for status, told in ERRORS), right=(0,))


def _runbooks() -> Iterator[Block]:
    yield Heading("Runbook: a new release")
    yield Bullets(
        (
            ("Change the blueprint; ", Code("mlwright check"), " and ", Code("mlwright plan"), " say what it means."),
            (Code("mlwright eval"), " puts it to its gates."),
            (
                Code("mlwright up"),
                " makes it the canary of the first step. Nothing answers everybody at once but the first release.",
            ),
            (Code("mlwright status"), " shows errors, latency, cost and feedback of both."),
            (Code('mlwright promote --why "…"'), " gives it the next step, if its gate allows."),
        ),
        numbered=True,
    )
    yield Heading("Runbook: something is wrong")
    yield Listing('mlwright rollback --why "answers became wrong"\nmlwright status\nmlwright why ANSWER')
    yield Bullets((
        "`rollback` takes the canary's traffic away at once; without a canary it returns to the release before.",
        "The same user meets the same release, so a complaint can be followed: `mlwright why ANSWER` names it.",
        "Older releases answer with their own models, settings and prompts, on the documents of today.",
    ))  # fmt: skip


DOCUMENT = Document(
    3,
    "serving",
    "3-serving-specification",
    "Serving specification",
    "Promises, limits, cache, fallbacks, rollout and rollback of each endpoint, its contract, and what to do when it "
    "fails.",
    _write,
)
