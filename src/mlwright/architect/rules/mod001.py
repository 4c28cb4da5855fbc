"""What answers now has to be made again one day: from the same commit, with the same packages."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit


def _check(context: Context) -> Iterator[Found]:
    if not context.blueprint.tracking.environment:
        yield Found(
            "tracking.environment",
            "runs are kept without the versions of the installed packages, so nobody can say what made an index",
            (Edit("tracking.environment", "true"),),
        )
    if context.recorded:
        for name, exercised in context.records.exercised.items():
            if exercised.stable is not None and not exercised.stable.commit:
                yield Found(
                    f"serving.endpoints.{name}",
                    f"release {exercised.stable.number} answers here, and no commit is known of it: keep the blueprint,"
                    " prompts and eval sets in git",
                    severity="warning",
                )


RULE = Rule(
    "MOD001", "error", "a release that cannot be made again", "Breck et al. 2017 (ML Test Score), infra 1", _check,
    softens=True,
)  # fmt: skip
