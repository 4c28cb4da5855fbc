"""Reads e-mail with the standard library: head, body and the names of attachments."""

import email
from email.message import EmailMessage
from email.policy import default as modern

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parsers._fields import iso_date
from mlwright.rag.parsers._page import Html
from mlwright.rag.parsers._sheet import Sheet
from mlwright.rag.parsers._sniff import decode
from mlwright.rag.types import Parsed

_SHOWN = ("From", "To", "Cc", "Date")


class Mail:
    """The plain text of a message is taken before its HTML: they say the same."""

    def parse(self, data: bytes, key: str) -> Parsed:
        message = email.message_from_bytes(data, policy=modern)
        head = {name: _header(message, name) for name in ("Subject", *_SHOWN, "Message-ID")}
        sheet, notes = Sheet(), []
        sheet.add("heading", head["Subject"], 1)
        sheet.add("paragraph", "\n".join(f"{name}: {head[name]}" for name in _SHOWN if head[name]))
        named = len(sheet.done()[1])
        body = message.get_body(("plain", "html"))
        if isinstance(body, EmailMessage):
            notes += _write_body(sheet, body, key)
        notes += [
            f"attachment {part.get_filename() or 'without a name'} ({part.get_content_type()}) was not read"
            for part in message.iter_attachments()
        ]
        text, blocks, _ = sheet.done()
        if len(blocks) == named and not head["Subject"]:
            raise Unreadable(f"{key} holds no message", reason="no_text", hint="save it anew from the mail program")
        meta = {"author": head["From"], "created": iso_date(head["Date"]), "to": head["To"], "cc": head["Cc"]}
        meta |= {"message_id": head["Message-ID"].strip("<>")}
        meta = {name: value for name, value in meta.items() if value}
        return Parsed(text, blocks, head["Subject"], meta=meta, media_type="message/rfc822", notes=tuple(notes))


def _header(message: EmailMessage, name: str) -> str:
    """In one line; empty where it is absent, or broken beyond what the standard library reads."""
    try:
        return " ".join(str(message.get(name, "")).replace("\0", " ").split())
    except (ValueError, LookupError, AttributeError, IndexError, TypeError):
        return ""


def _write_body(sheet: Sheet, body: EmailMessage, key: str) -> list[str]:
    payload = body.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    if body.get_content_type() == "text/html":
        try:
            parsed = Html().parse(content, key)
        except Unreadable:
            return ["the HTML of the message holds no text"]
        for block in parsed.blocks:
            level = min(6, block.level + 1) if block.level else 0
            sheet.add(block.kind, parsed.text[block.start : block.end], level)
        return list(parsed.notes)
    text, notes = decode(content, declared=str(body.get_content_charset() or ""))
    for quoted, lines in _paragraphs(text.replace("\r\n", "\n")):
        sheet.add("quote" if quoted else "paragraph", lines)
    return list(notes)


def _paragraphs(text: str) -> list[tuple[bool, str]]:
    """Stretches between blank lines, parted where a quotation begins or ends."""
    found: list[tuple[bool, list[str]]] = []
    fresh = True
    for line in text.split("\n"):
        quoted = line.startswith(">")
        if not line.strip(" >\t"):
            fresh = True
        elif fresh or found[-1][0] != quoted:
            found.append((quoted, [line]))
            fresh = False
        else:
            found[-1][1].append(line)
    return [(quoted, "\n".join(lines)) for quoted, lines in found]
