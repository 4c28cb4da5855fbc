"""Reads server-sent events from bytes that arrive in any pieces, and gives the data of each event."""

from collections.abc import Iterator

_LONGEST = 16 * 1024 * 1024


class SseParser:
    """Feed it what the network gives; it yields the `data` of every finished event (lines joined by a newline).

    Lines end with CR, LF or both. Comments, other fields and a byte order mark are skipped, as the standard says.
    Raises ValueError for an event over 16 MiB, so that a broken server cannot fill the memory.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0
        self._start = True

    def feed(self, chunk: bytes) -> Iterator[str]:
        self._rest += chunk
        if self._start:
            if len(self._rest) < 3 and b"\xef\xbb\xbf".startswith(self._rest):
                return
            self._rest, self._start = self._rest.removeprefix(b"\xef\xbb\xbf"), False
        # A CR at the very end may be half of a CRLF: it waits for the next byte.
        held = b"\r" if self._rest.endswith(b"\r") else b""
        lines = self._rest[: len(self._rest) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = lines.pop() + held
        if self._size + len(self._rest) > _LONGEST:
            raise ValueError("an event of the stream is over 16 MiB")
        for line in lines:
            yield from self._line(line)

    def end(self) -> Iterator[str]:
        """The stream is over: an event whose last blank line was cut off is still given."""
        for line in self._rest.rstrip(b"\r").split(b"\n"):
            yield from self._line(line)
        self._rest = b""
        yield from self._line(b"")

    def _line(self, line: bytes) -> Iterator[str]:
        if not line:
            if self._data:
                yield b"\n".join(self._data).decode("utf-8", errors="replace")
            self._data, self._size = [], 0
            return
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
            self._size += len(value)
