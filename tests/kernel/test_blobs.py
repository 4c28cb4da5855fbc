"""Blobs in a folder and on S3, and what is special about each."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlwright.kernel.blobs import Blobs, open_blobs
from mlwright.kernel.blobs._packs import packed, read_pack
from mlwright.kernel.blobs.local import LocalBlobs
from mlwright.kernel.errors import NotFound, ProviderError, TransientError, UserError
from mlwright.kernel.ids import digest
from mlwright.testing.blobs import BlobsSuite


class TestLocal(BlobsSuite):
    @pytest.fixture
    def blobs(self, tmp_path: Path) -> Blobs:
        return open_blobs(tmp_path / "blobs")


class TestS3(BlobsSuite):
    @pytest.fixture
    def blobs(self, s3_url: str) -> Blobs:
        return open_blobs(s3_url)


def _small(count: int, start: int = 0) -> list[bytes]:
    return [b"small %d" % number for number in range(start, start + count)]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]


def test_small_blobs_that_come_together_share_a_file(tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path)
    blobs.put_many([*_small(1000), b"large" * 10_000])
    assert len(_files(tmp_path)) == 2


def test_pack_moves_small_files_and_merges_packs(tmp_path: Path) -> None:
    blobs, other = LocalBlobs(tmp_path), LocalBlobs(tmp_path)
    names = [*map(blobs.put, _small(20)), *blobs.put_many(_small(20, 100)), blobs.put(b"large" * 10_000)]
    assert [other.get(name) for name in names]
    assert blobs.pack() == 20 + 40
    assert len(_files(tmp_path)) == 2
    for place in (blobs, other, LocalBlobs(tmp_path)):
        assert [digest(place.get(name)) for name in names] == names
        assert sorted(place.ids()) == sorted(names)
    assert blobs.pack() == 0


def test_another_process_sees_packs_made_later_and_gone(tmp_path: Path) -> None:
    writer, reader = LocalBlobs(tmp_path), LocalBlobs(tmp_path)
    names = writer.put_many(_small(20))
    assert all(map(reader.has, names))
    writer.gc(names[:5], age_s=-60)
    assert [reader.has(name) for name in names] == [True] * 5 + [False] * 15
    with pytest.raises(NotFound):
        reader.get(names[9])
    assert reader.put(b"small 9") == names[9]
    assert writer.get(names[9]) == b"small 9"


@pytest.mark.parametrize("together", [False, True], ids=["file", "pack"])
def test_damage_is_noticed(tmp_path: Path, together: bool) -> None:
    blobs = LocalBlobs(tmp_path)
    name = blobs.put_many(_small(20))[3] if together else blobs.put(b"alone")
    (file,) = _files(tmp_path)
    file.write_bytes(file.read_bytes().replace(b"small 3", b"SMALL 3").replace(b"alone", b"aLone"))
    with pytest.raises(ProviderError, match="damaged"):
        blobs.get(name)


def test_a_cut_pack_is_damaged(tmp_path: Path) -> None:
    LocalBlobs(tmp_path).put_many(_small(20))
    (file,) = _files(tmp_path)
    for size in (0, 5, file.stat().st_size - 1):
        os.truncate(file, size)
        with pytest.raises(ProviderError, match="damaged"):
            LocalBlobs(tmp_path).has(digest(b"small 1"))


def test_what_was_left_half_written_is_swept_and_never_seen(tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path)
    name = blobs.put(b"whole")
    half = tmp_path / name[:2] / ".0011223344556677.new"
    half.write_bytes(b"hal")
    assert list(blobs.ids()) == [name]
    assert blobs.gc([name]) == 0
    assert half.exists(), "it may be another process at work"
    assert blobs.gc([name], age_s=-60) == 0
    assert not half.exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(ProviderError, match="file/blobs cannot be read or written"):
        open_blobs(tmp_path / "file" / "blobs").put(b"x")


_KILLED = """
import sys
from pathlib import Path
from mlwright.kernel.blobs.local import LocalBlobs
blobs = LocalBlobs(Path(sys.argv[1]))
for number in range(1_000_000):
    names = blobs.put_many(b"%d" % n for n in range(number * 10, number * 10 + 10))
    names.append(blobs.put(b"alone %d" % number))
    if number % 7 == 6:
        blobs.pack()
    print("\\n".join(names), flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of Unix")
@pytest.mark.parametrize("lines", [30, 200, 731])
def test_what_put_acknowledged_survives_kill_9(tmp_path: Path, lines: int) -> None:
    with subprocess.Popen([sys.executable, "-c", _KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        acknowledged = [process.stdout.readline().strip() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
    blobs = LocalBlobs(tmp_path)
    assert [digest(blobs.get(name)) for name in acknowledged] == acknowledged
    assert all(digest(blobs.get(name)) == name for name in blobs.ids())


@given(st.sets(st.binary(max_size=40), max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
def test_a_pack_gives_back_what_it_was_given(tmp_path: Path, blobs: set[bytes]) -> None:
    path = tmp_path / "one.pack"
    named = {digest(data): data for data in blobs}
    path.write_bytes(b"".join(packed(named)))
    pack = read_pack(path)
    assert {name: pack.read(*found) for name in pack.names() if (found := pack.find(name))} == named
    assert pack.find(digest(b"something that was never put")) is None


def test_addresses() -> None:
    with pytest.raises(UserError, match="gopher:// is not a place"):
        open_blobs("gopher://hole")
    with pytest.raises(UserError, match="not the address of a bucket"):
        open_blobs("s3://")
    with pytest.raises(UserError, match="not the address of a bucket"):
        open_blobs("s3://bucket?secret=hush")


def test_a_damaged_object_is_noticed(s3_url: str, s3_endpoint: str) -> None:
    import obstore

    blobs = open_blobs(s3_url)
    name = blobs.put(b"fine")
    obstore.put(blobs._bucket, f"{name[:2]}/{name}", b"not fine")  # type: ignore[attr-defined]
    with pytest.raises(ProviderError, match="damaged"):
        blobs.get(name)


def test_a_bucket_that_is_not_there(s3_endpoint: str) -> None:
    blobs = open_blobs(f"s3://no-such-bucket?endpoint={s3_endpoint}&region=us-east-1")
    with pytest.raises((NotFound, TransientError), match="no-such-bucket"):
        blobs.put(b"x")
