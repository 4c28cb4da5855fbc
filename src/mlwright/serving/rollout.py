"""Rollout: which release answers at an endpoint, and the steps by which a new one takes over.

The history is a list that only grows. Each change takes the next number in it, so that of two processes which change
the same state at the same time one is a Conflict and nothing is half done.
"""

from collections.abc import Mapping
from time import monotonic

from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import stamp
from mlwright.kernel.errors import Conflict, NotFound
from mlwright.kernel.ids import Ref
from mlwright.serving import tables
from mlwright.serving.canary import Tally, verdict
from mlwright.serving.ports import Gate
from mlwright.serving.spec import EndpointSpec
from mlwright.serving.tables import Change, ChangeKind
from mlwright.serving.types import Traffic

BY_ITSELF = "rolled back by itself"
"""How the reason of a change begins that no person made."""
_FRESH_S = 0.5


class Rollouts:
    """The traffic of all endpoints. Requests read a snapshot that is at most half a second old."""

    def __init__(self, kernel: Kernel, endpoints: Mapping[str, EndpointSpec], gate: Gate) -> None:
        self._kernel, self._endpoints, self._gate = kernel, endpoints, gate
        self._snapshots: dict[str, tuple[float, Change | None]] = {}
        self._tallies: dict[str, tuple[int, Tally]] = {}

    def current(self, endpoint: str) -> Change | None:
        """Who answers now, as of at most half a second ago; None before the first deployment."""
        seen = self._snapshots.get(endpoint)
        if seen is not None and monotonic() - seen[0] < _FRESH_S:
            return seen[1]
        return self._read(endpoint)

    def traffic(self, endpoint: str) -> Traffic | None:
        """Who answers now, read from the store."""
        change = self._read(endpoint)
        return change.traffic if change else None

    def history(self, endpoint: str) -> list[Traffic]:
        """All changes, newest first."""
        return [change.traffic for change in reversed(tables.changes(self._kernel.store, endpoint))]

    def deploy(self, endpoint: str, release: Ref, why: str = "") -> Traffic:
        """Bring a release to an endpoint: the first one gets all traffic, a later one is the canary at the first step
        (and takes the place of another canary). Where the first step is 100 %, the gate is asked before.

        Deploying what answers already changes nothing. Raises NotFound for an unknown endpoint, and Refused."""
        spec = self._spec(endpoint)
        change = self._read(endpoint)
        if change is None:
            return self._add(endpoint, None, "deploy", release, None, 0.0, why or f"first deployment of {release}")
        now = change.traffic
        if release in (now.stable, now.canary):
            return now
        first = spec.rollout.steps[0]
        if first < 1:
            return self._add(endpoint, change, "deploy", now.stable, release, first, why or f"canary {release}")
        self._pass_gate(spec, release)
        return self._add(endpoint, change, "promote", release, None, 0.0, why or f"{release} takes over")

    def promote(self, endpoint: str, why: str = "") -> Traffic:
        """Give the canary its next step; the last one makes it the stable release.

        Raises Conflict where there is no canary or another process was faster, and Refused where the gate says no."""
        spec = self._spec(endpoint)
        change = self._read(endpoint)
        if change is None or change.traffic.canary is None:
            raise Conflict(
                f"endpoint {endpoint!r} has no canary to promote", hint="change the blueprint and run: mlwright up"
            )
        now, canary = change.traffic, change.traffic.canary
        self._pass_gate(spec, canary)
        share = next(step for step in spec.rollout.steps if step > now.share)
        if share >= 1:
            return self._add(endpoint, change, "promote", canary, None, 0.0, why or f"{canary} takes over")
        return self._add(endpoint, change, "promote", now.stable, canary, share, why or f"canary at {share:.0%}")

    def rollback(self, endpoint: str, why: str = "") -> Traffic:
        """Take the canary away; where there is none, go back to the release that was stable before.

        Raises Conflict where there is nothing to go back to, or another process was faster."""
        change = self._read(endpoint)
        if change is not None and change.traffic.canary is not None:
            why = why or f"canary {change.traffic.canary} rolled back"
            return self._add(endpoint, change, "rollback", change.traffic.stable, None, 0.0, why)
        stables = _stables(tables.changes(self._kernel.store, endpoint))
        if change is None or len(stables) < 2:
            raise Conflict(f"endpoint {endpoint!r} has no earlier release", hint="there is nothing to roll back to")
        return self._add(endpoint, change, "rollback", stables[-2], None, 0.0, why or f"back to {stables[-2]}")

    def saw(self, endpoint: str, release: Ref, *, failed: bool) -> None:
        """Count a request of the canary, and roll back when it fails more than `abort_if` allows.

        Every process judges by what it answered itself, and by what the log holds from before it looked: with several
        processes a bad canary goes a little later, a good one never more often."""
        change = self.current(endpoint)
        bound = self._spec(endpoint).rollout.abort_if.get("error_rate")
        if bound is None or change is None or change.traffic.canary != release:
            return
        tally = self._tally(endpoint, change)
        tally.count(failed=failed)
        if failed and (reason := verdict(tally, bound)):
            self._abort(endpoint, change, reason)

    def _abort(self, endpoint: str, change: Change, reason: str) -> None:
        now = change.traffic
        try:
            self._add(endpoint, change, "rollback", now.stable, None, 0.0, f"{BY_ITSELF}: {reason}")
        except Conflict:
            self._read(endpoint)  # somebody changed the traffic first, and we judged a state that is gone

    def _tally(self, endpoint: str, change: Change) -> Tally:
        """The counts of this canary over all its steps; after a restart they are read from the request log."""
        seq, tally = self._tallies.get(endpoint, (0, Tally()))
        began = self._began(endpoint, change) if seq != change.seq else None
        if began is None:
            return tally
        store, canary = self._kernel.store, change.traffic.canary
        if seq < began.seq and canary is not None:
            ended = tables.outcomes(store, endpoint, canary, stamp(began.traffic.at))
            counted = {outcome: ended.get(outcome, 0) for outcome in ("ok", "error", "fallback")}
            tally = Tally(sum(counted.values()), counted["error"] + counted["fallback"])
        self._tallies[endpoint] = (change.seq, tally)
        return tally

    def _began(self, endpoint: str, change: Change) -> Change:
        """The change that brought the canary of `change` in."""
        began = change
        for earlier in reversed(tables.changes(self._kernel.store, endpoint)):
            if earlier.seq < began.seq:
                if earlier.traffic.canary != change.traffic.canary:
                    break
                began = earlier
        return began

    def _pass_gate(self, spec: EndpointSpec, release: Ref) -> None:
        if spec.rollout.gate is not None:
            self._gate(spec.rollout.gate, release)

    def _spec(self, endpoint: str) -> EndpointSpec:
        if endpoint not in self._endpoints:
            known = ", ".join(sorted(self._endpoints)) or "none"
            raise NotFound(f"there is no endpoint {endpoint!r}", hint=f"serving.endpoints of the blueprint: {known}")
        return self._endpoints[endpoint]

    def _read(self, endpoint: str) -> Change | None:
        change = tables.last_change(self._kernel.store, endpoint)
        self._snapshots[endpoint] = (monotonic(), change)
        return change

    def _add(
        self,
        endpoint: str,
        after: Change | None,
        kind: ChangeKind,
        stable: Ref,
        canary: Ref | None,
        share: float,
        why: str,
    ) -> Traffic:
        traffic = Traffic(endpoint, stable, canary, share, why, self._kernel.clock.now())
        change = Change(after.seq + 1 if after else 1, kind, traffic)
        if not tables.add_change(self._kernel.store, change):
            self._snapshots.pop(endpoint, None)
            raise Conflict(
                f"the traffic of endpoint {endpoint!r} was changed by somebody else meanwhile",
                hint="look at it again with: mlwright status",
            )
        self._snapshots[endpoint] = (monotonic(), change)
        return traffic


def _stables(changes: list[Change]) -> list[Ref]:
    """The releases that were stable, as a stack: a rollback takes the top away, so that two in a row go back twice."""
    stack: list[Ref] = []
    for change in changes:
        stable = change.traffic.stable
        if stack and stack[-1] == stable:
            continue
        if change.kind == "rollback" and len(stack) > 1 and stack[-2] == stable:
            stack.pop()
        else:
            stack.append(stable)
    return stack
