"""The conformance suite of an index part: subclass it in a test and give it `config`.

class TestMine(IndexSuite):
    config = Config(use="mine")
"""

import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, ClassVar

import pytest

from mlwright.rag.indexes import Entry, Found, Index, IndexPart

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMS = 16
_WORDS = ["boiler", "valve", "pump", "gasket", "turbine", "rotor", "piston", "flange", "nozzle", "bearing"]


def vectors_of(count: int, seed: int = 0) -> "NDArray[np.float32]":
    """Unit vectors, shape (count, DIMS), the same for the same seed."""
    import numpy as np

    rows = np.random.default_rng(seed).standard_normal((count, DIMS)).astype(np.float32)
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def entries_of(count: int, seed: int = 0, prefix: str = "c") -> list[Entry]:
    """Entries with a few words each and a field `colour` of two values; every tenth has `rare: yes`."""
    random = Random(seed)  # noqa: S311
    return [
        Entry(
            f"{prefix}{number:05}",
            " ".join(random.choices(_WORDS, k=8)) + f" item{number}",
            {"colour": random.choice(("red", "blue")), **({"rare": "yes"} if number % 10 == 0 else {})},
        )
        for number in range(count)
    ]


def found_ids(found: Sequence[Found]) -> list[str]:
    return [one.id for one in found]


