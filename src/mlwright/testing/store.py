"""The conformance suite of a store engine: subclass it in a test and give it a fixture `store` with an empty one.

class TestMine(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path): ...
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mlwright.kernel.clock import Clock
from mlwright.kernel.errors import Conflict, MlwrightError, ProviderError, UserError
from mlwright.kernel.store import Store
from mlwright.kernel.stores import Connection
from mlwright.kernel.stores.sqlite import Sqlite

_ADD = "insert into pair (key, value) values (?, ?)"


class TightSqlite(Sqlite):
    """A SQLite file whose disk is full after so many pages of 4 KiB: `Store(TightSqlite(path, clock, pages=20))`."""

    def __init__(self, path: Path, clock: Clock, *, pages: int) -> None:
        super().__init__(path, clock)
        self._pages = pages

    def writer(self) -> Connection:
        connection = super().writer()
        connection.rows(f"pragma max_page_count = {self._pages}", ())
        return connection


class StoreSuite:
    """What every engine does in the same way."""

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        raise NotImplementedError("give the suite a fixture `store` with an empty store")

    @pytest.fixture
    def pairs(self, store: Store) -> Store:
        """The store, with a table."""
        store.write("create table pair (key bigint primary key, value text not null)")
        return store

    def test_a_written_row_is_read(self, pairs: Store) -> None:
        assert pairs.write(_ADD, (1, "one")) == 1
        assert pairs.rows("select * from pair") == [{"key": 1, "value": "one"}]
        assert pairs.one("select value from pair where key = ?", (1,)) == {"value": "one"}
        assert pairs.one("select value from pair where key = ?", (2,)) is None

    def test_rows_touched_are_counted(self, pairs: Store) -> None:
        pairs.write_many(_ADD, [(1, "a"), (2, "b"), (3, "b")])
        assert pairs.write("update pair set value = ? where value = ?", ("c", "b")) == 2
        assert pairs.write("delete from pair where key > ?", (9,)) == 0
        assert pairs.write(_ADD + " on conflict (key) do nothing", (1, "x")) == 0
        again = " on conflict (key) do update set value = excluded.value"
        assert pairs.write(_ADD + again, (1, "z")) == 1
        assert pairs.one("select value from pair where key = 1") == {"value": "z"}

    def test_values_come_back_as_they_went(self, store: Store) -> None:
        store.write("create table kind (id bigint, t text, d double precision, b blob)".replace("blob", _blob(store)))
        text, data = "ümlaut 漢字 🙂 'quoted' \"so\" % ? \\ \n", bytes(range(256))
        store.write("insert into kind values (?, ?, ?, ?)", (2**63 - 1, text, 0.1, data))
        store.write("insert into kind values (?, ?, ?, ?)", (-(2**63), "", -1e300, b""))
        store.write("insert into kind values (?, ?, ?, ?)", (None, None, None, None))
        first, second, third = store.rows("select * from kind order by id is null, id desc")
        assert first == {"id": 2**63 - 1, "t": text, "d": 0.1, "b": data}
        assert second == {"id": -(2**63), "t": "", "d": -1e300, "b": b""}
        assert third == {"id": None, "t": None, "d": None, "b": None}

    def test_numbers_have_the_same_types(self, pairs: Store) -> None:
        pairs.write_many(_ADD, [(1, "a"), (2, "b"), (4, "c")])
        row = pairs.one(
            "select count(*) as n, sum(key) as s, max(key) as m, avg(key) as a, min(key) > 0 as t from pair"
        )
        assert row is not None
        assert {name: (type(value), round(value, 6)) for name, value in row.items()} == {
            "n": (int, 3), "s": (int, 7), "m": (int, 4), "a": (float, 2.333333), "t": (int, 1),
        }  # fmt: skip
        assert pairs.one("select value from pair where key = ?", (True,)) == {"value": "a"}

    def test_marks_inside_strings_are_no_placeholders(self, pairs: Store) -> None:
        pairs.write("insert into pair (key, value) values (?, 'why? 100% ''so'' %s')  -- really?", (1,))
        assert pairs.rows("select value from pair where value like '%?%' and key = ?", (1,)) == [
            {"value": "why? 100% 'so' %s"}
        ]
        assert pairs.rows("select '?' as \"what?\", 7 % 4 as rest /* ? */") == [{"what?": "?", "rest": 3}]

    def test_text_compares_byte_by_byte(self, pairs: Store) -> None:
        pairs.write_many(_ADD, enumerate(["b", "a", "B", "_", "ä", "Z"]))
        assert [row["value"] for row in pairs.rows("select value from pair order by value")] == sorted(
            ["b", "a", "B", "_", "ä", "Z"]
        )
        assert pairs.rows("select key from pair where value like 'b'") == [{"key": 0}]

    def test_many_are_all_or_none(self, pairs: Store) -> None:
        with pytest.raises(Conflict):
            pairs.write_many(_ADD, [(1, "a"), (2, "b"), (1, "again")])
        assert pairs.rows("select * from pair") == []
        pairs.write_many(_ADD, [])

    def test_a_transaction_is_kept_or_dropped_whole(self, pairs: Store) -> None:
        with pairs.transaction() as transaction:
            transaction.write(_ADD, (1, "a"))
            assert transaction.one("select count(*) as n from pair") == {"n": 1}
            assert _elsewhere(lambda: pairs.rows("select * from pair")) == []
        with pytest.raises(ZeroDivisionError), pairs.transaction() as transaction:
            transaction.write_many(_ADD, [(2, "b"), (3, "c")])
            _ = 1 / 0
        assert pairs.rows("select key from pair") == [{"key": 1}]

    def test_the_store_joins_the_transaction_around_it(self, pairs: Store) -> None:
        with pytest.raises(ZeroDivisionError), pairs.transaction():
            pairs.write(_ADD, (1, "a"))
            pairs.write_many(_ADD, [(2, "b")])
            assert len(pairs.rows("select * from pair")) == 2
            _ = 1 / 0
        assert pairs.rows("select * from pair") == []

    def test_a_failed_part_leaves_the_rest(self, pairs: Store) -> None:
        with pairs.transaction() as transaction:
            transaction.write(_ADD, (1, "a"))
            with pytest.raises(Conflict), transaction.part():
                transaction.write(_ADD, (2, "b"))
                transaction.write(_ADD, (1, "again"))
            with pairs.transaction() as inner:
                inner.write(_ADD, (3, "c"))
        assert [row["key"] for row in pairs.rows("select key from pair order by key")] == [1, 3]

    def test_a_lone_transaction_sees_no_other_writer(self, pairs: Store) -> None:
        pairs.write(_ADD, (1, "0"))

        def count(times: int) -> None:
            for _ in range(times):
                with pairs.transaction() as transaction:
                    row = transaction.one("select value from pair where key = 1") or {}
                    transaction.write("update pair set value = ? where key = 1", (str(int(row["value"]) + 1),))

        _together(lambda: count(20), workers=6)
        assert pairs.one("select value from pair where key = 1") == {"value": "120"}

    def test_transactions_that_are_not_alone(self, pairs: Store) -> None:
        def add(key: int) -> None:
            with pairs.transaction(alone=False) as transaction:
                transaction.write(_ADD, (key, "x"))

        _together(*(lambda key=key: add(key) for key in range(8)))
        assert pairs.one("select count(*) as n from pair") == {"n": 8}

    def test_many_threads_write_at_once(self, pairs: Store) -> None:
        def write(start: int) -> None:
            for key in range(start, start + 50):
                pairs.write(_ADD, (key, "x"))
                assert pairs.one("select key from pair where key = ?", (key,)) == {"key": key}

        _together(*(lambda start=start: write(start) for start in range(0, 800, 50)))
        assert pairs.one("select count(*) as n from pair") == {"n": 800}

    def test_one_failing_writer_does_not_spoil_the_others(self, pairs: Store) -> None:
        pairs.write(_ADD, (0, "taken"))
        refused: list[MlwrightError] = []

        def write(start: int) -> None:
            for key in range(start, start + 20):
                pairs.write(_ADD, (key, "x"))
                try:
                    pairs.write(_ADD, (0, "mine"))
                except Conflict as error:
                    refused.append(error)

        _together(*(lambda start=start: write(start) for start in range(100, 900, 100)))
        assert (pairs.one("select count(*) as n from pair"), len(refused)) == ({"n": 161}, 160)

    def test_soon_is_there_after_flush(self, pairs: Store) -> None:
        for key in range(500):
            pairs.write_soon(_ADD, [(key, "soon")])
        pairs.flush()
        assert pairs.one("select count(*) as n from pair") == {"n": 500}

    def test_soon_happens_by_itself_and_in_order(self, pairs: Store) -> None:
        pairs.write_soon(_ADD, [(1, "soon")])
        assert pairs.write("update pair set value = 'later' where key = ?", (1,)) == 1
        pairs.write_soon(_ADD, [(2, "alone")])
        asked = threading.Event()
        for _ in range(500):
            if pairs.one("select value from pair where key = 2"):
                break
            asked.wait(0.02)
        assert pairs.one("select value from pair where key = 2") == {"value": "alone"}

    def test_what_soon_could_not_write_is_raised_by_flush(self, pairs: Store) -> None:
        pairs.write_soon(_ADD, [(1, "a")])
        pairs.write_soon(_ADD, [(1, "again")])
        pairs.write_soon(_ADD, [(2, "b")])
        with pytest.raises(Conflict):
            pairs.flush()
        pairs.flush()
        assert [row["key"] for row in pairs.rows("select key from pair order by key")] == [1, 2]

    def test_close_writes_what_is_queued(self, pairs: Store) -> None:
        pairs.write_soon(_ADD, [(1, "a")])
        pairs.close()
        pairs.close()
        for use in (lambda: pairs.rows("select 1"), lambda: pairs.write(_ADD, (2, "b"))):
            with pytest.raises(UserError, match="closed"):
                use()
        with pytest.raises(UserError, match="closed"):
            pairs.write_soon(_ADD, [(3, "c")])

    def test_flush_inside_a_transaction_is_refused(self, pairs: Store) -> None:
        with pairs.transaction(), pytest.raises(Conflict):
            pairs.flush()

    def test_reading_functions_do_not_write(self, pairs: Store) -> None:
        with pytest.raises(ProviderError, match="cannot be written"):
            pairs.rows("insert into pair (key, value) values (1, 'a') returning key")
        with pairs.transaction() as transaction:
            assert transaction.one("insert into pair (key, value) values (1, 'a') returning key") == {"key": 1}
        assert pairs.one("select count(*) as n from pair") == {"n": 1}

    def test_errors_are_ours(self, pairs: Store) -> None:
        with pytest.raises(Conflict):
            pairs.write(_ADD, (1, None))
        with pytest.raises(ProviderError, match="refused a statement"):
            pairs.rows("select * from nowhere")
        with pytest.raises(ProviderError, match="refused a statement"):
            pairs.write("selec nonsense")
        with pytest.raises(ProviderError, match="refused a statement"):
            pairs.write(_ADD, (1,))
        for odd in (object(), "\ud800", 2**70):
            with pytest.raises(UserError, match="cannot be kept"):
                pairs.write(_ADD, (odd, "x"))
        pairs.write(_ADD, (1, "still works"))

    def test_errors_of_the_caller_are_left_alone(self, pairs: Store) -> None:
        def broken() -> Iterator[tuple[int, str]]:
            yield 1, "a"
            raise ValueError("mine")

        with pytest.raises(ValueError, match="mine"), pairs.transaction() as transaction:
            transaction.write_many(_ADD, broken())
        with pytest.raises(ValueError, match="mine"):
            pairs.write_many(_ADD, broken())
        assert pairs.rows("select * from pair") == []

    def test_foreign_keys_hold(self, pairs: Store) -> None:
        pairs.write("create table child (pair bigint not null references pair (key))")
        with pytest.raises(Conflict):
            pairs.write("insert into child values (?)", (5,))


def _blob(store: Store) -> str:
    return "blob" if store.engine == "sqlite" else "bytea"


def _elsewhere(use: Callable[[], object]) -> object:
    found: list[object] = []
    _together(lambda: found.append(use()))
    return found[0]


def _together(*tasks: Callable[[], object], workers: int = 1) -> None:
    """Run all tasks at once, each `workers` times; the first error is raised here."""
    errors: list[BaseException] = []

    def run(task: Callable[[], object]) -> None:
        try:
            task()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks * workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
