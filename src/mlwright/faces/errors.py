"""The one table that says how an error leaves the house: HTTP status, exit code and slug for each class.

Exit codes 0 (fine), 1 (unexpected), 2 (wrong usage, or `plan` and `diff` found changes) and 130 (Ctrl-C) are those of
every command; the table adds one for each addressee of `mlwright.kernel.errors`, so that scripts can tell them apart.
"""

from dataclasses import dataclass

from mlwright.kernel.errors import (
    Conflict,
    MissingExtra,
    MlwrightError,
    NotFound,
    ProviderError,
    Refused,
    TransientError,
    Unreadable,
    UserError,
)


@dataclass(frozen=True, slots=True)
class Leaving:
    """How a class of errors leaves: `status` by HTTP, `exit_code` by the CLI, `slug` names it in both."""

    status: int
    exit_code: int
    slug: str
    title: str


TABLE: dict[type[BaseException], Leaving] = {
    NotFound: Leaving(404, 4, "not-found", "There is no such thing"),
    Conflict: Leaving(409, 5, "conflict", "It exists already, is in use, or changed meanwhile"),
    MissingExtra: Leaving(501, 6, "missing-extra", "An optional package is not installed"),
    Unreadable: Leaving(422, 7, "unreadable", "A file or record cannot be read"),
    UserError: Leaving(400, 8, "user-error", "The request cannot be carried out as it stands"),
    Refused: Leaving(403, 3, "refused", "A gate, a limit or a rule said no"),
    TransientError: Leaving(503, 10, "try-again", "A provider failed for now"),
    ProviderError: Leaving(502, 9, "provider-error", "A provider failed"),
    MlwrightError: Leaving(500, 1, "error", "mlwright failed"),
    KeyboardInterrupt: Leaving(499, 130, "interrupted", "Interrupted"),
    BaseException: Leaving(500, 1, "internal", "An error that mlwright did not expect"),
}

TOO_MANY = Leaving(429, 3, "too-many-requests", "A limit was reached; waiting helps")
"""A Refused that says when to come back."""


def leaving(error: BaseException) -> Leaving:
    """The row of the nearest class that the table knows. Total: every exception has one."""
    if isinstance(error, Refused) and error.retry_after is not None:
        return TOO_MANY
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def exit_code(error: BaseException) -> int:
    """With which code a command ends that met this error."""
    return leaving(error).exit_code
