"""Monitoring tests. Nobody is told by mlwright yet, so what is measured counts as done by hand."""

from mlwright.architect.context import Context
from mlwright.architect.readiness import AUTOMATED, MANUAL, Claim, Proof, nothing
from mlwright.architect.rules.rag007 import RULE as PREFIXES

_LEAST_REQUESTS = 20


def _invariants(context: Context) -> Proof | None:
    sources = [one for one in context.records.data.sources if one.latest] if context.recorded else []
    if not sources:
        return None
    told = ", ".join(f"{one.name}: {one.files} files, {one.quarantined} in quarantine" for one in sources)
    ref = sources[0].latest.ref if sources[0].latest else ""
    return Proof(MANUAL, f"every ingest holds each file against what can be read; {told}", str(ref))


def _skew(context: Context) -> Proof | None:
    indexes = [context.records.rag[name].index for name in context.blueprint.rag] if context.recorded else []
    if not indexes or None in indexes or any(PREFIXES.check(context)):
        return None
    told = "the embedder's name is part of the index's, so a question never meets vectors of another model"
    return Proof(AUTOMATED, told, str(indexes[0]))


def _fresh(context: Context) -> Proof | None:
    reports = [context.records.rag[name] for name in context.blueprint.rag] if context.recorded else []
    if not reports or any(report.index is None for report in reports):
        return None
    stale, all_ = sum(report.stale for report in reports), sum(report.documents for report in reports)
    told = f"{stale} of {all_} documents changed since the index of {reports[0].built_at[:16]} was built"
    return Proof(MANUAL, told, str(reports[0].index))


def _fast(context: Context) -> Proof | None:
    for served in context.served() if context.recorded else ():
        report, promise = context.records.served[served.name], served.endpoint.slo.p95
        if report.requests >= _LEAST_REQUESTS and promise is not None and report.p95 is not None:
            kept = "kept" if report.p95 <= promise else "broken"
            return Proof(
                MANUAL,
                f"{served.name}: p95 of {report.requests} requests is {report.p95:.2g} s, {promise:g} s is {kept}",
            )
    return None


def _quality(context: Context) -> Proof | None:
    given = [(one.thumbs_up, one.thumbs_down) for one in context.records.served.values()] if context.recorded else []
    up, down = sum(one for one, _ in given), sum(other for _, other in given)
    return Proof(MANUAL, f"{up} answers were found helpful, {down} not") if up + down else None


CLAIMS = (
    Claim("Dependency changes result in notification", "packages are recorded, and nobody is told", nothing),
    Claim("Data invariants hold for inputs", "nothing was ingested yet", _invariants),
    Claim("Training and serving are not skewed", "no index, or questions are embedded another way", _skew),
    Claim("Models are not too stale", "no index was built yet", _fresh),
    Claim("Models are numerically stable", "nothing is recorded of numbers that are not finite", nothing),
    Claim("Computing performance has not regressed", "no promised p95, or too few requests", _fast),
    Claim("Prediction quality has not regressed", "no feedback on answers", _quality),
)
