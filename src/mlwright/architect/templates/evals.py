"""Scores answers that another system gave: an eval set, and a gate over a file of answers. Nothing is served."""

from collections.abc import Iterator

from mlwright.architect.starting.choices import Choice
from mlwright.architect.starting.profile import GivenFile
from mlwright.architect.starting.situation import Situation
from mlwright.architect.templates import Template
from mlwright.architect.templates._served import system
from mlwright.blueprint import quoted


def _lacks(it: Situation) -> str:
    return "" if it.profile.given else "answers of another system to the questions of an eval set"


def _choices(it: Situation) -> Iterator[Choice]:
    given = max(it.profile.given, key=lambda one: one.answered)
    yield from system(it, f"Scores the answers in {given.path}")
    why = f"{given.set.path} holds {given.set.examples} questions"
    yield Choice("evals.sets.golden.path", quoted(given.set.path), why)
    at = "evals.gates.quality"
    yield Choice(f"{at}.set", "golden", _why(given))
    yield Choice(f"{at}.answers", quoted(given.path), _why(given))
    for metric, (bound, reason) in _bounds(given).items():
        yield Choice(f"{at}.require.{metric}", quoted(bound), reason)
    if given.set.synthetic:
        told = f"{given.set.synthetic} questions were made by a program, so have people write some"
        yield Choice(f"{at}.allow_synthetic", "true", told)


def _why(given: GivenFile) -> str:
    left = given.set.examples - given.answered
    missing = f"; {left} questions have no answer there, and each counts as an error" if left else ""
    return f"{given.path} answers {given.answered} of these questions{missing}"


def _bounds(given: GivenFile) -> dict[str, tuple[str, str]]:
    """Bounds by metric, for what the files hold."""
    start = "the bound is a start: raise it to what the first run measures"
    bounds = {}
    if given.retrieved and given.set.relevant:
        bounds["recall@5"] = (">= 0.7", f"{given.retrieved} answers show what was retrieved for them; {start}")
    if given.set.expected:
        bounds["token_f1"] = (">= 0.5", f"{given.set.expected} questions have an expected answer; {start}")
    if given.cited:
        bounds["citation_accuracy"] = (">= 0.7", f"{given.cited} answers cite; {start}")
    if given.set.unanswerable or not bounds:
        bounds["abstention"] = (">= 0.7", f"{given.set.unanswerable} questions have no answer; {start}")
    return bounds


TEMPLATE = Template(10, "evals", "scores answers that another system gave", _lacks, _choices)
