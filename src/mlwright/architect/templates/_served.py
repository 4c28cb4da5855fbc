"""What every template says of the system itself, and of an endpoint."""

from collections.abc import Iterator

from mlwright.architect.starting.choices import Choice
from mlwright.architect.starting.situation import Situation
from mlwright.blueprint import quoted, scalar


def system(it: Situation, purpose: str) -> Iterator[Choice]:
    """`purpose` stands where nobody said one."""
    yield Choice("version", "1")
    yield Choice("system.name", scalar(it.name))
    yield Choice("system.purpose", quoted(it.asked.answers or purpose))
    yield Choice(
        "system.risk",
        "minimal",
        "nobody asked: set limited where people talk with it, high where it decides about people (EU AI Act)",
    )


def endpoint(handler: str, fallback: str) -> Iterator[Choice]:
    at = "serving.endpoints.answer"
    yield Choice(f"{at}.handler", handler)
    yield Choice(f"{at}.fallback", fallback, "who answers when the model fails")
    why = "a new version first answers a part of the requests, and goes back by itself where it fails"
    yield Choice(f"{at}.rollout.steps", "[10%, 100%]", why)
    yield Choice(f"{at}.rollout.abort_if.error_rate", '"> 10%"', why)
