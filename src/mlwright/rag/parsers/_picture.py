"""Draws a page as a PNG: the picture that people see beside its text."""

import struct
import zlib

import numpy as np
import pypdfium2 as pdfium

_LONGEST = 4000
"""Pixels of height: a page that is longer is drawn smaller, so that no page fills the memory."""
_BELOW = 1 - 1e-6
"""Pixels are rounded up."""
_UP = 2


def picture(page: pdfium.PdfPage, width: int) -> bytes:
    """The page at this width, or smaller where it would be too long."""
    wide, high = (max(1.0, side) for side in page.get_size())
    bitmap = page.render(scale=min(width / wide, _LONGEST / high) * _BELOW, rev_byteorder=True)
    try:
        return _png(bitmap.to_numpy())
    finally:
        bitmap.close()


def _png(pixels: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> bytes:
    """Rows are written as differences from the row above, which makes text and photographs small."""
    high, wide, channels = pixels.shape
    rows = np.empty((high, 1 + wide * channels), dtype=np.uint8)
    flat = pixels.reshape(high, -1)
    rows[:, 0] = _UP
    rows[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])
    colour = {1: 0, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", wide, high, 8, colour, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in parts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
