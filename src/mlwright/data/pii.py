"""Personal data in a text, as far as its form gives it away: addresses, numbers with a check digit, telephone numbers.

Names of people have no form, and are not found. What is found is counted, never kept.
"""

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterator

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}(?![\w-])")
_PHONE = re.compile(
    r"(?<![\w.+/-])(?:"
    r"(?:\+|00)\d{1,3}[ ./()-]{0,2}\d[\d ()./-]{4,16}\d"  # +49 30 1234567, 001-748-088-2851
    r"|\(\d{1,5}\) ?\d[\d ./-]{3,11}\d"  # (030) 123 45 67
    r"|0\d{1,4}[ ./-]\d[\d ./-]{3,10}\d"  # 030/1234567
    r"|0\d{9,10}"
    r"|\d{3}([-. ])\d{3}\1\d{4}"  # 415-555-0132
    r")(?: ?(?:x|ext\.?) ?\d{1,6})?(?!\w|-\d)"
)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)", re.I)
_CARD = re.compile(
    r"(?<![\w.-])(?:"
    r"(?:4\d|5[1-5]|2[2-7]|35|6[05])\d\d([ -]?)\d{4}\1\d{4}\1\d{4}"  # 16 digits in fours
    r"|3[47]\d\d([ -]?)\d{6}\2\d{5}"
    r"|3[068]\d\d([ -]?)\d{6}\3\d{4}"
    r"|4\d{12}"
    r")(?![\w-])"
)
_DATE = re.compile(r"\d{1,2}([./ -])\d{1,2}\1\d{2,4}")
_IP = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
_LOW = 20
_RESERVED = (".example", ".test", ".invalid", ".localhost", "example.com", "example.org", "example.net")
"""Ends of addresses that belong to nobody (RFC 2606)."""


def personal(text: str) -> Counter[str]:
    """How many pieces of personal data stand in a text, by kind: email, phone, iban, card, ip."""
    found: Counter[str] = Counter()
    taken: list[tuple[int, int]] = []
    for kind, pattern, holds in _KINDS:
        for start, end in _matches(pattern, holds, text):
            if not any(start < other_end and other_start < end for other_start, other_end in taken):
                taken.append((start, end))
                found[kind] += 1
    return found


def _matches(pattern: re.Pattern[str], holds: Callable[[str], bool], text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in pattern.finditer(text) if holds(match[0]))


def _is_email(word: str) -> bool:
    return not word.lower().endswith(_RESERVED)


def _is_iban(word: str) -> bool:
    """ISO 13616: letters count 10 to 35, the number modulo 97 is 1."""
    flat = word.replace(" ", "")
    return 15 <= len(flat) <= 34 and int("".join(str(int(one, 36)) for one in flat[4:] + flat[:4])) % 97 == 1


def _is_card(word: str) -> bool:
    """ISO 7812: the sum of Luhn. A number of one digit over and over is none."""
    digits = [int(one) for one in word if one.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_phone(word: str) -> bool:
    return 7 <= sum(map(str.isdigit, word)) <= 21 and not _DATE.fullmatch(word)


def _is_ip(word: str) -> bool:
    """An address of the open net: those of private nets and of examples name nobody. One of low numbers alone is rather
    a version."""
    if all(int(one) < _LOW for one in word.split(".")):
        return False
    try:
        return ipaddress.ip_address(word).is_global
    except ValueError:
        return False


_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("email", _EMAIL, _is_email),
    ("iban", _IBAN, _is_iban),
    ("card", _CARD, _is_card),
    ("ip", _IP, _is_ip),
    ("phone", _PHONE, _is_phone),
)
"""In order: what one has taken, the next does not count again."""
