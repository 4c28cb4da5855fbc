"""The fields that documents carry, under the names that all formats share: author, created, updated, lang, tags …"""

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from mlwright.rag.types import Meta, MetaValue

_SAME: dict[str, tuple[str, ...]] = {
    "author": ("authors", "creator", "by"),
    "created": ("date", "published", "created_at", "created_on", "publish_date", "pubdate"),
    "updated": ("updated_at", "modified", "last_modified", "lastmod", "last_updated", "updated_on"),
    "lang": ("language", "locale"),
    "tags": ("tag", "keywords"),
    "acl": ("access", "audience"),
}
"""Other names of a field; the name itself counts first."""
_SHAPES = ("%d %B %Y", "%B %d, %Y", "%d %b %Y", "%b %d, %Y", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d")
_PDF_DATE = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?)?")
_APART = re.compile(r"[,;\n]")
_LANG = re.compile(r"[a-z]{2,3}(?=$|[-_])", re.I)


def with_shared_names(given: Meta) -> dict[str, MetaValue]:
    """The fields as they were given, and under their shared names beside it. Dates become ISO 8601, languages two
    letters, tags and labels several values; a date or language that is not understood stays under its own name only."""
    fields = {name: value for name, value in given.items() if value and name not in ("created", "updated", "lang")}
    for name, others in _SAME.items():
        found = next((given[one] for one in (name, *others) if given.get(one)), "")
        if found and (value := _shared(name, found)):
            fields[name] = value
    return fields


def _shared(name: str, found: MetaValue) -> MetaValue:
    if name in ("tags", "acl"):
        values = found if isinstance(found, tuple) else _APART.split(found)
        return tuple(dict.fromkeys(value.strip() for value in values if value.strip()))
    first = found if isinstance(found, str) else found[0]
    if name == "lang":
        return language(first)
    return found if name == "author" else iso_date(first)


def one_line(value: MetaValue) -> str:
    """A field in one line; several values are parted by commas."""
    return value if isinstance(value, str) else ", ".join(value)


def iso_date(text: str) -> str:
    """`2024-05-01`, or with a time `2024-05-01T12:00:00Z` in UTC; empty where `text` is no date that is known here."""
    text = text.strip()
    if re.fullmatch(r"\d{4}(-\d\d)?", text):
        return text
    for read in (_iso, _mail, _shaped):
        moment = read(text)
        if moment is not None:
            return _told(moment)
    return ""


def pdf_date(text: str) -> str:
    """`D:20240501120000+02'00'` as `iso_date` writes it; a year or month alone stays one; empty where it is none."""
    found = _PDF_DATE.match(text)
    if not found:
        return ""
    year, month, day, hour, minute, second, _, sign, off_hours, off_minutes = found.groups()
    if not day:
        return "-".join(part for part in (year, month) if part)
    zone = f"{sign}{off_hours}:{off_minutes or '00'}" if sign else "+00:00"
    time = f"T{hour}:{minute or '00'}:{second or '00'}{zone}" if hour else ""
    moment = _iso(f"{year}-{month}-{day}{time}")
    return _told(moment) if moment is not None else ""


def language(text: str) -> str:
    """`en` of `en-US`, `EN` or `en_GB`; empty where it is no code."""
    found = _LANG.match(text.strip())
    return found[0].lower() if found else ""


def _iso(text: str) -> datetime | date | None:
    try:
        return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


def _mail(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None


def _shaped(text: str) -> date | None:
    for shape in _SHAPES:
        try:
            return datetime.strptime(text, shape).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None


def _told(moment: datetime | date) -> str:
    if not isinstance(moment, datetime):
        return moment.isoformat()
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year >= 1000 else ""
