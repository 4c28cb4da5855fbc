"""The files behind the versions: their text, their pages as pictures, drawn apart from the server and kept."""

import asyncio
import struct
import zlib
from collections.abc import Callable

import pypdfium2 as pdfium
import pytest

from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound, Unreadable
from mlwright.kernel.ids import Ref
from mlwright.rag import Rag
from mlwright.rag.originals import WIDTH
from mlwright.testing.documents import MemoryDocuments
from mlwright.testing.pdf import column, made

Open = Callable[..., Rag]
MANUAL = made(
    column(50, 700, "The pump feeds the boiler.", "It never stops."),
    column(50, 700, "Open the valve slowly.", "Close it again."),
)
PAGE = "<!doctype html><title>Valves</title><script>alert(1)</script><p>It opens at 6 bar.</p>"


@pytest.fixture
def rag(pipeline: Open, documents: MemoryDocuments) -> Rag:
    documents.files = {"manual.pdf": MANUAL, "valves.html": PAGE.encode(), "old.txt": "Grüße".encode("cp1252")}
    opened = pipeline()
    asyncio.run(opened.ingest())
    return opened


def version(rag: Rag, key: str) -> Ref:
    return next(info.version for info in rag.documents() if info.key == key)


def pixels(png: bytes) -> tuple[int, int, bytes]:
    """Width, height and the rows of a PNG as it is written here: three bytes a pixel, differences from above."""
    at, packed, size = 8, b"", (0, 0)
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + length]
        assert zlib.crc32(name + body) == int.from_bytes(png[at + 8 + length : at + 12 + length], "big")
        size = struct.unpack(">II", body[:8]) if name == b"IHDR" else size
        packed += body if name == b"IDAT" else b""
        at += 12 + length
    wide, high = size
    raw, above, rows = zlib.decompress(packed), bytes(3 * wide), []
    for start in range(0, len(raw), 1 + 3 * wide):
        assert raw[start] == 2
        above = bytes((a + b) % 256 for a, b in zip(raw[start + 1 : start + 1 + 3 * wide], above, strict=True))
        rows.append(above)
    return wide, high, b"".join(rows)


def test_a_page_is_drawn_as_it_looks(rag: Rag) -> None:
    wide, high, drawn = pixels(rag.originals.picture(version(rag, "manual.pdf"), 2))
    bitmap = pdfium.PdfDocument(MANUAL)[1].render(scale=WIDTH / 600 * (1 - 1e-6), rev_byteorder=True)
    assert (wide, high) == (WIDTH, -(-800 * WIDTH // 600)) == (bitmap.width, bitmap.height)
    assert drawn == bitmap.to_numpy().tobytes()
    assert len(set(drawn)) > 2, "it is not blank"


def test_a_picture_is_kept_and_a_lost_one_is_drawn_again(rag: Rag, kernel: Kernel, documents: MemoryDocuments) -> None:
    name = version(rag, "manual.pdf")
    first, second = (rag.originals.picture(name, page) for page in (1, 2))
    assert first != second
    [kept] = [blob for blob in kernel.blobs.ids() if kernel.blobs.get(blob).endswith(first)]
    bytes_of, documents._bytes = documents._bytes, {}
    assert rag.originals.picture(name, 1) == first
    documents._bytes = bytes_of
    kernel.blobs.gc(set(kernel.blobs.ids()) - {kept}, age_s=-60)
    assert not kernel.blobs.has(kept)
    assert rag.originals.picture(name, 1) == first
    assert kernel.blobs.has(kept)


@pytest.mark.parametrize(("key", "page"), [("manual.pdf", 0), ("manual.pdf", 3), ("valves.html", 1)])
def test_a_page_that_is_not_there_is_not_found(rag: Rag, key: str, page: int) -> None:
    with pytest.raises(NotFound):
        rag.originals.picture(version(rag, key), page)


def test_a_page_that_is_too_much_is_refused(pipeline: Open, documents: MemoryDocuments) -> None:
    documents.files = {"manual.pdf": MANUAL}
    asyncio.run(pipeline().ingest())
    narrow = pipeline(parse={"size": 1000})
    with pytest.raises(Unreadable) as caught:
        narrow.originals.picture(version(narrow, "manual.pdf"), 1)
    assert caught.value.reason == "too_large"


def test_an_original_says_what_can_be_shown_of_it(rag: Rag) -> None:
    manual, page, old = (rag.originals.original(version(rag, key)) for key in ("manual.pdf", "valves.html", "old.txt"))
    assert (manual.data, manual.text, manual.pages) == (MANUAL, None, 2)
    assert (page.text, page.pages, page.media_type) == (PAGE, 0, "text/html")
    assert old.text == "Grüße"
    with pytest.raises(NotFound):
        rag.originals.original(Ref("version", "0" * 32))


def test_the_original_of_a_version_that_is_gone_is_kept(rag: Rag, documents: MemoryDocuments) -> None:
    gone = version(rag, "old.txt")
    del documents.files["old.txt"]
    asyncio.run(rag.ingest())
    assert rag.originals.original(gone).text == "Grüße"


def test_pictures_go_with_their_document(rag: Rag, kernel: Kernel, documents: MemoryDocuments) -> None:
    before, name = set(kernel.blobs.ids()), version(rag, "manual.pdf")
    page = rag.originals.picture(name, 1)
    rag.maps.map()
    assert len(set(kernel.blobs.ids()) - before) == 2
    del documents.files["manual.pdf"]
    asyncio.run(rag.ingest())
    assert set(kernel.blobs.ids()) == before, "neither its picture nor the map of what was indexed"
    assert rag.originals.picture(name, 1) == page
    assert set(kernel.blobs.ids()) == before, "a look at what is gone keeps nothing"
    assert rag.prune().derived == 0
