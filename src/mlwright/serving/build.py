"""Builds serving from its section of the blueprint: one object whose methods are the verbs of the room."""

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import stamp
from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref, new_id
from mlwright.kernel.lineage import Described
from mlwright.serving import tables
from mlwright.serving.call import Calls
from mlwright.serving.exercised import exercised
from mlwright.serving.keys import Keys
from mlwright.serving.meters import Meters
from mlwright.serving.ports import Event, Gate, Handlers, Request
from mlwright.serving.releases import Releases
from mlwright.serving.report import report
from mlwright.serving.rollout import Rollouts
from mlwright.serving.spec import ServingSpec
from mlwright.serving.sticky import Tickets
from mlwright.serving.types import EndpointReport, Exercised, Feedback, Release, RequestLog, Traffic

_COMMENT_CHARS = 10_000
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def build_serving(spec: ServingSpec, kernel: Kernel, *, handlers: Handlers, gate: Gate) -> "Serving":
    """Bring the tables up to date and join the room. Raises Conflict where a migration was edited."""
    kernel.store.migrate("mlwright.serving")
    return Serving(spec, kernel, handlers, gate)


class Serving:
    """The endpoints of one workspace: who answers, under which limits, and what came of it."""

    def __init__(self, spec: ServingSpec, kernel: Kernel, handlers: Handlers, gate: Gate) -> None:
        self.spec, self.meters = spec, Meters()
        self._kernel = kernel
        self._releases = Releases(kernel)
        self._rollouts = Rollouts(kernel, spec.endpoints, gate)
        self._tickets = Tickets(tables.secret(kernel.store, "users", secrets.token_hex(32)))
        self._calls = Calls(kernel, spec.endpoints, handlers, self._rollouts, self._tickets, self.meters)
        self.keys = Keys(kernel, tables.secret(kernel.store, "keys", secrets.token_hex(32)))

    def call(self, endpoint: str, request: Request, *, key: str = "") -> AsyncIterator[Event]:
        """The events of an answer: see `mlwright.serving.call.Calls.call`."""
        return self._calls.call(endpoint, request, key=key)

    def owner(self, key: str, user: str) -> str:
        """Whose a conversation is: a keyed hash of the API key's id and the user; empty for nobody in particular."""
        return self._tickets.hash(f"{key}\n{user}") if key or user else ""

    def add_release(self, ref: Ref, *, blueprint_json: str, note: str = "", commit: str = "") -> Release:
        """Keep a blueprint under its hash; doing so again changes nothing."""
        return self._releases.add(ref, blueprint_json=blueprint_json, note=note, commit=commit)

    def releases(self) -> list[Release]:
        """Newest first."""
        return self._releases.all()

    def release(self, ref: Ref) -> Release:
        """Raises NotFound."""
        return self._releases.get(ref)

    def blueprint_of(self, ref: Ref) -> str:
        """The resolved blueprint of a release, as JSON. Raises NotFound."""
        return self._releases.blueprint(ref)

    def deploy(self, endpoint: str, release: Ref, why: str = "") -> Traffic:
        """Bring a release to an endpoint: all traffic for the first, the first step for a later one.

        Raises NotFound for a release that was not added or an unknown endpoint, Refused by the gate, Conflict."""
        self._releases.get(release)
        return self._rollouts.deploy(endpoint, release, why)

    def promote(self, endpoint: str, why: str = "") -> Traffic:
        """The next step for the canary. Raises Refused (gate), Conflict (no canary, or somebody was faster)."""
        return self._rollouts.promote(endpoint, why)

    def rollback(self, endpoint: str, why: str = "") -> Traffic:
        """Away with the canary, or back to the release before. Raises Conflict where there is nothing to go back to."""
        return self._rollouts.rollback(endpoint, why)

    def traffic(self, endpoint: str) -> Traffic | None:
        """Who answers now; None before the first deployment."""
        return self._rollouts.traffic(endpoint)

    def history(self, endpoint: str) -> list[Traffic]:
        """Every change of the traffic, newest first."""
        return self._rollouts.history(endpoint)

    def feedback(self, answer: Ref, score: int, comment: str = "") -> Feedback:
        """Keep what a person thought of an answer: 1 (helped) or -1 (did not). Raises UserError for anything else."""
        if score not in (1, -1):
            raise UserError(f"a score of {score} means nothing", hint="give 1 (it helped) or -1 (it did not)")
        if answer.kind != "answer":
            raise UserError(f"{answer} is not an answer", hint="feedback is given on an answer, as answer:01jd…")
        if len(comment) > _COMMENT_CHARS:
            raise UserError(f"the comment has {len(comment)} characters", hint=f"{_COMMENT_CHARS} are enough")
        given = Feedback(new_id(), answer, score, comment, self._kernel.clock.now())
        with self._kernel.store.transaction():
            tables.add_feedback(self._kernel.store, given)
            self._kernel.lineage.link(Ref("feedback", given.id), [answer], "on")
        return given

    def feedback_on(self, answer: Ref) -> list[Feedback]:
        """Oldest first."""
        return tables.feedback_on(self._kernel.store, answer)

    def requests(
        self, limit: int = 100, endpoint: str | None = None, *, since: datetime = _LONG_AGO
    ) -> list[RequestLog]:
        """The newest requests, newest first."""
        self._kernel.store.flush()
        return tables.requests(self._kernel.store, endpoint=endpoint, since=stamp(since), limit=limit)

    def report(self, endpoint: str, window: timedelta = timedelta(days=1)) -> EndpointReport:
        """Counts, percentiles and cost of an endpoint over the last `window`."""
        return report(self._kernel, endpoint, window)

    def exercised(self, endpoint: str) -> Exercised:
        """Which of its ways out an endpoint has ever taken: canaries, rollbacks, fallbacks."""
        return exercised(self._kernel, endpoint)

    def close(self) -> None:
        """Write what is still buffered. Harmless the second time."""
        self._kernel.store.flush()

    def describe(self, ref: Ref) -> Described | None:
        """A release or a feedback in words; None for what other rooms make."""
        if ref.kind == "release":
            return self._releases.describe(ref)
        if ref.kind == "feedback" and (given := tables.feedback(self._kernel.store, ref.id)):
            facts = {"comment": given.comment} if given.comment else {}
            return Described(ref, "thumbs up" if given.score > 0 else "thumbs down", facts)
        return None
