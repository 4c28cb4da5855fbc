"""The conformance suite of a place for blobs: subclass it in a test and give it a fixture `blobs` with an empty one."""

import hashlib
import threading

import pytest

from mlwright.kernel.blobs import Blobs
from mlwright.kernel.errors import NotFound, UserError

_EMPTY = hashlib.sha256(b"").hexdigest()


class BlobsSuite:
    """What every place does in the same way."""

    @pytest.fixture
    def blobs(self) -> Blobs:
        raise NotImplementedError("give the suite a fixture `blobs` with an empty place")

    @pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 300], ids=["empty", "one byte", "75 kB"])
    def test_what_was_put_is_there_under_its_hash(self, blobs: Blobs, data: bytes) -> None:
        name = hashlib.sha256(data).hexdigest()
        assert not blobs.has(name)
        assert blobs.put(data) == name
        assert blobs.has(name)
        assert blobs.get(name) == data
        assert list(blobs.ids()) == [name]

    def test_putting_again_changes_nothing(self, blobs: Blobs) -> None:
        assert blobs.put(b"twice") == blobs.put(b"twice")
        assert blobs.put_many([b"twice", b"twice"]) == [blobs.put(b"twice")] * 2
        assert len(list(blobs.ids())) == 1

    def test_many_keep_their_order(self, blobs: Blobs) -> None:
        many = [b"%d" % number * (1 + 3000 * (number % 9)) for number in range(40)] + [b"0"]
        names = blobs.put_many(iter(many))
        assert names == [hashlib.sha256(data).hexdigest() for data in many]
        assert [blobs.get(name) for name in names] == many
        assert sorted(blobs.ids()) == sorted(set(names))
        assert all(map(blobs.has, names))
        assert blobs.put_many([]) == []

    def test_an_absent_blob_is_not_found(self, blobs: Blobs) -> None:
        assert not blobs.has(_EMPTY)
        with pytest.raises(NotFound, match=_EMPTY):
            blobs.get(_EMPTY)
        assert list(blobs.ids()) == []
        assert blobs.gc([]) == 0

    @pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "g" * 64, "/" * 64, "a" * 63 + "\n"])
    def test_other_names_are_refused(self, blobs: Blobs, name: str) -> None:
        with pytest.raises(UserError, match="not the name of a blob"):
            blobs.get(name)
        with pytest.raises(UserError, match="not the name of a blob"):
            blobs.has(name)

    def test_gc_drops_what_is_not_live(self, blobs: Blobs) -> None:
        small = blobs.put_many(b"%d" % number for number in range(20))
        large = blobs.put_many([b"large" * 10_000, b"huge" * 10_000])
        assert blobs.gc([]) == 0, "what was just put is spared"
        live = {*small[::2], large[0]}
        assert blobs.gc(live, age_s=-60) == 11
        assert set(blobs.ids()) == live
        assert [blobs.get(name) for name in small[::2]] == [b"%d" % number for number in range(0, 20, 2)]
        assert not blobs.has(small[1])
        with pytest.raises(NotFound):
            blobs.get(large[1])
        assert blobs.put(b"1") == small[1]
        assert blobs.get(small[1]) == b"1"

    def test_what_is_dropped_is_gone_at_once(self, blobs: Blobs) -> None:
        small = blobs.put_many(b"%d" % number for number in range(20))
        large = blobs.put_many([b"large" * 10_000, b"huge" * 10_000])
        blobs.drop([*small[:3], large[0], _EMPTY])
        assert set(blobs.ids()) == {*small[3:], large[1]}
        assert not any(blobs.has(name) for name in (*small[:3], large[0]))
        with pytest.raises(NotFound):
            blobs.get(small[0])
        assert [blobs.get(name) for name in small[3:]] == [b"%d" % number for number in range(3, 20)]
        blobs.drop([])
        with pytest.raises(UserError, match="not the name of a blob"):
            blobs.drop(["../../etc/passwd"])
        assert blobs.get(blobs.put(b"0")) == b"0"

    def test_many_threads_put_the_same(self, blobs: Blobs) -> None:
        errors: list[BaseException] = []

        def work() -> None:
            try:
                for number in range(10):
                    assert blobs.get(blobs.put(b"shared %d" % number)) == b"shared %d" % number
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert len(list(blobs.ids())) == 10
