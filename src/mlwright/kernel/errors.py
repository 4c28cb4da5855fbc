"""Every error that mlwright raises on purpose, by the person it speaks to.

MlwrightError
  UserError            the caller can fix it
    NotFound           there is no such thing
    Conflict           it exists already, is in use, or changed meanwhile
    MissingExtra       an optional package is not installed
    Unreadable         a file or record that cannot be read: it goes to the quarantine
  Refused              a gate, a limit or a rule said no
  ProviderError        a vendor, an engine or a file outside mlwright failed
    TransientError     the same call may succeed later, so jobs and models retry it

Exit codes and HTTP statuses are derived from these classes in one table, `mlwright/faces/errors.py`.
"""


class MlwrightError(Exception):
    """A message that names the place, and a hint that says what to do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, dict(self.__dict__)))

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message


def _rebuild(kind: type[MlwrightError], message: str, fields: dict[str, object]) -> MlwrightError:
    error = kind(message)
    error.__dict__.update(fields)
    return error


class UserError(MlwrightError):
    """The caller can fix this."""


class NotFound(UserError):
    """There is no such thing."""


class Conflict(UserError):
    """The thing exists already, is in use, or changed meanwhile."""


class MissingExtra(UserError):
    """An optional package is not installed."""


class Unreadable(UserError):
    """A file or record that cannot be read. `reason` is one lower-case word or two, as `encrypted` or `too_large`."""

    def __init__(self, message: str, *, reason: str = "unreadable", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class Refused(MlwrightError):
    """A gate, a limit or a rule refused the action. `retry_after` is in seconds where waiting helps."""

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class ProviderError(MlwrightError):
    """A vendor, an engine or a file outside mlwright failed. `cost` is what the failed work is billed all the same, in
    USD; None where that has no price."""

    cost: float | None = 0.0


class TransientError(ProviderError):
    """The same call may succeed later. `retry_after` is in seconds where the provider said so."""

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after
