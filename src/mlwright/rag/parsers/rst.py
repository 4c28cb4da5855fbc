"""reStructuredText: sections, lists, code, tables; the text is the source itself, so that citations name its lines."""

from typing import ClassVar, Literal

from mlwright.rag.parsers import ParserPart
from mlwright.rag.parsers._fields import one_line, with_shared_names
from mlwright.rag.parsers._marks import first_heading
from mlwright.rag.parsers._restructured import read
from mlwright.rag.parsers._sniff import decode
from mlwright.rag.types import Parsed

_TYPE = "text/x-rst"


class Config(ParserPart):
    """Documents of docutils and Sphinx. No directive is ever run: `include`, `raw` and `csv-table` read no file."""

    use: Literal["rst"] = "rst"
    suffixes: ClassVar[tuple[str, ...]] = (".rst", ".rest")
    media_type: ClassVar[str] = _TYPE

    def build(self) -> "Rst":
        return Rst()


class Rst:
    """Reads the block structure by its own; inline markup stays as it was written."""

    def parse(self, data: bytes, key: str) -> Parsed:
        text, notes = decode(data)
        blocks, fields = read(text)
        parsed = Parsed(text, blocks, media_type=_TYPE, notes=notes)
        meta = with_shared_names(fields)
        return Parsed(text, blocks, one_line(meta.get("title", "")) or first_heading(parsed), (), meta, _TYPE, notes)
