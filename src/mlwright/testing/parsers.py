"""The conformance suite of a parser part: subclass it in a test and give it `config` and `samples`.

class TestMine(ParserSuite):
    config = Config(use="mine")
    samples = ((b"some bytes", "a.mine"),)
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from typing import ClassVar, Literal, get_args

from mlwright.kernel.errors import MlwrightError, NotFound, Unreadable
from mlwright.rag.parse import Reader
from mlwright.rag.parsers import ParserPart
from mlwright.rag.parsers._language import finished
from mlwright.rag.types import BlockKind, Parsed


class Hostile(ParserPart):
    """A parser that does what a hostile document does to a weak one, to test what stands around parsers."""

    use: str = "hostile"
    suffixes: ClassVar[tuple[str, ...]] = (".hostile",)
    media_type: ClassVar[str] = "text/hostile"
    draws: ClassVar[bool] = True
    does: Literal["hang", "crash", "fill", "raise", "nest", "print", "spin", "environment", "start"] = "hang"

    def build(self) -> "HostileParser":
        return HostileParser(self.does)


class HostileParser:
    """Misbehaves for files that start with `bad`; others come back as they are. What `start` starts writes into the
    file that is named after `bad `, at its beginning and at its end."""

    def __init__(self, does: str) -> None:
        self._does = does

    def parse(self, data: bytes, key: str) -> Parsed:
        if data.startswith(b"bad"):
            self._misbehave(data)
        text = " ".join(sorted(os.environ)) if self._does == "environment" else data.decode("utf-8")
        return Parsed(text, ())

    def draw(self, data: bytes, key: str, page: int, width: int) -> bytes:
        return self.parse(data, key).text.encode()

    def _misbehave(self, data: bytes) -> None:
        if self._does == "hang":
            time.sleep(3600)
        elif self._does == "spin":
            while True:
                pass
        elif self._does == "crash":
            os.abort()
        elif self._does == "fill":
            _ = [bytes(1 << 24) for _ in range(1 << 20)]
        elif self._does == "raise":
            raise ValueError("the table of contents points at itself")
        elif self._does == "nest":
            self._misbehave(data)
        elif self._does == "start":
            helper = 'exec > "$0"; echo begun; sleep 20; echo ended'
            subprocess.run(["/bin/sh", "-c", helper, data[4:].decode()], check=False)  # noqa: S603
        elif self._does == "print":
            os.write(1, b"noise on the wire")


class ParserSuite:
    """What every parser does in the same way."""

    config: ClassVar[ParserPart]
    samples: ClassVar[tuple[tuple[bytes, str], ...]]
    """Files that it reads, with their names."""

    def test_blocks_are_in_order_and_inside_the_text(self) -> None:
        for parsed in self._parsed():
            end = 0
            for block in parsed.blocks:
                assert end <= block.start < block.end <= len(parsed.text), block
                assert parsed.text[block.start : block.end].strip(), block
                assert block.kind in get_args(BlockKind), block
                assert (1 <= block.level <= 6) == (block.kind == "heading"), block
                end = block.end

    def test_pages_start_in_order_and_inside_the_text(self) -> None:
        for parsed in self._parsed():
            assert list(parsed.pages) == sorted(parsed.pages)
            assert all(0 <= start <= len(parsed.text) for start in parsed.pages)

    def test_there_is_text_and_its_kind_is_named(self) -> None:
        for parsed in self._parsed():
            assert parsed.text.strip()
            assert "/" in parsed.media_type
            for value in parsed.meta.values():
                assert isinstance(value, str) or (value and all(isinstance(one, str) for one in value))

    def test_the_same_bytes_give_the_same_document(self) -> None:
        assert self._parsed() == self._parsed()

    def test_suffixes_are_lower_case_and_begin_with_a_dot(self) -> None:
        assert self.config.suffixes
        assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in self.config.suffixes)

    def test_the_reader_finds_it_and_brings_its_result_whole(self) -> None:
        with Reader(parsers=[self.config]) as reader:
            for (data, key), parsed in zip(self.samples, self._parsed(), strict=True):
                assert reader.read(data, key) == finished(parsed)

    def test_pages_are_drawn_where_the_part_says_so(self) -> None:
        with Reader(parsers=[self.config]) as reader:
            for (data, key), parsed in zip(self.samples, self._parsed(), strict=True):
                if not self.config.draws:
                    assert _raised(lambda: reader.draw(data, key, 1, 300)) is NotFound  # noqa: B023 (called at once)
                    continue
                pictures = [reader.draw(data, key, page, 300) for page in range(1, len(parsed.pages) + 1)]
                assert all(picture.startswith(b"\x89PNG") for picture in pictures)
                assert all(0 < int.from_bytes(picture[16:20], "big") <= 300 for picture in pictures)
                assert _raised(lambda: reader.draw(data, key, len(parsed.pages) + 1, 300)) is Unreadable  # noqa: B023

    def test_a_damaged_file_is_read_or_refused_with_a_reason(self) -> None:
        chance = random.Random(0)  # noqa: S311
        with Reader(parsers=[self.config], seconds=30) as reader:
            for data, key in self.samples * 4:
                damaged = bytearray(data)
                for _ in range(8):
                    damaged[chance.randrange(len(damaged))] = chance.randrange(256)
                for bad in (bytes(damaged), data[: chance.randrange(len(data))]):
                    try:
                        reader.read(bad, key)
                    except Unreadable as error:
                        assert error.reason
                        assert error.reason not in ("crashed", "timeout"), error

    def test_reading_the_settings_loads_nothing_heavy(self) -> None:
        module = type(self.config).__module__
        code = (
            f"import {module}, sys; heavy = {{'numpy', 'pypdfium2', 'trafilatura', 'lxml', 'markdown_it', 'ruamel'}};"
            "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
        )
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stderr

    def _parsed(self) -> list[Parsed]:
        parser = self.config.build()
        return [parser.parse(data, key) for data, key in self.samples]


def _raised(call: Callable[[], object]) -> type[MlwrightError] | None:
    try:
        call()
    except MlwrightError as error:
        return type(error)
    return None
