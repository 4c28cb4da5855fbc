"""All SQL of serving: functions from a store and values to the nouns of the room."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mlwright.kernel.clock import stamp, unstamp
from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Row, Store
from mlwright.serving.types import ApiKey, Feedback, Release, RequestLog, Traffic

ChangeKind = Literal["deploy", "promote", "rollback"]


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the history of an endpoint: who answers since then, and what kind of step led there."""

    seq: int
    kind: ChangeKind
    traffic: Traffic


# releases


def add_release(store: Store, release: Release, blueprint: str) -> None:
    """Insert once; the number is the next one, whatever `release.number` says."""
    store.write(
        "insert into serving_release (ref, number, note, git_commit, blueprint, at)"
        " select ?, coalesce(max(number), 0) + 1, ?, ?, ?, ? from serving_release where true"
        " on conflict (ref) do nothing",
        (str(release.ref), release.note, release.commit, blueprint, stamp(release.at)),
    )


def releases(store: Store) -> list[Release]:
    return [
        _release(row)
        for row in store.rows("select ref, number, note, git_commit, at from serving_release order by number desc")
    ]


def release(store: Store, ref: Ref) -> Release | None:
    row = store.one("select ref, number, note, git_commit, at from serving_release where ref = ?", (str(ref),))
    return _release(row) if row else None


def blueprint_of(store: Store, ref: Ref) -> str | None:
    row = store.one("select blueprint from serving_release where ref = ?", (str(ref),))
    return str(row["blueprint"]) if row else None


def _release(row: Row) -> Release:
    return Release(Ref.parse(row["ref"]), row["number"], row["note"], row["git_commit"], unstamp(row["at"]))


# traffic

_CHANGE = "select endpoint, seq, kind, stable, canary, share, why, at from serving_traffic where endpoint = ?"


def last_change(store: Store, endpoint: str) -> Change | None:
    row = store.one(f"{_CHANGE} order by seq desc limit 1", (endpoint,))
    return _change(row) if row else None


def changes(store: Store, endpoint: str) -> list[Change]:
    """Oldest first."""
    return [_change(row) for row in store.rows(f"{_CHANGE} order by seq", (endpoint,))]


def add_change(store: Store, change: Change) -> bool:
    """Append; False when another process took this place in the history first."""
    now = change.traffic
    return bool(
        store.write(
            "insert into serving_traffic (endpoint, seq, kind, stable, canary, share, why, at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (endpoint, seq) do nothing",
            (
                now.endpoint,
                change.seq,
                change.kind,
                str(now.stable),
                str(now.canary) if now.canary else None,
                now.share,
                now.why,
                stamp(now.at),
            ),
        )
    )


def _change(row: Row) -> Change:
    canary = Ref.parse(row["canary"]) if row["canary"] else None
    stable, at = Ref.parse(row["stable"]), unstamp(row["at"])
    return Change(row["seq"], row["kind"], Traffic(row["endpoint"], stable, canary, row["share"], row["why"], at))


# requests

_REQUEST = "id, endpoint, release, user_hash, outcome, seconds, first_token, cost, answer, error, at"


def log_request(store: Store, log: RequestLog) -> None:
    store.write_soon(
        f"insert into serving_request ({_REQUEST}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - own names
        [
            (
                log.id,
                log.endpoint,
                str(log.release),
                log.user_hash,
                log.outcome,
                log.seconds,
                log.first_token,
                log.cost,
                str(log.answer) if log.answer else None,
                log.error,
                stamp(log.at),
            )
        ],
    )


def requests(store: Store, *, endpoint: str | None, since: str, limit: int) -> list[RequestLog]:
    """Newest first."""
    where, args = ("endpoint = ? and ", [endpoint]) if endpoint else ("", [])
    sql = f"select {_REQUEST} from serving_request where {where}at >= ? order by at desc, id desc limit ?"  # noqa: S608
    return [_request(row) for row in store.rows(sql, [*args, since, limit])]


def outcomes(store: Store, endpoint: str, release: Ref, since: str) -> dict[str, int]:
    """How the requests of a release ended since a moment: outcome to count."""
    rows = store.rows(
        "select outcome, count(*) as n from serving_request"
        " where endpoint = ? and release = ? and at >= ? group by outcome",
        (endpoint, str(release), since),
    )
    return {row["outcome"]: row["n"] for row in rows}


