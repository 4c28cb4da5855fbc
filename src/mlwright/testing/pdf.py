"""Makes small PDF files for tests: words at places, page by page."""

import ctypes
import io

import pypdfium2 as pdfium
import pypdfium2.raw as raw

Placed = tuple[float, float, float, str]
"""Left and baseline in points from the lower left corner, size, words."""


def made(*pages: list[Placed], font: str = "Helvetica") -> bytes:
    """A PDF with these lines on its pages of 600 x 800 points."""
    document = pdfium.PdfDocument.new()
    for lines in pages:
        page = document.new_page(600, 800)
        for left, bottom, size, words in lines:
            item = raw.FPDFPageObj_NewTextObj(document.raw, font.encode(), size)
            encoded = (words + "\0").encode("utf-16-le")
            buffer = ctypes.create_string_buffer(encoded, len(encoded))
            raw.FPDFText_SetText(item, ctypes.cast(buffer, raw.FPDF_WIDESTRING))
            raw.FPDFPageObj_Transform(item, 1, 0, 0, 1, left, bottom)
            raw.FPDFPage_InsertObject(page.raw, item)
        page.gen_content()
        page.close()
    target = io.BytesIO()
    document.save(target)
    document.close()
    return target.getvalue()


def column(left: float, top: float, *lines: str, size: float = 10, step: float = 12) -> list[Placed]:
    """Lines below one another."""
    return [(left, top - step * number, size, line) for number, line in enumerate(lines)]
