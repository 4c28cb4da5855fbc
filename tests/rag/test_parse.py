"""Reading files: the choice of a parser, and what happens around a hostile document."""

import os
import random
import sys
import threading
import time
from pathlib import Path

import pytest

from mlwright.kernel.errors import ProviderError, Unreadable
from mlwright.rag.parse import Reader, choose, every_parser
from mlwright.rag.types import Parsed
from mlwright.testing.parsers import Hostile

POSIX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux caps the memory of a process for sure")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n"
PAGE = b"<!DOCTYPE html><html><body><p>Some words.</p></body></html>"


def reason(reader: Reader, data: bytes, key: str) -> str:
    with pytest.raises(Unreadable) as caught:
        reader.read(data, key)
    assert key in caught.value.message
    assert caught.value.hint
    return caught.value.reason


@pytest.mark.parametrize(
    ("data", "key", "use"),
    [
        (b"# Title", "a.md", "markdown"),
        (b"# Title", "A.MARKDOWN", "markdown"),
        (b"words", "folder.md/a", "text"),
        (b"words", "a.txt", "text"),
        (b"words", "a.unheard-of", "text"),
        (b"words", "README", "text"),
        (PAGE, "a.html", "html"),
        (PAGE, "a.txt", "html"),
        (b"<p>a fragment</p>", "a.htm", "html"),
        (PDF, "a.pdf", "pdf"),
        (PDF, "a.txt", "pdf"),
        (b"junk before " + PDF, "a", "pdf"),
        (b"only text", "a.pdf", "text"),
        ("Grüße".encode("utf-16"), "a.md", "markdown"),
        ("Grüße aus Köln".encode("utf-16-le"), "a.txt", "text"),
        ("Grüße".encode("cp1252"), "a.md", "markdown"),
    ],
)
def test_content_chooses_before_the_name(data: bytes, key: str, use: str) -> None:
    assert choose(every_parser(), data, key).use == use


@pytest.mark.parametrize("key", ["a.md", "a.txt", "a.html", "a.png", "a"])
def test_binary_junk_is_named_as_such_whatever_its_name(key: str) -> None:
    with pytest.raises(Unreadable) as caught:
        choose(every_parser(), random.Random(0).randbytes(4000), key)
    assert caught.value.reason == "binary"


def test_empty_and_large_files_have_a_reason() -> None:
    with Reader(largest=100) as reader:
        assert reason(reader, b"", "a.md") == "empty"
        assert reason(reader, b" \n\t\n", "a.md") == "empty"
        assert reason(reader, b"x" * 101, "a.md") == "too_large"


@pytest.mark.parametrize(("does", "expected"), [("hang", "timeout"), ("spin", "timeout"), ("crash", "crashed")])
def test_a_lost_worker_is_replaced(does: str, expected: str) -> None:
    with Reader(parsers=[Hostile(does=does)], workers=1, seconds=1) as reader:
        assert reader.read(b"good", "a.hostile").text == "good"
        assert reason(reader, b"bad", "b.hostile") == expected
        assert reader.read(b"good", "c.hostile").text == "good"


@pytest.mark.parametrize(("does", "expected"), [("hang", "timeout"), ("crash", "crashed"), ("raise", "unreadable")])
def test_a_hostile_page_is_not_drawn_and_harms_nobody(does: str, expected: str) -> None:
    with Reader(parsers=[Hostile(does=does)], workers=1, seconds=1) as reader:
        assert reader.draw(b"good", "a.hostile", 1, 100) == b"good"
        with pytest.raises(Unreadable) as caught:
            reader.draw(b"bad", "b.hostile", 1, 100)
        assert caught.value.reason == expected
        assert reader.draw(b"good", "c.hostile", 1, 100) == b"good"


@POSIX
def test_what_a_parser_started_ends_with_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    listening = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with Reader(parsers=[Hostile(does="start")], workers=1, seconds=1.5) as reader:
        assert reason(reader, f"bad {pipe}".encode(), "a.hostile") == "timeout"
    os.set_blocking(listening, True)
    with os.fdopen(listening) as said:
        assert said.read() in ("begun\n", "")  # it would go on to its end otherwise


