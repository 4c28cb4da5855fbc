"""Server-sent events in any split."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.models.chat._sse import SseParser


def parse(chunks: list[bytes]) -> list[str]:
    parser = SseParser()
    return [data for chunk in chunks for data in parser.feed(chunk)] + list(parser.end())


def split(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[begin:end] for begin, end in pairwise(edges)]


values = st.lists(st.text(max_size=40).filter(lambda text: not set(text) & set("\r\n")), max_size=8)
noise = st.sampled_from(["", ": ping", "event: delta", "id: 7", "retry: 10", "data"])


@given(values, st.lists(noise, max_size=3), st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(0, 9999)))
def test_any_split_gives_the_same_events(texts: list[str], extra: list[str], end: str, cuts: list[int]) -> None:
    lines = [line for text in texts for line in (*(x for x in extra if x not in ("", "data")), f"data: {text}", "")]
    stream = "".join(line + end for line in lines).encode()
    assert parse(split(stream, cuts)) == texts


@given(st.binary(max_size=200), st.lists(st.integers(0, 9999)))
def test_any_bytes_are_read_alike_in_any_split(stream: bytes, cuts: list[int]) -> None:
    assert parse(split(stream, cuts)) == parse([stream])


def test_the_shapes_of_the_standard() -> None:
    stream = (
        b"\xef\xbb\xbf: hi\n\ndata:a\ndata:  b\n\nevent: x\ndata\n\ndata: " + json.dumps({"x": "ä"}).encode() + b"\n\n"
    )
    assert parse([stream]) == ["a\n b", "", '{"x": "\\u00e4"}']


def test_a_last_event_without_its_blank_line_is_given() -> None:
    assert parse([b"data: a\n\ndata: [DO", b"NE]"]) == ["a", "[DONE]"]


def test_an_endless_event_is_refused() -> None:
    parser = SseParser()
    with pytest.raises(ValueError, match="16 MiB"):
        for _ in range(40):
            list(parser.feed(b"x" * 1024 * 1024))
