"""`latest` is another model tomorrow. What was evaluated is then not what answers, and a rollback does not bring it
back."""

import re
from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule

_LATEST = re.compile(r"(^|[:@/_-])latest$", re.IGNORECASE)


def _check(context: Context) -> Iterator[Found]:
    for path, facts in context.models_in_use():
        if _LATEST.search(facts.model):
            yield Found(
                path,
                f"{facts.model} is whatever {facts.provider} serves under that name on the day: name a version, so"
                " that evaluations and rollbacks mean something",
            )


RULE = Rule(
    "MOD007", "error", "`latest` as the version of a model", "Breck et al. 2017 (ML Test Score), infra 7", _check
)
