"""Reads web pages: finds the main content, its title, author, date and language."""

import re
from collections.abc import Iterator

import lxml.html
import trafilatura
from lxml.etree import _Element as Element

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parsers._dom import Writer
from mlwright.rag.parsers._sniff import decode
from mlwright.rag.types import Parsed

_DECLARED = re.compile(rb"<meta[^>]+charset=[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding=[\"']([\w.:-]+)", re.I)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_NEVER = (
    "script", "style", "noscript", "template", "nav", "aside", "form", "button", "select", "svg", "iframe",
    "object", "dialog", "canvas", "audio", "video", "input", "textarea",
)  # fmt: skip
_ASIDE_ROLES = {
    "navigation",
    "banner",
    "contentinfo",
    "search",
    "complementary",
    "menu",
    "menubar",
    "dialog",
    "alertdialog",
}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_WORD = re.compile(r"\w+")
_LINKY = 0.6
_META = {
    "author": ("author", "article:author", "dc.creator", "citation_author"),
    "date": ("article:published_time", "date", "dc.date", "citation_publication_date", "article:modified_time"),
    "description": ("description", "og:description"),
    "tags": ("keywords", "article:tag"),
    "language": ("language", "dc.language"),
}


class Html:
    """A page that says where its main content is (`main`, `article`) is believed; on others trafilatura finds it; and
    where trafilatura keeps too little of a page that is no link farm, the whole body is taken."""

    def parse(self, data: bytes, key: str) -> Parsed:
        found = _DECLARED.search(data[:4096])
        declared = (found[1] or found[2]).decode("ascii") if found else ""
        source, notes = decode(data, declared=declared)
        page = _tree(_XML_DECLARATION.sub("", source, count=1), key)
        title, meta = _meta(page)
        content, how = _content(page, source)
        writer = Writer()
        writer.write(content)
        text, blocks = writer.done()
        if not text.strip():
            raise Unreadable(
                f"{key} holds no text",
                reason="no_text",
                hint="is it a page that scripts fill in? save it from a browser",
            )
        first = next((text[block.start : block.end] for block in blocks if block.kind == "heading"), "")
        notes += (how,) if how else ()
        return Parsed(text, blocks, title or first, meta=meta, media_type="text/html", notes=notes)


def _tree(source: str, key: str) -> Element:
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        return lxml.html.document_fromstring(source.encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.ParserError, ValueError) as error:
        raise Unreadable(f"{key} holds no HTML: {error}", reason="no_text", hint="remove it, or fill it") from error


def _content(page: Element, source: str) -> tuple[Element, str]:
    """The element to write out, and a note where it is not what the page declares."""
    body = page.find("body")
    body = page if body is None else body
    _prune(body)
    declared = [element for element in body.iter() if element.tag == "main" or element.get("role") == "main"] or _one(
        list(body.iter("article"))
    )
    if declared and _size(declared[0]) >= 20:
        return declared[0], ""
    plain = _size(body) - sum(_size(link) for link in body.iter("a"))
    extracted = trafilatura.bare_extraction(
        source, with_metadata=False, include_comments=False, include_tables=True, favor_recall=True
    )
    main = None if extracted is None else extracted.body
    if main is None or _size(main) < _LINKY * plain:
        return body, ""
    if _size(body) - _size(main) < 0.1 * _size(body):
        return body, ""
    return main, ""


def _one(elements: list[Element]) -> list[Element]:
    return elements if len(elements) == 1 else []


def _prune(body: Element) -> None:
    """Drop what is never content: scripts, navigation, forms, and what is hidden."""
    for element in list(body.iter(*_NEVER, "header", "footer")):
        inside = any(True for _ in element.iterancestors("main", "article"))
        if element.tag not in ("header", "footer") or not inside:
            _drop(element)
    for element in list(body.iter()):
        if not isinstance(element.tag, str) or element is body:
            continue
        hidden = (
            element.get("hidden") is not None
            or element.get("aria-hidden") == "true"
            or _HIDDEN.search(element.get("style") or "")
        )
        if hidden or element.get("role") in _ASIDE_ROLES:
            _drop(element)


def _drop(element: Element) -> None:
    if element.getparent() is not None:
        element.drop_tree()  # type: ignore[attr-defined]


def _size(element: Element) -> int:
    """Its words."""
    return sum(len(_WORD.findall(text)) for text in _texts(element))


def _texts(element: Element) -> Iterator[str]:
    return (str(text) for text in element.itertext())


def _meta(page: Element) -> tuple[str, dict[str, str]]:
    given: dict[str, str] = {}
    for element in page.iter("meta"):
        name = (element.get("name") or element.get("property") or "").lower()
        given.setdefault(name, " ".join((element.get("content") or "").split()))
    meta = {field: next((given[name] for name in names if given.get(name)), "") for field, names in _META.items()}
    meta["language"] = page.get("lang") or page.get("{http://www.w3.org/XML/1998/namespace}lang") or meta["language"]
    titles = [" ".join("".join(_texts(element)).split()) for element in page.iterfind("head/title")]
    title = next(filter(None, titles), "") or given.get("og:title", "")
    return title, {field: value for field, value in meta.items() if value}