class IndexSuite:
    """What every index must do: see the contract in `mlwright/rag/indexes/__init__.py`."""

    config: ClassVar[IndexPart]
    kill_rounds: ClassVar[int] = 12

    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[Index]:
        index = self.open(tmp_path / "index")
        yield index
        index.close()

    def open(self, home: Path) -> Index:
        return self.config.build(home, DIMS)

    def test_an_empty_index_finds_nothing(self, index: Index) -> None:
        assert index.ids() == set()
        assert index.by_vector(vectors_of(1)[0], 5) == []
        assert index.by_words("boiler", 5) == []
        assert index.by_vector(vectors_of(1)[0], 5, {"colour": "red"}) == []

    def test_vector_search_is_exact(self, index: Index) -> None:
        entries, vectors = entries_of(300), vectors_of(300)
        index.apply(1, entries, vectors, [])
        for query in vectors_of(5, seed=9):
            scores = vectors @ query
            best = sorted(range(300), key=lambda row: -scores[row])[:10]
            found = index.by_vector(query, 10)
            assert found_ids(found) == [entries[row].id for row in best]
            assert found[0].score == pytest.approx(float(scores[best[0]]), abs=1e-4)

    def test_words_find_the_entry_that_has_them(self, index: Index) -> None:
        index.apply(1, entries_of(50), vectors_of(50), [])
        assert found_ids(index.by_words("where is item17?", 3))[0] == "c00017"
        assert index.by_words("zeppelin", 3) == []
        assert index.by_words("", 3) == []
        assert index.by_words('AND OR ( " field:x ~ * ^', 3) == []

    @pytest.mark.parametrize("where", [{"rare": "yes"}, {"rare": "yes", "colour": "red"}, {"colour": ["red", "blue"]}])
    def test_filters_keep_full_recall(self, index: Index, where: dict[str, str | list[str]]) -> None:
        entries = entries_of(400)
        index.apply(1, entries, vectors_of(400), [])
        wanted = {
            entry.id
            for entry in entries
            if all(
                entry.meta.get(name) in ([value] if isinstance(value, str) else value) for name, value in where.items()
            )
        }
        assert set(found_ids(index.by_vector(vectors_of(1, seed=3)[0], 400, where))) == wanted
        assert set(found_ids(index.by_words(" ".join(_WORDS), 400, where))) == wanted

    def test_a_filter_that_nothing_meets_finds_nothing(self, index: Index) -> None:
        index.apply(1, entries_of(20), vectors_of(20), [])
        nothing: list[dict[str, str | list[str]]] = [{"colour": "green"}, {"absent": "red"}, {"colour": []}]
        for where in nothing:
            assert index.by_vector(vectors_of(1)[0], 5, where) == []
            assert index.by_words("boiler", 5, where) == []

    def test_what_is_removed_is_not_found(self, index: Index) -> None:
        index.apply(1, entries_of(40), vectors_of(40), [])
        index.apply(2, [], vectors_of(0), ["c00003", "never there"])
        assert "c00003" not in index.ids()
        assert len(index.ids()) == 39
        assert "c00003" not in found_ids(index.by_vector(vectors_of(40)[3], 40))
        assert index.by_words("item3", 5) == []
        assert index.generation == 2

    def test_an_entry_may_be_replaced(self, index: Index) -> None:
        index.apply(1, entries_of(10), vectors_of(10), [])
        index.apply(2, [Entry("c00004", "zeppelin", {"colour": "green"})], vectors_of(1, seed=5), [])
        assert found_ids(index.by_words("zeppelin", 5)) == ["c00004"]
        assert index.by_words("item4", 5) == []
        assert found_ids(index.by_vector(vectors_of(1, seed=5)[0], 1, {"colour": "green"})) == ["c00004"]
        assert len(index.ids()) == 10

    def test_a_change_may_be_repeated(self, index: Index) -> None:
        for _ in range(3):
            index.apply(7, entries_of(10), vectors_of(10), ["c00099"])
        assert len(index.ids()) == 10
        assert index.generation == 7
        assert len(index.by_words("item4", 10)) == 1

    def test_it_is_the_same_after_reopening(self, tmp_path: Path) -> None:
        first = self.open(tmp_path / "index")
        first.apply(1, entries_of(60), vectors_of(60), [])
        first.apply(2, [], vectors_of(0), ["c00001"])
        query = vectors_of(1, seed=2)[0]
        before = (first.ids(), first.by_vector(query, 9), first.by_words("boiler item9", 9), first.generation)
        first.close()
        again = self.open(tmp_path / "index")
        assert (again.ids(), again.by_vector(query, 9), again.by_words("boiler item9", 9), again.generation) == before
        again.close()

    def test_a_second_reader_sees_the_last_change(self, tmp_path: Path) -> None:
        writer, reader = self.open(tmp_path / "index"), self.open(tmp_path / "index")
        for generation in range(1, 5):
            writer.apply(generation, entries_of(5, prefix=f"g{generation}-"), vectors_of(5, seed=generation), [])
            assert reader.generation == generation
            assert len(reader.ids()) == 5 * generation
            assert len(reader.by_words("item2", 9)) == generation
        writer.close()
        reader.close()

    def test_it_stays_small_under_many_updates(self, tmp_path: Path) -> None:
        index = self.open(tmp_path / "index")
        entries, vectors = entries_of(600), vectors_of(600)
        index.apply(1, entries, vectors, [])
        before = _bytes(tmp_path)
        for generation in range(2, 14):
            index.apply(generation, entries, vectors, [])
        assert len(index.ids()) == 600
        assert len(index.by_words("item7", 9)) == 1
        assert _bytes(tmp_path) < 3 * before
        index.close()

    def test_readers_in_threads_see_whole_changes_only(self, tmp_path: Path) -> None:
        from concurrent.futures import ThreadPoolExecutor

        index = self.open(tmp_path / "index")
        index.apply(1, entries_of(10, prefix="1-"), vectors_of(10), [])

        def read(_: int) -> bool:
            ids = {id_.partition("-")[0] for id_ in index.ids()}
            found = {id_.partition("-")[0] for id_ in found_ids(index.by_vector(vectors_of(1)[0], 50))}
            words = {id_.partition("-")[0] for id_ in found_ids(index.by_words(" ".join(_WORDS), 50))}
            return all(len(seen) == 1 for seen in (ids, found, words))

        with ThreadPoolExecutor(3) as pool:
            results = pool.map(read, range(300))
            for turn in range(2, 12):
                old = [f"{turn - 1}-{number:05}" for number in range(10)]
                index.apply(turn, entries_of(10, prefix=f"{turn}-"), vectors_of(10), old)
            assert all(results)
        index.close()

    def test_killed_at_any_moment_it_holds_the_old_or_the_new_state(self, tmp_path: Path) -> None:
        """A child applies changes that each replace all entries; it is killed at random moments and started again."""
        home, random = tmp_path / "index", Random(4)  # noqa: S311
        acknowledged = 0
        for _ in range(self.kill_rounds):
            child = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-c", _CHILD, str(home), self.config.model_dump_json(), type(self.config).__module__],
                stdout=subprocess.PIPE,
                text=True,
            )
            assert child.stdout is not None
            for _ in range(random.randrange(1, 6)):
                acknowledged = max(acknowledged, int(child.stdout.readline()))
            child.kill()
            acknowledged = max([acknowledged, *(int(line) for line in child.stdout if line.endswith("\n"))])
            child.wait()
            child.stdout.close()
            index = self.open(home)
            generation = index.generation
            assert generation >= acknowledged
            expected = {f"{generation}-{number:05}" for number in range(30)}
            assert index.ids() == expected
            assert set(found_ids(index.by_vector(vectors_of(1)[0], 99))) == expected
            assert set(found_ids(index.by_words(" ".join(_WORDS), 99))) == expected
            index.close()


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


_CHILD = textwrap.dedent(
    """
    import importlib, json, sys
    from pathlib import Path
    from mlwright.testing.index import DIMS, entries_of, vectors_of
    config = importlib.import_module(sys.argv[3]).Config.model_validate(json.loads(sys.argv[2]))
    index = config.build(Path(sys.argv[1]), DIMS)
    turn = index.generation
    while True:
        old = [f"{turn}-{number:05}" for number in range(30)]
        turn += 1
        index.apply(turn, entries_of(30, prefix=f"{turn}-"), vectors_of(30), old)
        print(turn, flush=True)
    """
)
