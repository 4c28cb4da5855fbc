"""Personal data that their form gives away are counted; what only looks like them is not."""

import json
from collections import Counter
from pathlib import Path

import pytest

from mlwright.data import personal


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("write to anna.smith+x@acme-ml.co.uk today", {"email": 1}),
        ("DE89 3704 0044 0532 0130 00 or gb29NWBK60161331926819", {"iban": 2}),
        ("card 4111 1111 1111 1111, not 4111 1111 1111 1112", {"card": 1}),
        ("call +49 30 901820, (030) 123 45 67, 415-555-0132 x12 or 001-748-088-2851", {"phone": 4}),
        ("from 91.198.174.192, version 5.7.0.1, 192.168.1.7 and 127.0.0.1", {"ip": 1}),
        ("user@example.com, a@b.test, @decorator, x@y", {}),
        ("on 12.11.2024, 2024-11-12, version 3.11.4, 0.97, order 1234567, sha 9f86d081884c7d65", {}),
        ("", {}),
    ],
)
def test_forms(text: str, kinds: dict[str, int]) -> None:
    assert personal(text) == Counter(kinds)


def test_on_texts_with_known_places(shared_data: Path) -> None:
    """Of what is marked in 2,109 sentences nothing with a check digit is missed, and hardly anything is made up."""
    named = {"EMAIL_ADDRESS": "email", "IBAN_CODE": "iban", "CREDIT_CARD": "card", "PHONE_NUMBER": "phone"}
    marked, found = Counter[str](), Counter[str]()
    content = (shared_data / "pii_presidio_research" / "generated_large.json").read_text(encoding="utf-8")
    for one in json.loads(content):
        marked.update(named[span["entity_type"]] for span in one["spans"] if span["entity_type"] in named)
        found += personal(one["full_text"])
    assert [found[kind] for kind in ("email", "iban", "card")] == [marked[kind] for kind in ("email", "iban", "card")]
    assert 0.7 * marked["phone"] < found["phone"] < marked["phone"]
