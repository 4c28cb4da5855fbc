"""Ids sort by time and never repeat; content ids depend on content alone."""

import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.kernel.ids import Ref, content_ref, digest, new_id, new_ref

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("aß\n\"'{}:,1 "),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
    max_leaves=12,
)
fields = st.dictionaries(st.text("xyz", min_size=1, max_size=3), json_values, max_size=5)


def test_ids_sort_by_creation_and_never_repeat() -> None:
    made = [new_id() for _ in range(5000)]
    assert made == sorted(set(made))
    assert {len(id_) for id_ in made} == {26}
    assert not set("".join(made)) & set("ilou"), "letters that people mistake for digits"


def test_ids_of_threads_never_repeat() -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.extend([new_id() for _ in range(2000)])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8000


def test_the_front_of_an_id_is_its_time() -> None:
    before = time.time_ns() // 1_000_000
    number = 0
    for letter in new_id():
        number = number * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(letter)
    assert before <= number >> 80 <= before + 600_000


@given(st.text("abc-_", min_size=1), st.text(min_size=1))
def test_a_reference_survives_being_written(kind: str, id_: str) -> None:
    assert Ref.parse(str(Ref(kind, id_))) == Ref(kind, id_)


@pytest.mark.parametrize("text", ["", ":", "answer", "answer:", ":x"])
def test_half_a_reference_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="write kind:id"):
        Ref.parse(text)


def test_references_sort_and_hash() -> None:
    assert sorted({Ref("b", "1"), Ref("a", "2"), Ref("a", "2")}) == [Ref("a", "2"), Ref("b", "1")]
    assert new_ref("run").kind == "run"


@given(fields)
def test_the_order_of_fields_does_not_matter(content: dict[str, object]) -> None:
    backwards = dict(reversed(list(content.items())))
    assert content_ref("index", content) == content_ref("index", backwards)


@given(fields, fields)
def test_other_content_has_another_name(one: dict[str, object], two: dict[str, object]) -> None:
    if content_ref("index", one) == content_ref("index", two):
        assert one == two
    assert content_ref("index", one) != content_ref("index", one, format=2)
    assert content_ref("index", one).id != content_ref("model", one).id


@pytest.mark.parametrize("value", [{1, 2}, object(), b"bytes", float("nan"), float("inf"), "\ud800"])
def test_what_is_not_json_has_no_name(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        content_ref("index", {"x": value})


def test_a_content_name_is_the_same_on_every_day_and_machine() -> None:
    known = "index:" + content_ref("index", {"chunk": "structure", "ü": [1, 2.5, None, True]}).id
    code = (
        "from mlwright.kernel.ids import content_ref;"
        "print(content_ref('index', {'\\u00fc': [1, 2.5, None, True], 'chunk': 'structure'}))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == known == "index:ab07f26bf50c999e0a848f6bdd8b9c6f"
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
