"""The nouns of serving."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mlwright.kernel.ids import Ref

Outcome = Literal["ok", "cached", "fallback", "error", "refused", "cancelled"]


@dataclass(frozen=True, slots=True)
class Release:
    """A blueprint as it was resolved: `ref` is its canonical hash. `note` says in words what it is, as a file name."""

    ref: Ref
    number: int
    note: str
    commit: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Traffic:
    """Who answers at an endpoint: the stable release, and the canary with its share from 0 to 1.

    Rows are only ever added, so rolling back is one more row. `why` says who or what changed it."""

    endpoint: str
    stable: Ref
    canary: Ref | None
    share: float
    why: str
    at: datetime

    def pick(self, ticket: float) -> Ref:
        """The release for a ticket from [0, 1): the same ticket (a hash of the user) always meets the same release,
        and a growing share only ever adds users."""
        return self.canary if self.canary and ticket < self.share else self.stable


@dataclass(frozen=True, slots=True)
class RequestLog:
    """One served request; seconds; USD. `outcome` is `ok`, `cached`, `fallback`, `error`, `refused` (no place was free
    in time) or `cancelled` (the client went away)."""

    id: str
    endpoint: str
    release: Ref
    user_hash: str
    outcome: Outcome
    seconds: float
    first_token: float | None
    cost: float | None
    answer: Ref | None
    error: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a person thought of an answer: `score` is 1 (helped) or -1 (did not)."""

    id: str
    answer: Ref
    score: int
    comment: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key to the API: its public half. The secret half was shown once and is not kept."""

    id: str
    name: str
    at: datetime
    revoked: datetime | None


@dataclass(frozen=True, slots=True)
class Exercised:
    """What an endpoint has shown that it can do. `stable` is the release that answers now, None before the first
    deployment; `stables` counts the releases that ever answered everybody, `canaries` those that began with a share,
    `promoted` the ones of them that took over, `rollbacks` the ways back, by a person or (`aborts`) by itself.
    `requests` and `fallbacks`, those that a fallback saved, are of the newest 100,000."""

    endpoint: str
    stable: Release | None
    stables: int
    canaries: int
    promoted: int
    rollbacks: int
    aborts: int
    last_rollback: datetime | None
    requests: int
    fallbacks: int


@dataclass(frozen=True, slots=True)
class EndpointReport:
    """An endpoint over a window: counts, percentiles in seconds, cost in USD; None where nothing was measured."""

    endpoint: str
    requests: int
    errors: int
    cached: int
    fallbacks: int
    p50: float | None
    p95: float | None
    p99: float | None
    first_token_p95: float | None
    cost: float
    unpriced: int
    thumbs_up: int
    thumbs_down: int
    by_release: Mapping[str, int]
