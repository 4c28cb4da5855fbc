"""Plain text: paragraphs, and bytes of every encoding."""

import pytest

from mlwright.rag.parsers import text
from mlwright.rag.types import Parsed
from mlwright.testing.parsers import ParserSuite


class TestText(ParserSuite):
    config = text.Config()
    samples = ((b"One.\nStill one.\n\n  Two.\r\n\r\nThree.\n", "a.txt"), ("Grüße 🙂".encode(), "a.log"))


def parsed(data: bytes) -> Parsed:
    return text.Config().build().parse(data, "a.txt")


def test_blank_lines_part_paragraphs() -> None:
    document = parsed(b"\n\nOne.\nStill one.  \n \n  Two.\r\n\r\nThree.")
    assert [document.text[block.start : block.end] for block in document.blocks] == [
        "One.\nStill one.",
        "Two.",
        "Three.",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_read_without_a_note(encoding: str) -> None:
    source = "Grüße aus Köln, Привет, and a number of plain words. "
    document = parsed(source.encode(encoding))
    assert document.text == source
    assert document.notes == ()


def test_an_old_encoding_is_guessed_and_noted() -> None:
    source = "Die Größe der Öffnung für das Ventil beträgt fünf Zoll; übermäßiger Druck zerstört es. " * 5
    document = parsed(source.encode("cp1252"))
    assert document.text == source
    assert "encoding" in document.notes[0]


def test_a_few_broken_bytes_are_shown_and_noted_with_their_line() -> None:
    document = parsed("Grüße\nKöln ".encode() + b"\xff" + " über".encode())
    assert document.text == "Grüße\nKöln \ufffd über"
    assert "line 2" in document.notes[0]


def test_what_follows_a_nul_byte_is_not_lost() -> None:
    assert "after" in parsed(b"before\x00after").text
