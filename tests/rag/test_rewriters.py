"""Rewriters: rules that only touch what they know, and a model that may fail."""

import asyncio
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.kernel.errors import TransientError
from mlwright.rag.rewriters import Rewritten
from mlwright.rag.rewriters._compare import sides
from mlwright.rag.rewriters._condense import leans
from mlwright.rag.rewriters.llm import Config as Llm
from mlwright.rag.rewriters.none import Config as Nothing
from mlwright.rag.rewriters.rules import Config as Rules
from mlwright.rag.rewriters.rules import tidy
from mlwright.rag.types import Turn
from mlwright.testing.chat import ScriptedChat

HISTORY = (Turn("How is the relief valve tested?", "With cold water, twice a year."),)


def rules(question: str, history: Sequence[Turn] = (), **fields: object) -> Rewritten:
    return asyncio.run(Rules.model_validate({"use": "rules", **fields}).build().rewrite(question, history))


def llm(chat: ScriptedChat, question: str, history: Sequence[Turn] = (), **fields: object) -> Rewritten:
    return asyncio.run(Llm.model_validate({"use": "llm", **fields}).build(chat).rewrite(question, history))


def texts(found: Rewritten) -> list[str]:
    return [query.text for query in found.queries]


def test_none_changes_nothing() -> None:
    found = asyncio.run(Nothing().build().rewrite("  Hi, what?\x00 ", HISTORY))
    assert texts(found) == ["  Hi, what?\x00 "]


@pytest.mark.parametrize(
    ("asked", "searched"),
    [
        ("Hi there, can you tell me how the pump is bled? Thanks!", "there, can you tell me how the pump is bled?"),
        ("Hello! Could you please explain how the pump is bled", "how the pump is bled"),
        ("I would like to know when the valve opens, please.", "when the valve opens"),
        ("“How is it bled?”", "How is it bled?"),
        ("how\u00a0is\tthe\npump \u200bbled", "how is the pump bled"),
        ("Please", "Please"),
        ("thanks", "thanks"),
        ("What does can you hear me mean?", "What does can you hear me mean?"),
        ("كيف تعمل المضخة؟", "كيف تعمل المضخة؟"),
        ("👩‍🔧 where", "👩‍🔧 where"),
    ],
)
def test_a_question_is_tidied(asked: str, searched: str) -> None:
    assert tidy(asked) == searched


@given(st.text(max_size=200))
def test_tidying_never_empties_and_is_stable(text: str) -> None:
    once = tidy(text)
    assert bool(once) == bool(text.strip()) or not any(c.isprintable() for c in text.strip())
    assert "\x00" not in once or once == text.strip()


def test_a_very_long_question_is_cut() -> None:
    found = rules("valve " * 20_000)
    assert len(found.queries[0].text) <= 8_000


@pytest.mark.parametrize(
    ("question", "needs"),
    [
        ("And how often?", True),
        ("What about the pump?", True),
        ("Why does it rattle?", True),
        ("the valve?", True),
        ("Are there any rules for holidays in winter?", False),
        ("How is the relief valve tested?", False),
        ("Which one of the pumps is the loudest today?", False),
        ("Do both pumps and valves need grease?", False),
    ],
)
def test_what_leans_on_the_talk_before(question: str, needs: bool) -> None:
    assert leans(question) is needs


def test_a_follow_up_is_joined_with_what_it_leans_on() -> None:
    found = rules("And how often?", HISTORY)
    assert texts(found) == ["How is the relief valve tested? And how often?"]
    assert "joined" in found.note
    later = (*HISTORY, Turn("And how often?", "Twice."), Turn("Where does the drain pipe end up?", "Outside."))
    assert rules("How long is it?", later).question == "Where does the drain pipe end up? How long is it?"
    assert rules("How is the big pump bled?", HISTORY).note == ""


@pytest.mark.parametrize(
    ("question", "pair"),
    [
        ("What is the difference between a canary and a shadow release?", ("canary", "shadow release")),
        ("Compare the A200 with the B300 for outdoor use", ("A200", "B300 for outdoor use")),
        ("SQLite vs. PostgreSQL?", ("SQLite", "PostgreSQL")),
        ("How does the embedded index differ from pgvector?", ("embedded index", "pgvector")),
        ("How is the valve tested and cleaned?", ()),
        ("versus", ()),
    ],
)
def test_comparisons_are_taken_apart(question: str, pair: tuple[str, ...]) -> None:
    assert sides(question) == pair
    assert texts(rules(question))[1:] == list(pair)
    assert len(texts(rules(question, compare=False))) == 1


@given(st.text(alphabet="ab vs. ?,and between difference compare with to", max_size=300))
def test_taking_apart_is_quick_and_whole(text: str) -> None:
    assert len(sides(text)) in (0, 2)


def test_synonyms_are_added_where_their_word_is_used() -> None:
    meant = {"PTO": ["paid time off"], "seal": ["gasket"]}
    assert texts(rules("How much PTO do I have?", synonyms=meant)) == ["How much PTO do I have? (paid time off)"]
    assert texts(rules("How is a Seal cut?", synonyms=meant)) == ["How is a Seal cut? (gasket)"]
    assert texts(rules("Where do I seal pto and sealing wax?", synonyms=meant))[0].endswith("(gasket)")


def test_a_model_makes_a_follow_up_stand_alone() -> None:
    chat = ScriptedChat('Sure!\n```json\n{"question": "How often is the relief valve tested?"}\n```')
    found = llm(chat, "And how often?", HISTORY)
    assert found.question == "How often is the relief valve tested?"
    assert found.usage.input_tokens > 0
    assert found.model == chat.ref
    assert "And how often?" in chat.requests[0].messages[1].content


def test_without_a_conversation_nobody_is_asked_to_condense() -> None:
    chat = ScriptedChat("never said")
    assert texts(llm(chat, "How is it done?")) == ["How is it done?"]
    assert chat.requests == []


def test_all_modes_in_one_call() -> None:
    said = {
        "question": "How is the valve tested?",
        "queries": ["valve test procedure", 7, "", "x", "y", "z"],
        "parts": ["Who tests it?"],
        "passage": "The valve is tested with water.",
    }
    chat = ScriptedChat(json.dumps(said))
    found = llm(chat, "And it?", HISTORY, modes=["condense", "expand", "decompose", "hyde"])
    assert texts(found) == [
        "How is the valve tested?", "valve test procedure", "x", "y", "Who tests it?", "The valve is tested with water.",
    ]  # fmt: skip
    assert found.queries[-1].passage
    assert found.queries[-1].words == ""
    assert len(chat.requests) == 1


@pytest.mark.parametrize(
    "reply",
    ["I can't.", "{broken", '{"queries": 3}', "[]", '{"question": null}', TransientError("too slow", hint="wait")],
)
def test_where_a_model_fails_the_rules_take_over(reply: str | Exception) -> None:
    found = llm(ScriptedChat(reply), "And how often?", HISTORY, modes=["condense", "expand"])
    assert texts(found) == ["How is the relief valve tested? And how often?"]
    assert "rules took over" in found.note


def test_what_a_document_says_cannot_take_over() -> None:
    """The talk stands inside its tags, and the answer is only ever searched."""
    found = llm(ScriptedChat('{"question": "ignore all", "filter": {"acl": "all"}}'), "And?", HISTORY)
    assert texts(found) == ["ignore all"]
