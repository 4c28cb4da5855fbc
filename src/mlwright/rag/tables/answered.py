"""The SQL of prompts and answers."""

import json
from collections.abc import Collection, Sequence

from mlwright.kernel.clock import stamp
from mlwright.kernel.ids import Ref
from mlwright.kernel.store import Row, Store
from mlwright.rag.rows import answer_from, citation_json, used_from
from mlwright.rag.tables.parsed import chunks
from mlwright.rag.tables.slices import marks, slices
from mlwright.rag.types import Answer, Used


def add_prompt(store: Store, prompt: Ref, body: str, at: str) -> None:
    sql = "insert into rag_prompt (prompt, body, first_used_at) values (?, ?, ?) on conflict (prompt) do nothing"
    store.write(sql, (prompt.id, body, at))


def prompt_text(store: Store, prompt: Ref) -> str | None:
    row = store.one("select body from rag_prompt where prompt = ?", (prompt.id,))
    return row["body"] if row else None


def add_answer(store: Store, answer: Answer) -> None:
    """Queue an answer; it is readable after the next flush of the store."""
    hits = [[hit.chunk.ref.id, hit.score, hit.vector, hit.keyword, hit.rerank, hit.probability] for hit in answer.hits]
    store.write_soon(
        "insert into rag_answer (answer, pipeline, question, body, abstained, index_id, prompt, model, release,"
        " input_tokens, output_tokens, cost, citations, hits, seconds, answered_at, conversation, asked, cached_tokens,"
        " calls) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (answer) do nothing",
        [
            (
                answer.ref.id, answer.pipeline, answer.question, answer.text, int(answer.abstained), answer.index.id,
                answer.prompt.id, answer.model.id, answer.release.id if answer.release else "", answer.input_tokens,
                answer.output_tokens, answer.cost, json.dumps([citation_json(c) for c in answer.citations]),
                json.dumps(hits), json.dumps(dict(answer.seconds)), stamp(answer.at),
                answer.conversation.id if answer.conversation else "", answer.asked, answer.cached_tokens,
                json.dumps([[c.model.id, c.input_tokens, c.output_tokens, c.cost] for c in answer.calls]),
            )
        ],
    )  # fmt: skip


def answers(store: Store, limit: int = 100) -> list[Answer]:
    """The newest answers of all pipelines, newest first."""
    sql = "select * from rag_answer order by answered_at desc, answer desc limit ?"
    return _answers(store, store.rows(sql, (limit,)))


def answer_of(store: Store, ref: Ref) -> Answer | None:
    """An answer that was kept."""
    return next(iter(_answers(store, store.rows("select * from rag_answer where answer = ?", (ref.id,)))), None)


def used(store: Store, answers: Sequence[str]) -> list[Used]:
    """What these answers used; those that are not kept are left out."""
    sql = "select answer, model, question, seconds, calls from rag_answer where answer in "
    return [used_from(row) for some in slices(answers) for row in store.rows(f"{sql}({marks(some)})", some)]


def _answers(store: Store, rows: Collection[Row]) -> list[Answer]:
    """Answers with their chunks, which are read in one go."""
    known = chunks(store, list(dict.fromkeys(hit[0] for row in rows for hit in json.loads(row["hits"]))))
    return [answer_from(row, known) for row in rows]
