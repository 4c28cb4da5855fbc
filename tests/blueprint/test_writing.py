"""What is written reads back: YAML text, edits that keep comments, differences, and the schema."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.blueprint import Edit, diff, edited, from_text, schema
from mlwright.blueprint.nodes import plain_data
from mlwright.blueprint.reading import read_text
from mlwright.blueprint.writing import to_yaml
from mlwright.kernel.errors import UserError

TEXT = """\
# keep me
system: {name: notes, risk: minimal}   # and me
data: {sources: {docs: {use: files, path: "docs/**/*.md"}}}
rag:
  docs:
    documents: docs
    retrieve: {top: 50, keep: 6}       # six
serving: {endpoints: {answer: {handler: rag.docs}}}
"""

PLAIN = st.characters(exclude_categories=["Cs"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(PLAIN, max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(PLAIN, max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(PLAIN, max_size=8), VALUES, min_size=1, max_size=3))
def test_any_data_reads_back_as_it_was_written(data: dict[str, Any]) -> None:
    assert plain_data(read_text(to_yaml(data), "f.yaml")) == data


def test_numbers_that_are_none_read_back() -> None:
    back = plain_data(read_text(to_yaml({"a": math.inf, "b": -math.inf, "c": math.nan}), "f.yaml"))
    assert (back["a"], back["b"], math.isnan(back["c"])) == (math.inf, -math.inf, True)


def test_an_edit_leaves_the_rest_alone() -> None:
    changed = edited(TEXT, [Edit("rag.docs.retrieve.keep", "4"), Edit("serving.endpoints.answer.cache.exact", "1h")])
    assert "# keep me" in changed
    assert "# and me" in changed
    assert "# six" in changed
    blueprint = from_text(changed)
    assert blueprint.rag["docs"].retrieve.keep == 4
    assert blueprint.serving.endpoints["answer"].cache.exact == 3600
    assert "keep" not in edited(TEXT, [Edit("rag.docs.retrieve.keep", None)]).split("keep me")[1]


def test_an_edit_through_a_word_is_refused() -> None:
    with pytest.raises(UserError, match="leads into"):
        edited(TEXT, [Edit("rag.docs.documents.x", "1")])


def test_differences_say_what_they_mean() -> None:
    old = from_text(TEXT)
    new = from_text(
        TEXT.replace("keep: 6", "keep: 5").replace("documents: docs", "documents: docs\n    chunk: {by: fixed}")
    )
    found = {change.path: change for change in diff(old, new)}
    assert found["rag.docs.retrieve.keep"].effect == "release"
    assert (found["rag.docs.chunk.by"].old, found["rag.docs.chunk.by"].new) == ("structure", "fixed")
    assert found["rag.docs.chunk.by"].effect == "reindex"
    assert "index" in found["rag.docs.chunk.by"].means
    assert diff(old, old) == []


def test_the_schema_holds_every_reference_it_makes() -> None:
    whole = schema()
    text = json.dumps(whole)
    names = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}
    assert names <= set(whole["$defs"])
    assert all("description" in field for field in whole["properties"].values())
