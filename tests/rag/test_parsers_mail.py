"""E-mail: head, body and the names of what is attached."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

import pytest

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parse import choose, every_parser
from mlwright.rag.parsers import eml
from mlwright.rag.types import Parsed
from mlwright.testing.parsers import ParserSuite


def message(
    text: str = "Hello Bob,\n\nthe pump leaks.\n\n> which one?\n> tell me\n\nGrüße\n", html: str = ""
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ada Lovelace <ada@example.org>", "bob@example.org", "Pümp 7"
    mail["Date"], mail["Message-ID"] = format_datetime(datetime(2024, 5, 1, 12, 30, tzinfo=UTC)), "<1@example.org>"
    if text:
        mail.set_content(text)
    if html:
        (mail.add_alternative if text else mail.set_content)(html, subtype="html")
    return mail


class TestEml(ParserSuite):
    config = eml.Config()
    samples = ((message().as_bytes(), "a.eml"), (message(html="<p>The <b>pump</b></p>").as_bytes(), "b.eml"))


def parsed(mail: EmailMessage | bytes) -> Parsed:
    return eml.Config().build().parse(mail if isinstance(mail, bytes) else mail.as_bytes(), "a.eml")


def test_head_and_body_are_kept_and_quotations_marked() -> None:
    document = parsed(message())
    assert [(block.kind, document.text[block.start : block.end]) for block in document.blocks] == [
        ("heading", "Pümp 7"),
        (
            "paragraph",
            "From: Ada Lovelace <ada@example.org>\nTo: bob@example.org\nDate: Wed, 01 May 2024 12:30:00 +0000",
        ),
        ("paragraph", "Hello Bob,"),
        ("paragraph", "the pump leaks."),
        ("quote", "> which one?\n> tell me"),
        ("paragraph", "Grüße"),
    ]
    assert document.title == "Pümp 7"
    assert document.meta["created"] == "2024-05-01T12:30:00Z"
    assert document.meta["author"] == "Ada Lovelace <ada@example.org>"


def test_html_speaks_where_there_is_no_text() -> None:
    document = parsed(message(text="", html="<h1>Stop</h1><p>The <b>pump</b> leaks.</p>"))
    assert document.text.endswith("Stop\n\nThe pump leaks.")
    assert "leaks" not in parsed(message("Plain.", html="<p>It leaks</p>")).text


def test_attachments_are_named() -> None:
    mail = message()
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="report.pdf")
    assert parsed(mail).notes == ("attachment report.pdf (application/pdf) was not read",)


def test_a_message_is_known_by_its_head() -> None:
    assert choose(every_parser(), message().as_bytes(), "a.txt").use == "eml"
    assert choose(every_parser(), b"From: here\nwe go on\nTo: there\n", "a.txt").use == "text"


@pytest.mark.parametrize("charset", ["iso-8859-1", "nonesuch", "utf-16"])
def test_a_wrong_charset_is_survived(charset: str) -> None:
    raw = f"From: a@b.c\nSubject: =?{charset}?Q?x=FF?=\nDate: never\nContent-Type: text/plain; charset={charset}\n\nGr\xfc\xdfe\n"
    document = parsed(raw.encode("latin-1"))
    assert "Gr" in document.text
    assert "created" not in document.meta


def test_a_file_without_a_message_is_refused() -> None:
    with pytest.raises(Unreadable) as caught:
        parsed(b"From: a@b.c\nTo: c@d.e\n\n")
    assert caught.value.reason == "no_text"
