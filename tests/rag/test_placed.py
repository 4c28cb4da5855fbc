"""Fields by place, and how files are parsed: settings of a pipeline that reach the text and the index."""

import pytest
from pydantic import ValidationError

from mlwright.kernel.ids import Ref
from mlwright.models.embed.hashing import Config as Hashing
from mlwright.rag.compute._dividing import Divider
from mlwright.rag.placed import placed
from mlwright.rag.shelf import Shelf
from mlwright.rag.spec import ParseSpec, PipelineSpec
from mlwright.rag.types import Chunk, Span


@pytest.mark.parametrize(
    ("pattern", "key", "expected"),
    [
        ("guides/{product}/**", "guides/pump/a/b.md", "pump"),
        ("guides/{product}/**", "guides/a.md", None),
        ("**/{product}.md", "a/b/pump.md", "pump"),
        ("**/{product}.md", "pump.md", "pump"),
        ("*-{product}.md", "x-pump.md", "pump"),
        ("{product}/*.md", "a/b/c.md", None),
        ("a.b/{product}", "aXb/pump", None),
    ],
)
def test_a_pattern_gives_its_field(pattern: str, key: str, expected: str | None) -> None:
    assert placed({"product": pattern}, key) == ({} if expected is None else {"product": expected})


def test_labels_are_a_set() -> None:
    assert placed({"acl": "{acl}/**"}, "hr/pay.md") == {"acl": ("hr",)}


@pytest.mark.parametrize(
    "meta", [{"product": "guides/**"}, {"product": "{other}/**"}, {"product": "{product}/{product}"}]
)
def test_a_pattern_that_does_not_name_its_field_is_refused(meta: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="has to name it once"):
        PipelineSpec(documents="docs", meta=meta)


def shelf(**fields: object) -> Shelf:
    return Shelf.of("p", PipelineSpec.model_validate({"documents": "docs", **fields}), Hashing().build())


def test_what_changes_the_text_makes_another_shelf_and_what_caps_it_does_not() -> None:
    usual = shelf()
    assert shelf(parse={"timeout": "90s", "memory": "4 GiB", "size": "128 MB", "pages": 9}) == usual
    assert shelf(parse={"ocr": "never"}).cutting != usual.cutting
    assert shelf(parse={"languages": "deu"}).parsing != usual.parsing
    other = shelf(meta={"product": "{product}/**"})
    assert (other.cutting, other.name == usual.name) == (usual.cutting, False)


def test_the_place_counts_more_than_the_document() -> None:
    ref = Ref("chunk", "1")
    chunk = Chunk(
        ref, ref, ref, "hr/pay.md", "Pay", ("Pay", "Rates"), Span(0, 1, 1, 1, 3), "x", 1,
        {"acl": ("everybody",), "lang": "en", "tags": ("a", "b")},
    )  # fmt: skip
    names = ["acl", "lang", "tags", "page", "section", "key", "folder", "title"]
    assert shelf(meta={"acl": "{acl}/**"}, index={"metadata": names}).meta(chunk) == {
        "acl": ("hr",), "lang": "en", "tags": ("a", "b"), "page": "3", "section": ("Pay", "Rates"),
        "key": "hr/pay.md", "folder": "hr", "title": "Pay",
    }  # fmt: skip


def test_the_caps_of_a_pipeline_reach_its_parsers() -> None:
    divider = Divider(PipelineSpec(documents="docs").chunk, Hashing().build(), ParseSpec(size=1 << 20), workers=1)
    try:
        [found] = divider.divide([(b"word " * 300_000, "long.md")])
    finally:
        divider.close()
    assert getattr(found, "reason", "") == "too_large"
