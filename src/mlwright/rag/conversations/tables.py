"""All SQL of conversations."""

import json
from collections.abc import Sequence

from mlwright.kernel.clock import stamp, unstamp
from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Row, Store
from mlwright.rag.types import Answer, Conversation, Turn

_CONVERSATION = (
    "select c.*, (select count(*) from rag_turn t where t.conversation = c.conversation) as turns"
    " from rag_conversation c"
)


def add_turn(store: Store, conversation: Ref, owner: str, answer: Answer, shown: Sequence[str]) -> None:
    """Queue a turn, and the conversation with its first; readable after the next flush of the store."""
    at = stamp(answer.at)
    store.write_soon(
        "insert into rag_conversation (conversation, pipeline, owner, title, started_at, last_at)"
        " values (?, ?, ?, ?, ?, ?) on conflict (conversation) do update set last_at = excluded.last_at",
        [(conversation.id, answer.pipeline, owner, answer.question[:200], at, at)],
    )
    store.write_soon(
        "insert into rag_turn (conversation, answer, question, body, shown) values (?, ?, ?, ?, ?)"
        " on conflict (conversation, answer) do nothing",
        [(conversation.id, answer.ref.id, answer.question, answer.text, json.dumps(list(shown)))],
    )


def conversation(store: Store, ref: Ref, owner: str, since: str) -> Conversation | None:
    """One that is this owner's and was not left alone for too long."""
    sql = f"{_CONVERSATION} where c.conversation = ? and c.owner = ? and c.last_at >= ?"
    row = store.one(sql, (ref.id, owner, since))
    return _conversation(row) if row else None


def conversations(store: Store, owner: str, since: str, limit: int) -> list[Conversation]:
    """The latest first."""
    sql = f"{_CONVERSATION} where c.owner = ? and c.last_at >= ? order by c.last_at desc, c.conversation desc limit ?"
    return [_conversation(row) for row in store.rows(sql, (owner, since, limit))]


def turns(store: Store, ref: Ref, limit: int) -> list[tuple[Ref, Turn, list[str]]]:
    """The last turns, oldest first: the answer, what was said, and the chunks that were shown."""
    rows = store.rows(
        "select answer, question, body, shown from rag_turn where conversation = ? order by answer desc limit ?",
        (ref.id, limit),
    )
    return [
        (Ref("answer", row["answer"]), Turn(row["question"], row["body"]), json.loads(row["shown"]))
        for row in reversed(rows)
    ]


def delete(store: Store, ref: Ref) -> None:
    """The conversation, its turns and their answers."""
    with store.transaction() as t:
        t.write("delete from rag_answer where conversation = ?", (ref.id,))
        t.write("delete from rag_turn where conversation = ?", (ref.id,))
        t.write("delete from rag_conversation where conversation = ?", (ref.id,))


def forget(store: Store, before: str) -> None:
    """Queue the end of the memory of those that were left alone since a time; their answers stay."""
    store.write_soon(
        "delete from rag_turn where conversation in (select conversation from rag_conversation where last_at < ?)",
        [(before,)],
    )
    store.write_soon("delete from rag_conversation where last_at < ?", [(before,)])


def _conversation(row: Row) -> Conversation:
    return Conversation(
        Ref("conversation", row["conversation"]),
        row["pipeline"],
        row["title"],
        int(row["turns"]),
        unstamp(row["started_at"]),
        unstamp(row["last_at"]),
    )
