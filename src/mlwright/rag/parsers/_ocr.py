"""Recognises the characters of a page that is an image, by the program tesseract where it is installed."""

import os
import shutil
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import pypdfium2 as pdfium

from mlwright.rag.parsers._layout import Line

_DPI, _MOST_PIXELS = 200, 40_000_000
_SECONDS = 120
_SURE = 30
"""Of 100: words that tesseract is less sure of are left out, as specks and lines of drawings."""
_LARGE = 1.25
"""Lines so many times as high as the usual one are set in larger type; smaller differences are noise."""


@cache
def obstacle(languages: str) -> str:
    """What keeps this machine from recognising characters; empty where nothing does."""
    program = shutil.which("tesseract")
    if program is None:
        return "tesseract is not installed"
    try:
        listed = subprocess.run([program, "--list-langs"], capture_output=True, timeout=_SECONDS, check=True)  # noqa: S603
    except (subprocess.SubprocessError, OSError) as error:
        return f"tesseract does not start ({error})"
    known = (listed.stdout + listed.stderr).decode("utf-8", "replace").split()
    lacking = [language for language in languages.split("+") if language not in known]
    return f"tesseract lacks its data of {' and '.join(lacking)}" if lacking else ""


def recognised(page: pdfium.PdfPage, languages: str) -> list[Line] | None:
    """The lines that tesseract finds, in its reading order; None where it fails."""
    width, height = page.get_size()
    scale = min(_DPI / 72, (_MOST_PIXELS / max(1.0, width * height)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True)
    try:
        image = _pgm(bitmap)
        size = (bitmap.width, bitmap.height)
    finally:
        bitmap.close()
    command = [shutil.which("tesseract") or "tesseract", "stdin", "stdout", "-l", languages, "--dpi", str(_DPI), "tsv"]
    try:
        done = subprocess.run(  # noqa: S603 (the program that `which` found; no shell)
            command,
            input=image,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except (subprocess.SubprocessError, OSError):
        return None
    return _lines(_words(done.stdout.decode("utf-8", "replace")), size, scale)


def _pgm(bitmap: pdfium.PdfBitmap) -> bytes:
    """The picture in the plainest format there is, without the filling of its rows."""
    raw = bytes(bitmap.buffer)
    if bitmap.stride != bitmap.width:
        rows = (raw[start : start + bitmap.width] for start in range(0, bitmap.stride * bitmap.height, bitmap.stride))
        raw = b"".join(rows)
    return b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + raw


@dataclass(frozen=True, slots=True)
class _Word:
    line: tuple[str, ...]
    left: int
    top: int
    right: int
    bottom: int
    text: str


def _words(table: str) -> list[_Word]:
    """The words of tesseract's table: level, page, block, paragraph, line, word, left, top, width, height, how sure,
    text."""
    found = []
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) == 12 and cells[0] == "5" and float(cells[10]) >= _SURE and cells[11].strip():
            left, top, width, height = map(int, cells[6:10])
            found.append(_Word(tuple(cells[1:5]), left, top, left + width, top + height, cells[11].strip()))
    return found


def _lines(words: Sequence[_Word], size: tuple[int, int], scale: float) -> list[Line]:
    by_line: dict[tuple[str, ...], list[_Word]] = {}
    for word in words:
        by_line.setdefault(word.line, []).append(word)
    lines = [_line(some, size, scale) for some in by_line.values()]
    usual = statistics.median(line.size for line in lines) if lines else 0.0
    return [replace(line, size=line.size if line.size > _LARGE * usual else usual) for line in lines]


def _line(words: Sequence[_Word], size: tuple[int, int], scale: float) -> Line:
    text = " ".join(word.text for word in words)
    hyphen = text.endswith(("-", "\u00ad")) and text[-2:-1].isalpha()
    top, bottom = min(word.top for word in words), max(word.bottom for word in words)
    return Line(
        text=text[:-1] if hyphen else text,
        left=min(word.left for word in words) / size[0],
        right=max(word.right for word in words) / size[0],
        bottom=1 - bottom / size[1],
        top=1 - top / size[1],
        size=round((bottom - top) / scale),
        hyphen=hyphen,
    )
