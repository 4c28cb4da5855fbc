"""The `files` source: what it lists, what it refuses, and that it opens nothing it should not."""

import os
import shutil
import socket
import tempfile
import time
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from mlwright.data import Listed, Source
from mlwright.data.sources.files import Config
from mlwright.kernel.errors import NotFound, Unreadable
from mlwright.testing.source import check_source


def source_of(base: Path, path: str = "docs", **fields: object) -> Source:
    return Config.model_validate({"use": "files", "path": path, **fields}).build(base)


def listing(source: Source) -> dict[str, str]:
    """Reasons of the unreadable by key, empty for readable ones."""
    return {
        one.key if isinstance(one, Listed) else one[0]: "" if isinstance(one, Listed) else one[1].reason
        for one in source.list()
    }


def only(source: Source) -> Listed:
    (one,) = source.list()
    assert isinstance(one, Listed)
    return one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    return tmp_path / "docs"


def test_the_suite_of_sources(tmp_path: Path) -> None:
    def make(files: Mapping[str, bytes]) -> Source:
        place = tmp_path / "docs"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for key, content in files.items():
            (place / key).parent.mkdir(parents=True, exist_ok=True)
            (place / key).write_bytes(content)
        return source_of(tmp_path)

    check_source(make)


def test_a_pattern_chooses_and_names_from_its_first_wildcard(docs: Path) -> None:
    assert list(listing(source_of(docs.parent, "docs/**/*.md"))) == ["guide/install.md", "guide/use.md"]
    assert list(listing(source_of(docs.parent, "docs/*.{md,html}"))) == ["faq.html"]
    assert list(listing(source_of(docs, "../docs/guide/"))) == ["install.md", "use.md"]
    assert list(listing(source_of(Path("/nowhere"), str(docs)))) == ["faq.html", "guide/install.md", "guide/use.md"]


def test_one_file_may_be_named(docs: Path) -> None:
    assert list(listing(source_of(docs.parent, "docs/faq.html"))) == ["faq.html"]


def test_exclude_leaves_out_files_and_whole_folders(docs: Path) -> None:
    assert list(listing(source_of(docs.parent, exclude=["guide"]))) == ["faq.html"]
    assert list(listing(source_of(docs.parent, exclude=["guide/**"]))) == ["faq.html"]
    assert list(listing(source_of(docs.parent, exclude=["*.md"]))) == ["faq.html"]
    assert list(listing(source_of(docs.parent, exclude=["guide/u*.md", "*.html"]))) == ["guide/install.md"]


def test_hidden_files_are_left_out(docs: Path) -> None:
    (docs / ".git").mkdir()
    (docs / ".git" / "config.md").write_text("x", encoding="utf-8")
    (docs / ".env").write_text("secret", encoding="utf-8")
    assert not [key for key in listing(source_of(docs.parent)) if "." in key[0]]


def test_what_cannot_be_taken_has_its_reason(folder: Path) -> None:
    (folder / "empty.md").touch()
    (folder / "long.md").write_bytes(b"x" * 101)
    (folder / "good.md").write_bytes(b"x" * 100)
    (folder / "broken.md").symlink_to("nowhere")
    (folder / "self.md").symlink_to("self.md")
    os.mkfifo(folder / "pipe.md")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "s.md"))
        found = listing(source_of(folder.parent, max_size="100 B"))
    assert found == {
        "broken.md": "broken_link",
        "empty.md": "empty",
        "good.md": "",
        "long.md": "too_large",
        "pipe.md": "special_file",
        "s.md": "special_file",
        "self.md": "link_loop",
    }


