"""The way back that nobody ever took may not be there when it is needed."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.findings import Severity
from mlwright.architect.rules import Found, Rule


def _check(context: Context) -> Iterator[Found]:
    severity: Severity = "error" if context.blueprint.system.risk == "high" else "warning"
    for name, exercised in context.records.exercised.items():
        if exercised.stables > 1 and not exercised.rollbacks:
            yield Found(
                f"serving.endpoints.{name}",
                f"{exercised.stables} releases answered here, and none was ever rolled back: try `mlwright rollback`"
                " and promote again, while nothing is wrong",
                severity=severity,
            )


RULE = Rule(
    "MOD008", "error", "rollback was never tried", "Breck et al. 2017 (ML Test Score), infra 7", _check,
    reads="records", softens=True,
)  # fmt: skip
