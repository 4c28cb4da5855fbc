"""Source code: classes and functions are its headings; the text is the source itself, so that citations name lines."""

from pathlib import PurePosixPath
from typing import ClassVar, Literal

from mlwright.rag.parsers import ParserPart
from mlwright.rag.parsers._python import python_blocks
from mlwright.rag.parsers._sniff import decode
from mlwright.rag.parsers._symbols import Marks, blocks_of
from mlwright.rag.types import Block, Parsed

_SLASHES = Marks(("//",), (("/*", "*/"),), "\"'`")
_HASHES = Marks(("#",), (), "\"'")
_MARKS: dict[str, Marks] = {
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".go", ".php", ".kt", ".swift"), _SLASHES),
    **dict.fromkeys(
        (".java", ".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".scala"), Marks(("//",), (("/*", "*/"),), "\"'")
    ),
    ".rs": Marks(("//",), (("/*", "*/"),), '"'),
    **dict.fromkeys((".sh", ".bash"), _HASHES),
    **dict.fromkeys((".rb", ".r", ".jl"), _HASHES),
    ".sql": Marks(("--",), (("/*", "*/"),), "'"),
    ".lua": Marks(("--",), (), "\"'"),
}


class Config(ParserPart):
    """Code of common languages: Python by its own grammar, languages of braces by their braces, others by indent."""

    use: Literal["code"] = "code"
    suffixes: ClassVar[tuple[str, ...]] = (".py", ".pyi", *_MARKS)
    media_type: ClassVar[str] = "text/x-code"

    @classmethod
    def matches(cls, head: bytes) -> bool:
        first = head.split(b"\n", 1)[0]
        return first.startswith(b"#!") and any(name in first for name in (b"python", b"bash", b"/sh", b"env sh"))

    def build(self) -> "Code":
        return Code()


class Code:
    """Takes the language from the suffix, or from the line that names the interpreter."""

    def parse(self, data: bytes, key: str) -> Parsed:
        text, notes = decode(data)
        suffix = PurePosixPath(key).suffix.lower()
        if suffix not in _MARKS and suffix not in (".py", ".pyi"):
            suffix = ".py" if "python" in text.split("\n", 1)[0] else ".sh"
        blocks: tuple[Block, ...] | None = None
        python = suffix in (".py", ".pyi")
        if python:
            blocks, notes = _python(text, notes)
        if blocks is None:
            blocks = blocks_of(text, _MARKS.get(suffix, _HASHES))
        language = "python" if python else suffix[1:]
        return Parsed(text, blocks, PurePosixPath(key).name, (), {"code": language}, f"text/x-{language}", notes)


def _python(text: str, notes: tuple[str, ...]) -> tuple[tuple[Block, ...] | None, tuple[str, ...]]:
    try:
        return python_blocks(text), notes
    except SyntaxError as error:
        return None, (*notes, f"line {error.lineno or 1} is no Python of this version: {error.msg}; read by its indent")
    except ValueError as error:
        return None, (*notes, f"it is no Python: {error}; read by its indent")
