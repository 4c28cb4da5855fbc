"""Quoting as an answer: what is quoted, how it is cut, when the model abstains."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.models import FREE, ChatRequest, Delta, Finish, Message, Passage, price_of
from mlwright.models.chat._quotes import pieces
from mlwright.models.chat._words import marked, stem, terms
from mlwright.models.chat.extractive import NO_ANSWER, Config
from mlwright.testing.chat import PASSAGES, QUESTION, check_chat

GUIDE = """# Keys

## Rotate a key

Keys are rotated by an owner, e.g. Dr. Smith, at 5 p.m. at the latest. The old key stays valid for 24 hours. Then do:

```sh
mlwright keys rotate
# A comment. And another one.

exit
```

- a member reads documents
  and asks questions
- an owner rotates keys

| setting | default | meaning |
|---------|---------|---------|
| `tokens` | 240 | size of a chunk |
| `overlap` | 15% | shared by neighbours |
"""


def ask(question: str, *texts: str, **fields: object) -> tuple[str, Finish]:
    passages = tuple(Passage(number, text, 1 - number / 20) for number, text in enumerate(texts, 1))

    async def whole() -> list[Delta | Finish]:
        request = ChatRequest((Message("user", question),), question, passages)
        return [event async for event in Config.model_validate(fields).build().stream(request)]

    *deltas, finish = asyncio.run(whole())
    assert isinstance(finish, Finish)
    return "".join(delta.text for delta in deltas if isinstance(delta, Delta)), finish


def test_it_keeps_the_contract_of_chat_models() -> None:
    asyncio.run(check_chat(Config().build()))


def test_it_says_what_it_is() -> None:
    facts = Config().facts()
    assert (facts.model, facts.embedded, facts.leaves_machine) == ("extractive", True, False)
    assert "matches\nwords, not meaning" in (Config.__doc__ or "").replace("    ", "")
    assert price_of(Config()) == FREE


def test_it_quotes_the_sentence_with_its_mark() -> None:
    text, finish = ask(QUESTION, *(passage.text for passage in PASSAGES))
    assert text == "The lighthouse was built in 1874. [1]"
    assert finish.reason == "stop" and finish.usage.estimated and finish.usage.output_tokens > 0


def test_a_code_block_comes_whole_with_its_introduction() -> None:
    text, _ = ask("Which mlwright command rotates keys?", GUIDE, quotes=1)
    assert text == "Then do:\n\n```sh\nmlwright keys rotate\n# A comment. And another one.\n\nexit\n```\n[1]"


def test_a_table_row_is_found_by_its_head() -> None:
    text, _ = ask("What is the default of overlap?", GUIDE, quotes=1)
    assert text == "`overlap` | 15% | shared by neighbours [1]"


def test_a_list_item_comes_whole() -> None:
    text, _ = ask("Who reads documents?", GUIDE, quotes=1)
    assert text == "- a member reads documents\n  and asks questions [1]"


def test_several_passages_best_first() -> None:
    text, _ = ask(
        "How long is an old key valid after rotation?",
        "Boats leave at nine.",
        "After rotation the old key is valid for 24 hours.",
        "Until rotation a key stays valid as long as its owner.",
    )
    assert text.split("\n\n") == [
        "After rotation the old key is valid for 24 hours. [2]",
        "Until rotation a key stays valid as long as its owner. [3]",
    ]


def test_the_same_sentence_is_quoted_once() -> None:
    text, _ = ask(QUESTION, PASSAGES[0].text, PASSAGES[0].text)
    assert text.count("1874") == 1


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("Who won the football cup in Lisbon?", [passage.text for passage in PASSAGES]),
        (QUESTION, []),
        (QUESTION, [""]),
        ("", [PASSAGES[0].text]),
        ("why?", [PASSAGES[0].text]),
    ],
)
def test_it_abstains_where_nothing_supports_the_question(question: str, texts: list[str]) -> None:
    text, finish = ask(question, *texts)
    assert (text, finish.reason) == (NO_ANSWER, "abstain")


def test_without_a_question_the_last_user_message_is_it() -> None:
    async def whole() -> list[Delta | Finish]:
        request = ChatRequest((Message("user", "no"), Message("user", QUESTION)), passages=PASSAGES)
        return [event async for event in Config().build().stream(request)]

    first = asyncio.run(whole())[0]
    assert isinstance(first, Delta) and "1874" in first.text


def test_how_a_passage_is_cut() -> None:
    assert [(piece.kind, piece.text.splitlines()[0]) for piece in pieces(GUIDE)] == [
        ("sentence", "Keys are rotated by an owner, e.g. Dr. Smith, at 5 p.m. at the latest."),
        ("sentence", "The old key stays valid for 24 hours."),
        ("code", "Then do:"),
        ("item", "- a member reads documents"),
        ("item", "- an owner rotates keys"),
        ("row", "`tokens` | 240 | size of a chunk"),
        ("row", "`overlap` | 15% | shared by neighbours"),
    ]


markdown = st.lists(
    st.sampled_from(
        ["# A title", "Some words. And more!", "- item", "1. one", "| a | b |", "|---|---|", "```", "", "  x:"]
    )
    | st.text(max_size=60),
    max_size=14,
).map("\n".join)


@given(markdown)
def test_every_piece_is_a_slice_and_none_overlap(text: str) -> None:
    found = pieces(text)
    assert all(text[piece.start : piece.end] == piece.text and piece.text.strip() for piece in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


@given(markdown, st.text(max_size=40))
def test_every_quote_is_in_its_passage(text: str, question: str) -> None:
    from mlwright.models.chat._support import candidates

    for candidate in candidates(question, [Passage(1, text)]):
        assert candidate.piece.text in text
        assert 0 <= candidate.support <= 1


def test_text_without_sentences_is_cut_to_a_readable_length() -> None:
    found = pieces("word " * 1000)
    assert max(len(piece.text) for piece in found) <= 500
    assert sum(len(piece.text.split()) for piece in found) == 1000


def test_word_forms_meet() -> None:
    assert {stem(word) for word in ("rotate", "rotates", "rotated", "rotating", "rotation")} == {"rotat"}
    assert stem("countries") == stem("country") and stem("running") == stem("run")
    assert stem("organise") == stem("organize") and stem("quickly") == stem("quick")
    assert stem("24h") == "24h" and stem("is") == "is"
    assert terms("What is the Warsaw's population?") == ["warsaw", "populat"]
    assert terms("東京都庁") == ["東京", "京都", "都庁"]
    assert marked("Where did Ada meet 3 kings?") == {"ada", "3"}