def test_links_stay_inside_the_folder(folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text("secret", encoding="utf-8")
    (folder / "sub").mkdir()
    (folder / "sub" / "real.md").write_text("real", encoding="utf-8")
    (folder / "sub" / "up").symlink_to("..")
    (folder / "again").symlink_to("sub")
    (folder / "link.md").symlink_to("sub/real.md")
    (folder / "out.md").symlink_to(outside / "secret.md")
    (folder / "outdir").symlink_to(outside)
    assert listing(source_of(folder.parent)) == {
        "link.md": "",
        "out.md": "link_outside",
        "outdir": "link_outside",
        "sub/real.md": "",
        "sub/up": "link_loop",
    }


def test_a_link_to_a_hidden_folder_inside_is_followed_once(folder: Path) -> None:
    (folder / ".v3").mkdir()
    (folder / ".v3" / "a.md").write_text("a", encoding="utf-8")
    (folder / "current").symlink_to(".v3")
    (folder / "stable").symlink_to(".v3")
    assert listing(source_of(folder.parent)) == {"current/a.md": ""}


def test_the_folder_itself_may_be_a_link(docs: Path) -> None:
    (docs.parent / "linked").symlink_to("docs")
    assert "faq.html" in listing(source_of(docs.parent, "linked"))


def test_missing_and_empty_folders_name_the_place_and_the_pattern(folder: Path) -> None:
    with pytest.raises(NotFound) as missing:
        list(source_of(folder.parent, "nothing/**/*.md").list())
    assert str(folder.parent / "nothing") in missing.value.message
    assert "**/*.md" in missing.value.hint
    with pytest.raises(NotFound) as empty:
        list(source_of(folder.parent, "docs/*.md").list())
    assert str(folder) in empty.value.message
    assert "*.md" in empty.value.message


def test_names_are_composed_and_equal_names_are_refused(folder: Path) -> None:
    composed, decomposed = (unicodedata.normalize(form, "é.md") for form in ("NFC", "NFD"))
    (folder / decomposed).write_text("1", encoding="utf-8")
    source = source_of(folder.parent, "docs/é.md")
    if list(listing(source_of(folder.parent))) != [composed]:
        pytest.skip("this file system changes names")
    source = source_of(folder.parent)
    assert source.read(only(source)) == b"1"
    (folder / composed).write_text("2", encoding="utf-8")
    assert listing(source_of(folder.parent)) == {composed: "same_name"}


def test_names_that_are_not_utf8_are_escaped_and_read(folder: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/\xff.md")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system wants UTF-8")
    source = source_of(folder.parent)
    one = only(source)
    assert one.key == "\\xff.md"
    assert source.read(one) == b"x"


def test_a_stamp_stays_while_nothing_changes_and_is_unique_while_a_change_could_hide(folder: Path) -> None:
    source, first, second = source_of(folder.parent), "", ""
    while not first or time.time_ns() - (folder / "a.md").stat().st_ctime_ns > 50_000_000:  # too late to look
        (folder / "a.md").write_text("a", encoding="utf-8")
        first, second = only(source).stamp, only(source).stamp
    assert first != second, "changed just now: a second write in the same tick would not show"
    settle(folder / "a.md")
    assert only(source).stamp == only(source).stamp
    earlier = only(source)
    os.utime(folder / "a.md", ns=(1, (folder / "a.md").stat().st_mtime_ns))  # only ctime moves
    assert only(source).stamp != earlier.stamp


def settle(*files: Path) -> None:
    """Wait until a change is older than the clock tick of the file system."""
    while any(time.time_ns() - file.stat().st_ctime_ns < 60_000_000 for file in files):
        time.sleep(0.01)


def test_a_file_that_changed_kind_after_listing_is_not_opened(folder: Path) -> None:
    file = folder / "a.md"
    file.write_text("a", encoding="utf-8")
    source = source_of(folder.parent)
    one = only(source)
    file.unlink()
    with pytest.raises(NotFound):
        source.read(one)
    os.mkfifo(file)
    with pytest.raises(Unreadable) as pipe:
        source.read(one)
    assert pipe.value.reason == "special_file"
    file.unlink()
    (folder.parent / "secret").write_text("secret", encoding="utf-8")
    file.symlink_to(folder.parent / "secret")
    with pytest.raises(Unreadable) as link:
        source.read(one)
    assert link.value.reason == "link_outside"


def test_no_right_to_read_is_a_reason() -> None:
    with tempfile.TemporaryDirectory() as place, powerless(Path(place)):
        base = Path(place)
        (base / "docs" / "closed").mkdir(parents=True)
        for name in ("open.md", "secret.md"):
            (base / "docs" / name).write_text("x", encoding="utf-8")
        (base / "docs" / "secret.md").chmod(0)
        (base / "docs" / "closed").chmod(0)
        source = source_of(base)
        found = {one.key: one for one in source.list() if isinstance(one, Listed)}
        reasons = listing(source)
        try:
            assert reasons["closed"] == "no_permission"
            assert source.read(found["open.md"]) == b"x"
            with pytest.raises(Unreadable) as refused:
                source.read(found["secret.md"])
            assert refused.value.reason == "no_permission"
            (base / "docs").chmod(0)
            with pytest.raises(Unreadable):
                list(source.list())
        finally:
            (base / "docs").chmod(0o755)
            (base / "docs" / "closed").chmod(0o755)


@contextmanager
def powerless(place: Path) -> Iterator[None]:
    """Root may read everything, so let root be nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    place.chmod(0o777)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("path", ["", "/ ", "docs/**/../x", "a\0b", "{a,b}" * 12])
def test_patterns_that_cannot_be_meant_are_refused(path: str) -> None:
    with pytest.raises(ValidationError):
        Config(path=path)


def test_the_schema_takes_sizes_as_people_write_them() -> None:
    assert Config.model_json_schema()["properties"]["max_size"]["type"] == ["string", "number"]