def latest_outcomes(store: Store, endpoint: str, limit: int) -> dict[str, int]:
    """How the newest requests of an endpoint ended: outcome to count."""
    rows = store.rows(
        "select outcome, count(*) as n from"
        " (select outcome from serving_request where endpoint = ? order by at desc limit ?) as latest group by outcome",
        (endpoint, limit),
    )
    return {row["outcome"]: int(row["n"]) for row in rows}


def _request(row: Row) -> RequestLog:
    return RequestLog(
        id=row["id"],
        endpoint=row["endpoint"],
        release=Ref.parse(row["release"]),
        user_hash=row["user_hash"],
        outcome=row["outcome"],
        seconds=row["seconds"],
        first_token=row["first_token"],
        cost=row["cost"],
        answer=Ref.parse(row["answer"]) if row["answer"] else None,
        error=row["error"],
        at=unstamp(row["at"]),
    )


# cache


def cached(store: Store, key: str, now: str) -> tuple[str, str] | None:
    """The entry and when it expires, if it is still good at `now`."""
    row = store.one("select entry, expires from serving_cache where key = ? and expires > ?", (key, now))
    return (row["entry"], row["expires"]) if row else None


def keep(store: Store, key: str, endpoint: str, entry: str, expires: str) -> None:
    store.write_soon(
        "insert into serving_cache (key, endpoint, entry, expires) values (?, ?, ?, ?)"
        " on conflict (key) do update set entry = excluded.entry, expires = excluded.expires",
        [(key, endpoint, entry, expires)],
    )


def drop_expired(store: Store, now: str) -> None:
    store.write_soon("delete from serving_cache where expires <= ?", [(now,)])


# feedback


def add_feedback(store: Store, feedback: Feedback) -> None:
    store.write(
        "insert into serving_feedback (id, answer, score, comment, at) values (?, ?, ?, ?, ?)",
        (feedback.id, str(feedback.answer), feedback.score, feedback.comment, stamp(feedback.at)),
    )


def feedback_on(store: Store, answer: Ref) -> list[Feedback]:
    sql = "select id, answer, score, comment, at from serving_feedback where answer = ? order by at, id"
    return [_feedback(row) for row in store.rows(sql, (str(answer),))]


def feedback(store: Store, id_: str) -> Feedback | None:
    row = store.one("select id, answer, score, comment, at from serving_feedback where id = ?", (id_,))
    return _feedback(row) if row else None


def thumbs(store: Store, endpoint: str, since: str) -> tuple[int, int]:
    """(up, down) given since a moment to answers of an endpoint."""
    row = store.one(
        "select coalesce(sum(case when score > 0 then 1 else 0 end), 0) as up,"
        " coalesce(sum(case when score < 0 then 1 else 0 end), 0) as down from serving_feedback where at >= ?"
        " and answer in (select answer from serving_request where endpoint = ? and answer is not null)",
        (since, endpoint),
    )
    return (int(row["up"]), int(row["down"])) if row else (0, 0)


def _feedback(row: Row) -> Feedback:
    return Feedback(row["id"], Ref.parse(row["answer"]), row["score"], row["comment"], unstamp(row["at"]))


# keys and secrets


def add_key(store: Store, key: ApiKey, mac: str) -> None:
    store.write(
        "insert into serving_key (id, name, mac, at, revoked) values (?, ?, ?, ?, ?)",
        (key.id, key.name, mac, stamp(key.at), None),
    )


def revoke_key(store: Store, name: str, at: str) -> bool:
    return bool(store.write("update serving_key set revoked = ? where name = ? and revoked is null", (at, name)))


def keys(store: Store) -> list[tuple[ApiKey, str]]:
    """Every key with its MAC, oldest first."""
    return [
        (
            ApiKey(row["id"], row["name"], unstamp(row["at"]), unstamp(row["revoked"]) if row["revoked"] else None),
            row["mac"],
        )
        for row in store.rows("select id, name, mac, at, revoked from serving_key order by at, id")
    ]


def secret(store: Store, name: str, fresh: str) -> str:
    """The secret of the workspace by that name; `fresh` becomes it where there is none."""
    sql = "select value from serving_secret where name = ?"
    found: Row | None = store.one(sql, (name,))
    if found is None:
        arguments: Sequence[Any] = (name, fresh)
        store.write("insert into serving_secret (name, value) values (?, ?) on conflict (name) do nothing", arguments)
        found = store.one(sql, (name,))
    return str(found["value"]) if found else fresh
