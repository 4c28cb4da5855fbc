"""Opens Office Open XML packages: a zip of XML parts that point at one another, read within bounds."""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from lxml import etree
from lxml.etree import _Element as Element

from mlwright.kernel.errors import Unreadable
from mlwright.rag.parsers._fields import with_shared_names
from mlwright.rag.types import MetaValue

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_STRICT = (
    (b"http://purl.oclc.org/ooxml/wordprocessingml/main", W[1:-1].encode()),
    (b"http://purl.oclc.org/ooxml/drawingml/main", A[1:-1].encode()),
    (b"http://purl.oclc.org/ooxml/presentationml/main", P[1:-1].encode()),
    (b"http://purl.oclc.org/ooxml/officeDocument/relationships", R[1:-1].encode()),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_PARTS, _LARGEST_PART, _LARGEST_WHOLE = 20_000, 128 << 20, 256 << 20
_RATIO, _FREE = 250, 1 << 20
"""A part that unpacks to more than so many times its size, beyond the first megabyte, is taken for a bomb."""
_CORE = {
    "title": "title", "creator": "author", "created": "created", "modified": "updated", "language": "lang",
    "keywords": "tags", "subject": "subject", "category": "category", "description": "description",
}  # fmt: skip


@dataclass(slots=True)
class Package:
    """Parts are read on demand. What all parts unpack to is bounded, counted while they are unpacked."""

    key: str
    archive: zipfile.ZipFile
    unpacked: int = 0
    _relations: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)

    @classmethod
    def open(cls, data: bytes, key: str) -> Self:
        """Raises Unreadable: `encrypted`, `old_format`, `too_large` for a bomb, `broken`."""
        if data.startswith(_OLE):
            raise _ole(data, key)
        try:
            archive = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise _broken(key, str(error)) from error
        if len(archive.infolist()) > _MOST_PARTS:
            raise _bomb(key, f"has {len(archive.infolist()):,} parts")
        return cls(key, archive)

    def has(self, name: str) -> bool:
        return name in self.archive.NameToInfo

    def xml(self, name: str) -> Element:
        """The root of a part. Entities are not resolved, and nothing is fetched."""
        raw = self._bytes(name)
        for theirs, ours in _STRICT:
            raw = raw.replace(theirs, ours)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
        try:
            return etree.fromstring(raw, parser)
        except etree.XMLSyntaxError as error:
            raise _broken(self.key, f"{name}: {error}") from error

    def related(self, name: str) -> Mapping[str, tuple[str, str]]:
        """What a part points at: id to (kind, name of the part); what lies outside the file is left out."""
        if name not in self._relations:
            folder, base = posixpath.split(name)
            place = f"{folder}/_rels/{base}.rels".lstrip("/")
            found = {}
            for one in self.xml(place) if self.has(place) else ():
                if isinstance(one.tag, str) and one.get("TargetMode") != "External":
                    target = posixpath.normpath(posixpath.join("/", folder, one.get("Target") or "")).lstrip("/")
                    found[one.get("Id") or ""] = ((one.get("Type") or "").rsplit("/", 1)[-1], target)
            self._relations[name] = found
        return self._relations[name]

    def one_related(self, name: str, kind: str) -> str:
        """The part of a kind that `name` points at; empty where there is none."""
        return next((part for found, part in self.related(name).values() if found == kind and self.has(part)), "")

    def main(self) -> str:
        """The part that all others hang on."""
        found = self.one_related("", "officeDocument")
        if not found:
            raise _broken(self.key, "it has no main part")
        return found

    def meta(self) -> dict[str, MetaValue]:
        """The core properties."""
        part = self.one_related("", "core-properties")
        given: dict[str, str] = {}
        for one in self.xml(part) if part else ():
            name = _CORE.get(etree.QName(one).localname if isinstance(one.tag, str) else "")
            if name:
                given[name] = " ".join((one.text or "").split())
        return with_shared_names({name: value for name, value in given.items() if value})

    def _bytes(self, name: str) -> bytes:
        try:
            info = self.archive.getinfo(name)
            if info.flag_bits & 1:
                raise Unreadable(
                    f"{self.key} is encrypted and asks for a password",
                    reason="encrypted",
                    hint="save a copy of it without a password",
                )
            most = min(_LARGEST_PART, _LARGEST_WHOLE - self.unpacked, info.compress_size * _RATIO + _FREE)
            with self.archive.open(info) as part:
                raw = part.read(most + 1)
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
            raise _broken(self.key, f"{name}: {error}") from error
        if len(raw) > most:
            raise _bomb(self.key, f"unpacks to more than {most:,} bytes in {name}")
        self.unpacked += len(raw)
        return raw


def _ole(data: bytes, key: str) -> Unreadable:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return Unreadable(
            f"{key} is encrypted and asks for a password", reason="encrypted", hint="save a copy without a password"
        )
    return Unreadable(
        f"{key} is in the format that Office used before 2007",
        reason="old_format",
        hint="open it and save it as .docx, .pptx or .pdf",
    )


def _bomb(key: str, what: str) -> Unreadable:
    return Unreadable(f"{key} {what}", reason="too_large", hint="it looks like an archive made to fill a machine")


def _broken(key: str, why: str) -> Unreadable:
    hint = "open it with the program that made it and save it anew"
    return Unreadable(f"{key} is no whole Office document: {why}", reason="broken", hint=hint)