@POSIX
def test_memory_is_capped() -> None:
    with Reader(parsers=[Hostile(does="fill")], workers=1, memory=1 << 30) as reader:
        assert reason(reader, b"bad", "a.hostile") == "too_much_memory"
        assert reader.read(b"good", "b.hostile").text == "good"


@pytest.mark.parametrize(("does", "expected"), [("raise", "unreadable"), ("nest", "too_nested")])
def test_an_exception_of_a_parser_is_an_unreadable_file(does: str, expected: str) -> None:
    with Reader(parsers=[Hostile(does=does)], workers=1) as reader:
        assert reason(reader, b"bad", "a.hostile") == expected


def test_what_a_parser_prints_does_not_disturb() -> None:
    with Reader(parsers=[Hostile(does="print")], workers=1) as reader:
        assert reader.read(b"bad but loud", "a.hostile").text == "bad but loud"


def test_workers_see_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "secret")
    with Reader(parsers=[Hostile(does="environment")], workers=1) as reader:
        assert "SOME_API_KEY" not in reader.read(b"good", "a.hostile").text.split()


def test_modules_in_the_folder_at_hand_are_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("json", "struct", "mlwright"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(3)", "utf-8")
    monkeypatch.chdir(tmp_path)
    with Reader(workers=1) as reader:
        assert reader.read(b"words", "a.txt").text == "words"


@pytest.mark.parametrize("start", [b"<!--a-->" * 800, b"<" * 8000, b" " * 8000, b"<!--" * 2000])
def test_the_choice_takes_no_time_on_strange_beginnings(start: bytes) -> None:
    assert choose(every_parser(), start + b"words", "a.md").use == "markdown"


def test_many_come_in_order_with_errors_in_their_place() -> None:
    files = [(f"# Title {number}\n\nWords.".encode() if number % 5 else b"", f"{number}.md") for number in range(60)]
    with Reader(workers=2) as reader:
        results = list(reader.read_many(iter(files)))
    for number, result in enumerate(results):
        if number % 5:
            assert isinstance(result, Parsed)
            assert result.title == f"Title {number}"
        else:
            assert isinstance(result, Unreadable)
            assert result.reason == "empty"


def test_many_are_taken_no_faster_than_they_are_read() -> None:
    taken: list[int] = []

    def files() -> "list[tuple[bytes, str]]":
        for number in range(100):
            taken.append(number)
            yield b"words", f"{number}.txt"

    with Reader(workers=2) as reader:
        results = reader.read_many(files())
        next(results)
        assert len(taken) <= 6
        results.close()


def test_threads_share_a_reader() -> None:
    texts: list[str] = []
    with Reader(workers=2) as reader:
        threads = [
            threading.Thread(target=lambda n=number: texts.append(reader.read(b"%d" % n, "a.txt").text))
            for number in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(texts, key=int) == [str(number) for number in range(12)]


def test_a_closed_reader_says_so() -> None:
    reader = Reader(workers=1)
    reader.read(b"words", "a.txt")
    reader.close()
    reader.close()
    with pytest.raises(ProviderError, match="closed"):
        reader.read(b"words", "a.txt")


def test_text_comes_through_the_pipe_unchanged() -> None:
    source = "Grüße 🙂\r\n漢字\u2028x\x0b\n" * 20_000
    with Reader(workers=1) as reader:
        assert reader.read(source.encode(), "a.txt").text == source


def test_closing_while_a_document_hangs_ends_its_process() -> None:
    reader = Reader(parsers=[Hostile(does="hang")], workers=1, seconds=3600)
    failed: list[BaseException] = []

    def read() -> None:
        try:
            reader.read(b"bad", "a.hostile")
        except ProviderError as error:
            failed.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    while not reader.busy:
        time.sleep(0.01)
    reader.close()
    thread.join(30)
    assert not thread.is_alive()
    assert failed
