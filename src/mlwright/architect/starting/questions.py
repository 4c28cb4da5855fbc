"""Questions: at most nine, in order; one whose answer is known already is not asked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from mlwright.architect.starting.profile import Profile
from mlwright.architect.starting.requirements import Requirements
from mlwright.architect.starting.words import counted_words, listed


@dataclass(frozen=True, slots=True)
class Question:
    """`field` is the one of `Requirements` that the answer fills. `found` says what the files showed, to be told before
    the question, and `offer` the answer that follows from it; both may be empty."""

    field: str
    text: str
    offer: Callable[[Profile], str] = lambda _: ""
    found: Callable[[Profile], str] = lambda _: ""


def _languages(profile: Profile) -> str:
    return ", ".join(profile.languages)


def _told_personal(profile: Profile) -> str:
    if not profile.personal:
        return ""
    files = f"{profile.personal_files} of {profile.read} files that were looked at"
    return f"found {counted_words(profile.personal)} in {files}"


QUESTIONS = (
    Question("answers", "What does it answer or predict? (one sentence)"),
    Question("data", "Where do its documents or cases lie? (a folder or file; empty for none)"),
    Question("requests", "How many requests come? (as 2k/day)"),
    Question("busiest", "And in the busiest minute? (as 90/min, or 6x the mean)"),
    Question("latency", "Within which time shall 95 of 100 answers be complete? (as 4s)"),
    Question("budget", "What may it cost? (as 200 USD/month)"),
    Question(
        "personal_data", "Which personal data are in it? (as email, phone; none)",
        lambda profile: ", ".join(profile.personal), _told_personal,
    ),
    Question(
        "languages", "Which languages do documents and questions have? (as en, de)", _languages,
        lambda profile: f"the files are in {listed(profile.languages)}" if profile.languages else "",
    ),
    Question("may_leave", "May documents and questions be sent to another company? (yes or no)"),
)  # fmt: skip
"""An empty answer leaves it open."""


def problem(field: str, answer: str) -> str:
    """What is wrong with an answer, in a sentence; empty where it can be understood."""
    try:
        Requirements.model_validate({field: answer})
    except ValidationError as error:
        return "; ".join(str(found["msg"]).removeprefix("Value error, ") for found in error.errors())
    return ""


def still_open(known: Requirements) -> Iterator[Question]:
    """The questions that `known` does not answer."""
    return (one for one in QUESTIONS if getattr(known, one.field) is None)
