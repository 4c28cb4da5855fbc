"""The suite of `mlwright.data.sources`: what every source must do, for authors of sources.

`check_source(make)` builds the source over given contents and raises AssertionError where the contract is broken:

    def test_my_source(tmp_path):
        check_source(lambda files: MySource(write(tmp_path, files)))
"""

from collections.abc import Callable, Mapping

from mlwright.data import Listed, Source
from mlwright.kernel.errors import NotFound, Unreadable

Make = Callable[[Mapping[str, bytes]], Source]
"""Puts exactly these contents in place (earlier ones are gone) and gives the source that reads them."""

_FIRST = {"b.md": b"# B\n", "a/one.txt": b"one", "a/\u00e4.txt": "ümlaut".encode(), "z.bin": bytes(range(256))}


def check_source(make: Make) -> None:
    """Run every check. Raises AssertionError that says what the source did."""
    _lists_in_order_and_reads(make)
    _sees_changes(make)
    _an_empty_file_is_unreadable(make)
    _gone_is_not_found(make)
    _nothing_at_all_is_not_found(make)


def _lists_in_order_and_reads(make: Make) -> None:
    source = make(_FIRST)
    listed = _listed(source)
    assert [one.key for one in listed] == sorted(_FIRST), f"`list` gives every key once, in order: {listed}"
    for one in listed:
        content = source.read(one)
        assert content == _FIRST[one.key], f"{one.key} was read as {content[:40]!r}"
        assert one.size == len(content), f"{one.key} has {len(content)} bytes, listed with {one.size}"
        assert one.modified.tzinfo is not None, f"{one.key} is listed with a time without zone"
    assert [one.key for one in _listed(source)] == sorted(_FIRST), "a second `list` gives the same keys"


def _sees_changes(make: Make) -> None:
    before = {one.key: one.stamp for one in _listed(make(_FIRST))}
    changed = _FIRST | {"b.md": b"# C\n"}
    source = make(changed)
    after = {one.key: one for one in _listed(source)}
    assert after["b.md"].stamp != before["b.md"], "equal size, other content: the stamp must differ"
    assert source.read(after["b.md"]) == b"# C\n", "the new content is read"


def _an_empty_file_is_unreadable(make: Make) -> None:
    found = list(make(_FIRST | {"empty.md": b""}).list())
    problems = [one for one in found if not isinstance(one, Listed)]
    assert [key for key, _ in problems] == ["empty.md"], f"one empty file, these problems: {problems}"
    error = problems[0][1]
    assert isinstance(error, Unreadable), f"a problem is an Unreadable, not {error!r}"
    assert error.reason == "empty", f"the reason of an empty file is `empty`, not {error.reason!r}"


def _gone_is_not_found(make: Make) -> None:
    listed = {one.key: one for one in _listed(make(_FIRST))}
    source = make({"b.md": b"# B\n"})
    try:
        content = source.read(listed["z.bin"])
    except NotFound:
        return
    raise AssertionError(f"a file that has gone was read as {content[:40]!r}; raise NotFound")


def _nothing_at_all_is_not_found(make: Make) -> None:
    source = make({})
    try:
        found = list(source.list())
    except NotFound as error:
        assert error.hint, "NotFound carries a remedy in its hint"
        return
    raise AssertionError(f"a source that holds nothing listed {found}; raise NotFound with a remedy")


def _listed(source: Source) -> list[Listed]:
    found = list(source.list())
    problems = [one for one in found if not isinstance(one, Listed)]
    assert not problems, f"readable files were listed as problems: {problems}"
    return [one for one in found if isinstance(one, Listed)]
