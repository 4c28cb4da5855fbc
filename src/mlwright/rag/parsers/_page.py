"""Reads web pages: finds the main content, its title, author, date and language."""

import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import dropwhile

import lxml.html
import trafilatura
from lxml.etree import _Element as Element

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parsers._dom import Writer
from mlwright.rag.parsers._fields import with_shared_names
from mlwright.rag.parsers._sniff import decode
from mlwright.rag.types import MetaValue, Parsed

_DECLARED = re.compile(rb"<meta[^>]+charset=[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding=[\"']([\w.:-]+)", re.I)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_OF_THE_HEAD = {"title", "meta", "link", "script", "style", "base", "noscript", "template"}
_NEVER = (
    "script", "style", "noscript", "template", "svg", "iframe", "object", "canvas", "audio", "video",
)  # fmt: skip
_NAVIGATION = ("nav", "aside", "form", "button", "select", "dialog", "input", "textarea")
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
_ASIDE_NAMES = {
    "nav",
    "navbar",
    "navigation",
    "menu",
    "breadcrumb",
    "breadcrumbs",
    "sidebar",
    "footer",
    "cookie-banner",
}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_WORD = re.compile(r"\w+")
_LEAST = 20
"""Words that a declared main content has at least; below, a script fills it in."""
_NEARLY_ALL, _MOST = 0.9, 0.6
"""Shares of the words that are no links: what trafilatura must keep to be believed."""
_NO_LINKS, _LINKY = 0.05, 0.2
"""Shares of words in links: up to the first a page has no navigation, above the other it surely has."""
_META = {
    "author": ("author", "article:author", "dc.creator", "citation_author"),
    "created": ("article:published_time", "date", "dc.date", "citation_publication_date"),
    "updated": ("article:modified_time", "og:updated_time", "last-modified", "dcterms.modified"),
    "description": ("description", "og:description"),
    "tags": ("keywords", "article:tag"),
    "lang": ("language", "dc.language", "og:locale"),
    "acl": ("acl", "access"),
}


class Html:
    """A page that says where its main content is (`main`, `article`) is believed. On others trafilatura finds it; where
    that keeps too little of what is no link, the whole body is taken, without what is marked as navigation."""

    def parse(self, data: bytes, key: str) -> Parsed:
        found = _DECLARED.search(data[:4096])
        declared = (found[1] or found[2]).decode("ascii") if found else ""
        source, notes = decode(data, declared=declared)
        page = _tree(_XML_DECLARATION.sub("", source, count=1), key)
        title, meta = _meta(page)
        writer = Writer()
        writer.write(_content(page, source))
        text, blocks = writer.done()
        if not text.strip():
            raise Unreadable(
                f"{key} holds no text",
                reason="no_text",
                hint="is it a page that scripts fill in? save it from a browser",
            )
        first = next((text[block.start : block.end] for block in blocks if block.kind == "heading"), "")
        return Parsed(text, blocks, title or first, meta=meta, media_type="text/html", notes=notes)


def _tree(source: str, key: str) -> Element:
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        return _with_body(lxml.html.document_fromstring(source.encode("utf-8", "replace"), parser=parser))
    except (lxml.etree.ParserError, ValueError) as error:
        raise Unreadable(f"{key} holds no HTML: {error}", reason="no_text", hint="remove it, or fill it") from error


def _content(page: Element, source: str) -> Element:
    body = page.find("body")
    body = page if body is None else body
    whole = deepcopy(body)
    _prune(body)
    if not _size(body):  # all of it looks like navigation: then that is what the page is
        _drop_all(whole, _NEVER)
        return whole
    declared = [element for element in body.iter() if element.tag == "main" or element.get("role") == "main"]
    declared = declared or _one(list(body.iter("article")))
    if declared and _size(declared[0]) >= _LEAST:
        return declared[0]
    words = _size(body)
    links = sum(_size(link) for link in body.iter("a"))
    if links <= _NO_LINKS * words:
        return body
    extracted = trafilatura.bare_extraction(source, with_metadata=False, include_comments=False, favor_recall=True)
    main: Element | None = None if extracted is None else extracted.body
    share = _size(main) / max(1, words - links) if main is not None else 0.0
    enough = _MOST if links > _LINKY * words else _NEARLY_ALL
    return main if main is not None and share >= enough else body


def _one(elements: list[Element]) -> list[Element]:
    return elements if len(elements) == 1 else []


def _with_body(page: Element) -> Element:
    """libxml2 knows HTML 4: without a <body>, it puts what begins with <main> or <section> into the head."""
    head = page.find("head")
    if head is None or page.find("body") is not None:
        return page
    content = list(dropwhile(lambda element: element.tag in _OF_THE_HEAD or not isinstance(element.tag, str), head))
    if content:
        body = lxml.etree.SubElement(page, "body")
        body.extend(content)
    return page


def _prune(body: Element) -> None:
    """Drop what is never content: scripts, navigation, forms, and what is hidden."""
    _drop_all(body, (*_NEVER, *_NAVIGATION))
    for element in list(body.iter("header", "footer")):
        if not any(True for _ in element.iterancestors("main", "article")):
            _drop(element)
    for element in list(body.iter()):
        if not isinstance(element.tag, str) or element is body:
            continue
        hidden = (
            element.get("hidden") is not None
            or element.get("aria-hidden") == "true"
            or _HIDDEN.search(element.get("style") or "")
        )
        named = f"{element.get('class') or ''} {element.get('id') or ''}".lower().split()
        if hidden or element.get("role") in _ASIDE_ROLES or not _ASIDE_NAMES.isdisjoint(named):
            _drop(element)


def _drop_all(body: Element, tags: tuple[str, ...]) -> None:
    for element in list(body.iter(*tags)):
        _drop(element)


def _drop(element: Element) -> None:
    if element.getparent() is not None:
        element.drop_tree()  # type: ignore[attr-defined]


def _size(element: Element) -> int:
    """Its words."""
    return sum(len(_WORD.findall(text)) for text in _texts(element))


def _texts(element: Element) -> Iterator[str]:
    return (str(text) for text in element.itertext())


def _meta(page: Element) -> tuple[str, dict[str, MetaValue]]:
    given: dict[str, str] = {}
    for element in page.iter("meta"):
        name = (element.get("name") or element.get("property") or "").lower()
        given.setdefault(name, " ".join((element.get("content") or "").split()))
    meta = {field: next((given[name] for name in names if given.get(name)), "") for field, names in _META.items()}
    meta["lang"] = page.get("lang") or page.get("{http://www.w3.org/XML/1998/namespace}lang") or meta["lang"]
    titles = [" ".join("".join(_texts(element)).split()) for element in page.iterfind("head/title")]
    title = next(filter(None, titles), "") or given.get("og:title", "")
    return title, with_shared_names(meta)
