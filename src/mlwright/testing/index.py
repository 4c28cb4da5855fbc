"""The conformance suite of an index part: subclass it in a test and give it `config`.

class TestMine(IndexSuite):
    config = Config(use="mine")
"""

import json
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import ClassVar

import pytest

from mlwright.kernel.errors import MlwrightError, NotFound, UserError
from mlwright.rag.conditions import Any, Is, matches
from mlwright.rag.indexes import Entry, Found, Index, IndexPart, Quantize, WordQuery
from mlwright.testing.entries import DIMS, WORDS, entries_of, some_filter, vectors_of


def found_ids(found: Sequence[Found]) -> list[str]:
    return [one.id for one in found]


class IndexSuite:
    """What every index must do: see the contract in `mlwright/rag/indexes/__init__.py`."""

    config: ClassVar[IndexPart]
    kill_rounds: ClassVar[int] = 8
    filters: ClassVar[int] = 60
    """How many random filters are compared with the reference."""
    upserts: ClassVar[int] = 150
    """How many single upserts must leave the index small."""
    crowd: ClassVar[int] = 600
    """How many entries there are meanwhile."""
    quantised: ClassVar[int] = 2000
    """How many entries quantised search is compared on."""
    recent: ClassVar[int] = 0
    """Bytes that versions of the last seconds may take on top, however large the index is."""
    reads: ClassVar[int] = 300
    """How often threads read while changes are written."""
    quantizes: ClassVar[tuple[Quantize, ...]] = ("f16", "i8", "binary")
    """How the engine can hold vectors; another one must be refused, with a UserError that names these."""

    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[Index]:
        index = self.open(tmp_path / "index")
        yield index
        index.close()

    def open(self, home: Path, quantize: Quantize = "none") -> Index:
        return self.config.build(home, DIMS, quantize)

    def settings(self) -> dict[str, object]:
        """What a child process makes the config of."""
        return self.config.model_dump(mode="json")

    def size(self, index: Index, home: Path) -> int:
        """Bytes of disk that the index takes."""
        return sum(path.stat().st_size for path in home.rglob("*") if path.is_file())

    def damageable(self, home: Path) -> list[Path]:
        """Files of which every byte counts."""
        return [path for path in sorted(home.rglob("*")) if path.is_file() and path.stat().st_size > 1000]

    def test_an_empty_index_finds_nothing(self, index: Index) -> None:
        assert index.ids() == set()
        assert index.by_vector(vectors_of(1)[0], 5) == []
        assert index.by_words("boiler", 5) == []
        assert index.by_vector(vectors_of(1)[0], 5, Is("colour", ("red",))) == []

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

    def test_filters_keep_full_recall(self, index: Index) -> None:
        """Against a reference that looks at every entry; filters are drawn at random."""
        entries, random = entries_of(400), Random(8)  # noqa: S311
        index.apply(1, entries, vectors_of(400), [])
        for _ in range(self.filters):
            where = some_filter(random, 3)
            wanted = {entry.id for entry in entries if matches(where, entry.meta)}
            assert set(found_ids(index.by_vector(vectors_of(1, seed=3)[0], 400, where))) == wanted, where
            assert set(found_ids(index.by_words(" ".join(WORDS), 400, where))) == wanted, where
            few = found_ids(index.by_vector(vectors_of(1, seed=3)[0], 5, where))
            assert few == found_ids(index.by_vector(vectors_of(1, seed=3)[0], 400, where))[:5], where
            assert len(index.by_words(" ".join(WORDS), 5, where)) == min(5, len(wanted)), where

    def test_a_filter_that_nothing_meets_finds_nothing(self, index: Index) -> None:
        index.apply(1, entries_of(20), vectors_of(20), [])
        for where in (Is("colour", ("green",)), Is("absent", ("red",)), Is("colour", ()), Any(())):
            assert index.by_vector(vectors_of(1)[0], 5, where) == []
            assert index.by_words("boiler", 5, where) == []

    def test_terms_may_have_weights(self, index: Index) -> None:
        texts = ("pump valve", "pump rotor", "rotor valve")
        index.apply(1, [Entry(str(number), text, {}) for number, text in enumerate(texts)], vectors_of(3), [])
        pump, rotor = index.terms("the pumps, rotors")
        assert found_ids(index.by_words(WordQuery({pump: 3.0, rotor: 1.0}), 3)) == ["1", "0", "2"]
        assert found_ids(index.by_words(WordQuery({pump: 0.5, rotor: 2.0}), 3)) == ["1", "2", "0"]
        assert index.by_words(WordQuery({}), 3) == []
        plain, same = index.by_words("pump rotor", 3), index.by_words(WordQuery({pump: 1.0, rotor: 1.0}), 3)
        assert plain == same
        assert index.document_frequency([pump, rotor, "zeppelin"]) == (3, {pump: 2, rotor: 2, "zeppelin": 0})

    def test_vectors_come_back_as_they_were(self, index: Index) -> None:
        index.apply(1, entries_of(20), vectors_of(20), [])
        assert index.vectors([]).shape == (0, DIMS)
        assert index.vectors(["c00007", "c00003"]) == pytest.approx(vectors_of(20)[[7, 3]], abs=1e-6)
        with pytest.raises(NotFound, match="nowhere"):
            index.vectors(["c00001", "nowhere"])

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
        assert found_ids(index.by_vector(vectors_of(1, seed=5)[0], 1, Is("colour", ("green",)))) == ["c00004"]
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
        entries, vectors = entries_of(self.crowd), vectors_of(self.crowd)
        for generation in range(1, 14):
            index.apply(generation, entries, vectors, [])
        assert len(index.ids()) == self.crowd
        assert len(index.by_words("item7", 9)) == 1
        index.prune()
        live = self.size(index, tmp_path)
        for generation in range(14, 14 + self.upserts):
            one = generation % self.crowd
            index.apply(generation, entries[one : one + 1], vectors[one : one + 1], [])
            assert generation % 50 or self.size(index, tmp_path) < 2.2 * live + self.recent
        assert index.stats().entries == self.crowd
        index.prune()
        assert self.size(index, tmp_path) < 1.2 * live
        index.close()

    def test_a_retained_generation_is_read_as_it_was(self, tmp_path: Path) -> None:
        index, random = self.open(tmp_path / "index"), Random(3)  # noqa: S311
        then: dict[int, set[str]] = {}
        query, where = vectors_of(1, seed=2)[0], Is("colour", ("red",))
        reds: dict[int, list[str]] = {}
        for generation in range(1, 9):
            new = entries_of(20, seed=generation, prefix=f"g{generation}-")
            gone = random.sample(sorted(index.ids()), min(15, len(index.ids())))
            index.apply(generation, new, vectors_of(20, seed=generation), gone)
            then[generation] = index.ids()
            reds[generation] = found_ids(index.by_vector(query, 7, where))
            index.retain([one for one in (2, 5, generation) if one <= generation])
        for reopened in (False, True):
            if reopened:
                index.prune()
                index.close()
                index = self.open(tmp_path / "index")
            assert index.retained() == [2, 5, 8]
            for generation in (2, 5, 8):
                assert index.ids(generation) == then[generation]
                assert found_ids(index.by_vector(query, 7, where, generation)) == reds[generation]
                assert set(found_ids(index.by_words(" ".join(WORDS), 500, at=generation))) == then[generation]
            for generation in (1, 7, 99):
                with pytest.raises(NotFound, match=str(generation)):
                    index.ids(generation)
        index.close()

    def test_pruning_forgets_what_nobody_sees(self, index: Index) -> None:
        index.apply(1, entries_of(50), vectors_of(50), [])
        index.retain([1])
        index.apply(2, entries_of(50, prefix="d"), vectors_of(50), [entry.id for entry in entries_of(50)])
        assert (index.stats().entries, index.stats().past, index.stats().dead) == (50, 50, 0)
        assert index.prune().entries == 0
        index.retain([])
        assert (index.stats().past, index.stats().dead) == (0, 50)
        assert index.prune().entries == 50
        assert (index.stats().entries, index.stats().past, index.stats().dead) == (50, 0, 0)
        assert index.ids() == {entry.id for entry in entries_of(50, prefix="d")}
        index.retain([1])  # what is gone stays gone
        assert index.retained() == [2]

    def test_a_damaged_byte_is_found_and_mended(self, tmp_path: Path) -> None:
        index = self.open(tmp_path / "sound")
        for generation in (1, 2):
            index.apply(generation, entries_of(40, prefix=f"{generation}-"), vectors_of(40, seed=generation), [])
        assert index.verify() == []
        assert index.repair() == []
        index.close()
        for number, sound in enumerate(self.damageable(tmp_path / "sound")):
            home = tmp_path / f"copy{number}"
            shutil.copytree(tmp_path / "sound", home)
            with (home / sound.relative_to(tmp_path / "sound")).open("r+b") as file:
                file.seek(sound.stat().st_size // 3)
                byte = file.read(1)
                file.seek(-1, 1)
                file.write(bytes([byte[0] ^ 4]))
            self._damage_is_found(home, sound.name)

    def _damage_is_found(self, home: Path, name: str) -> None:
        try:
            index = self.open(home)
        except MlwrightError:
            return  # found at once
        found = index.verify()
        assert found, name
        try:
            assert index.repair() == found
        except MlwrightError:
            return  # to be built again
        assert index.verify() == [], name
        assert index.ids() <= {entry.id for turn in (1, 2) for entry in entries_of(40, prefix=f"{turn}-")}
        index.close()

    @pytest.mark.parametrize("quantize", ["f16", "i8", "binary"])
    def test_quantised_search_finds_nearly_the_same(self, tmp_path: Path, quantize: Quantize) -> None:
        """Candidates are scored again, so what is found has the exact score."""
        if quantize not in self.quantizes:
            with pytest.raises(UserError, match=quantize):
                self.open(tmp_path / "small", quantize)
            return
        exact, small = self.open(tmp_path / "exact"), self.open(tmp_path / "small", quantize)
        entries, vectors = entries_of(self.quantised), vectors_of(self.quantised)
        for index in (exact, small):
            index.apply(1, entries[:-500], vectors[:-500], [])
            index.apply(2, entries[-500:], vectors[-500:], ["c00005"])
        assert small.stats().quantize == quantize
        same = 0
        for query in vectors_of(20, seed=9):
            wanted = {one.id: one.score for one in exact.by_vector(query, 10)}
            found = {one.id: one.score for one in small.by_vector(query, 10)}
            same += len(wanted.keys() & found.keys())
            assert all(found[id_] == pytest.approx(wanted[id_], abs=1e-3) for id_ in wanted.keys() & found.keys())
            where = Is("rare", ("yes",))
            assert found_ids(small.by_vector(query, 10, where)) == found_ids(exact.by_vector(query, 10, where))
        assert same >= (190 if quantize != "binary" else 150)  # signs of 16 numbers say little
        exact.close()
        small.close()

    def test_readers_in_threads_see_whole_changes_only(self, tmp_path: Path) -> None:
        from concurrent.futures import ThreadPoolExecutor

        index = self.open(tmp_path / "index")
        index.apply(1, entries_of(10, prefix="1-"), vectors_of(10), [])

        def read(_: int) -> bool:
            ids = {id_.partition("-")[0] for id_ in index.ids()}
            found = {id_.partition("-")[0] for id_ in found_ids(index.by_vector(vectors_of(1)[0], 50))}
            words = {id_.partition("-")[0] for id_ in found_ids(index.by_words(" ".join(WORDS), 50))}
            return all(len(seen) == 1 for seen in (ids, found, words))

        with ThreadPoolExecutor(3) as pool:
            results = pool.map(read, range(self.reads))
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
                [sys.executable, "-c", _CHILD, str(home), json.dumps(self.settings()), type(self.config).__module__],
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
            assert set(found_ids(index.by_words(" ".join(WORDS), 99))) == expected
            index.close()


_CHILD = textwrap.dedent(
    """
    import importlib, json, sys
    from pathlib import Path
    from mlwright.testing.entries import DIMS, entries_of, vectors_of
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
