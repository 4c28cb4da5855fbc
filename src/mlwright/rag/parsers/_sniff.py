"""What the bytes of a file are: binary or text, and in which encoding."""

import codecs
import importlib
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY = (
    b"PK\x03\x04", b"\x89PNG\r\n", b"GIF8", b"\xff\xd8\xff", b"\x1f\x8b\x08", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07",
    b"\x7fELF", b"\xd0\xcf\x11\xe0",
)  # fmt: skip
"""How archives, pictures and programs begin."""
_CONTROL = re.compile(rb"[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]")
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_SAMPLE = 1 << 18


def looks_binary(head: bytes) -> bool:
    """Whether the first bytes of a file are no text in any encoding that is known here."""
    if _marked(head) or _unmarked_utf16(head):
        return False
    return head.startswith(_BINARY) or b"\0" in head or len(_CONTROL.findall(head)) > len(head) * 0.05


def decode(data: bytes, *, declared: str = "") -> tuple[str, tuple[str, ...]]:
    """The text of a file, without its byte order mark, and notes on what was guessed or could not be decoded.

    In this order: byte order mark, UTF-8, UTF-16 without a mark, the encoding that the file declares of itself, UTF-8
    with a few broken bytes, a guess by charset-normalizer, Windows-1252."""
    encoding = _marked(data) or _unmarked_utf16(data[:_SAMPLE])
    if not encoding and _decodes(data, "utf-8"):
        return data.decode("utf-8"), ()
    if encoding and _decodes(data, encoding):
        return data.decode(encoding), ()
    if not encoding and declared and _decodes(data, declared):
        return data.decode(declared), ()
    if encoding or _mostly_utf8(data):
        text = data.decode(encoding or "utf-8", "replace")
        return text, (_broken(text, encoding or "utf-8"),)
    guess = _guess(data)
    text = data.decode(guess, "replace")
    note = f"the encoding is not declared; it was read as {guess}"
    return text, (note, _broken(text, guess)) if "\ufffd" in text else (note,)


def _marked(data: bytes) -> str:
    return next((encoding for mark, encoding in _BOMS if data.startswith(mark)), "")


def _unmarked_utf16(head: bytes) -> str:
    pairs = len(head) // 2
    if pairs < 2:
        return ""
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        others = head[0::2] if encoding == "utf-16-le" else head[1::2]
        if zeros.count(0) > pairs * 0.7 and others.count(0) < pairs * 0.05:
            return encoding
    return ""


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _mostly_utf8(data: bytes) -> bool:
    """More whole multi-byte characters than broken bytes: another encoding hardly ever looks like that."""
    broken = data.decode("utf-8", "replace").count("\ufffd")
    return len(_MULTIBYTE.findall(data)) > broken


def _broken(text: str, encoding: str) -> str:
    lines = sorted({1 + text.count("\n", 0, found.start()) for found in _first(text, 3)})
    where = ", ".join(map(str, lines))
    count = text.count("\ufffd")
    return f"{count} characters are not valid {encoding} and are shown as \ufffd, first on line {where}"


def _first(text: str, count: int) -> list[re.Match[str]]:
    return [found for found, _ in zip(re.finditer("\ufffd", text), range(count), strict=False)]


def _guess(data: bytes) -> str:
    try:
        detector = importlib.import_module("charset_normalizer")
    except ImportError:
        return "cp1252"
    best = detector.from_bytes(data[:_SAMPLE]).best()
    return best.encoding if best is not None and len(data) >= 64 else "cp1252"
