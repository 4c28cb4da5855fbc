"""What documents say of themselves, under one name in all formats; and the language that a text is in."""

import json
from pathlib import Path

import pytest

from mlwright.rag.parsers._fields import iso_date, language, pdf_date, with_shared_names
from mlwright.rag.parsers._language import finished, language_of
from mlwright.rag.types import Parsed


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2024-05-01", "2024-05-01"),
        ("2024-05", "2024-05"),
        ("2024", "2024"),
        ("2024-05-01T12:30:00+02:00", "2024-05-01T10:30:00Z"),
        ("2024-05-01 12:30:00", "2024-05-01T12:30:00Z"),
        ("Wed, 01 May 2024 12:30:00 -0500", "2024-05-01T17:30:00Z"),
        ("1 May 2024", "2024-05-01"),
        ("May 1, 2024", "2024-05-01"),
        ("01.05.2024", "2024-05-01"),
        ("yesterday", ""),
        ("2024-13-45", ""),
        ("0000-00-00", ""),
    ],
)
def test_dates_become_iso(given: str, expected: str) -> None:
    assert iso_date(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("D:20240501123000+02'00'", "2024-05-01T10:30:00Z"),
        ("D:20240501", "2024-05-01"),
        ("D:2024", "2024"),
        ("20240501123000Z", "2024-05-01T12:30:00Z"),
        ("D:20249999", ""),
        ("nonsense", ""),
    ],
)
def test_dates_of_pdf_become_iso(given: str, expected: str) -> None:
    assert pdf_date(given) == expected


def test_fields_keep_their_own_names_beside_the_shared_ones() -> None:
    fields = with_shared_names(
        {"date": "1 May 2024", "language": "en-US", "keywords": "a, b", "product": "x", "access": "hr"}
    )
    assert fields == {
        "date": "1 May 2024", "created": "2024-05-01", "language": "en-US", "lang": "en",
        "keywords": "a, b", "tags": ("a", "b"), "product": "x", "access": "hr", "acl": ("hr",),
    }  # fmt: skip
    assert with_shared_names({"created": "never", "lang": "?"}) == {}


@pytest.mark.parametrize(
    ("code", "expected"), [("en-US", "en"), ("DE", "de"), ("zh_CN", "zh"), ("", ""), ("english", "")]
)
def test_language_codes_are_short(code: str, expected: str) -> None:
    assert language(code) == expected


PARAGRAPHS = {
    "en": "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience.",
    "de": "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt.",
    "fr": "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience.",
    "es": "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón y conciencia, deben comportarse fraternalmente los unos con los otros.",
    "it": "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati di ragione e di coscienza.",
    "pt": "Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Dotados de razão e de consciência, devem agir uns para com os outros.",
    "nl": "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. Zij zijn begiftigd met verstand en geweten.",
    "pl": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem i sumieniem i powinni postępować wobec innych w duchu braterstwa.",
    "tr": "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana sahiptirler ve birbirlerine karşı kardeşlik zihniyeti ile hareket etmelidirler.",
    "ru": "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и должны поступать в отношении друг друга в духе братства.",
    "uk": "Всі люди народжуються вільними і рівними у своїй гідності та правах. Вони наділені розумом і совістю і повинні діяти у відношенні один до одного в дусі братерства.",
    "ar": "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. وقد وهبوا عقلاً وضميرًا وعليهم أن يعامل بعضهم بعضًا بروح الإخاء.",
    "ja": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。",
    "zh": "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。",
    "ko": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
    "he": "כל בני אדם נולדו בני חורין ושווים בערכם ובזכויותיהם.",
}


@pytest.mark.parametrize("code", PARAGRAPHS)
def test_the_language_of_a_paragraph_is_found(code: str) -> None:
    assert language_of(PARAGRAPHS[code]) == code


@pytest.mark.parametrize(
    "text", ["", "ok", "def f(x): return x + 1", "4711 0815", "🙂" * 50, "lorem ipsum dolor " * 20]
)
def test_where_it_is_not_sure_it_says_nothing(text: str) -> None:
    assert language_of(text) == ""


def test_paragraphs_of_two_languages_are_told_apart(shared_data: Path) -> None:
    for code in ("en", "de"):
        book = json.loads((shared_data / "xquad" / f"xquad.{code}.json").read_text("utf-8"))
        texts = [paragraph["context"] for article in book["data"] for paragraph in article["paragraphs"]]
        assert sum(language_of(text) == code for text in texts) >= 0.98 * len(texts)


def test_the_word_of_the_document_counts_and_code_has_no_language() -> None:
    text = PARAGRAPHS["en"]
    assert finished(Parsed(text, ())).meta == {"lang": "en"}
    assert finished(Parsed(text, (), meta={"lang": "de"})).meta == {"lang": "de"}
    assert finished(Parsed(text, (), meta={"code": "python"})).meta == {"code": "python"}
