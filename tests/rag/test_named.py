"""Filters that a question names: known values and dates, and never a guess that hides everything."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from mlwright.kernel import aio
from mlwright.kernel.ids import Ref
from mlwright.rag import PipelineSpec, Rag
from mlwright.rag.conditions import All, Between, Filter, Is
from mlwright.rag.named import Named
from mlwright.rag.types import Meta, Turn
from mlwright.testing.documents import MemoryDocuments

STATE = Ref("index", "one")
METAS: list[Meta] = [
    {"product": "Pump X", "lang": "en", "tags": ("Café", "safety"), "updated": "2026-03-01"},
    {"product": "pump", "lang": "it", "updated": "2025-12-24T10:00:00"},
    {"product": "boiler"},
]


def named(question: str, *fields: str) -> Filter | None:
    return Named(fields or ("product", "lang", "tags", "updated"), lambda: METAS).filter_of(question, STATE)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("How is PUMP X bled?", Is("product", ("Pump X",))),
        ("How is the pump bled?", Is("product", ("pump",))),
        ("Is a boiler louder than it?", Is("product", ("boiler",))),
        ("boiler or pump?", Is("product", ("boiler", "pump"))),
        ("café rules of the boiler", All((Is("product", ("boiler",)), Is("tags", ("Café",))))),
        ("Everything except the boiler", None),
        ("anything without a pump x, and not the boiler", None),
        ("Are boilers en vogue?", None),
        ("", None),
        ("What changed since 2026?", Between("updated", "2026")),
        ("What changed after March 2026?", Between("updated", "2026-04")),
        ("News before 2026-01-01", Between("updated", high="2026-01-01", high_open=True)),
        ("News until december 2025", Between("updated", high="2026-01", high_open=True)),
        ("What was new in 2025?", Between("updated", "2025", high="2026", high_open=True)),
        ("News on 2024-02-29", Between("updated", "2024-02-29", high="2024-03-01", high_open=True)),
        ("News on 2025-02-29 or in 2026-13", None),
        ("between 2025 and March 2026", Between("updated", "2025", high="2026-04", high_open=True)),
        ("in 2026 pieces, since 2026-w", Between("updated", "2026", high="2027", high_open=True)),
        ("error in 20261", None),
    ],
)
def test_what_a_question_names(question: str, found: Filter | None) -> None:
    assert named(question) == found


def test_fields_without_dates_are_not_asked_for_dates() -> None:
    assert named("since 2026", "product", "lang") is None


def test_documents_are_read_once_for_each_state_of_the_index() -> None:
    asked = list[int]()

    def documents() -> list[Meta]:
        asked.append(1)
        return METAS

    reader = Named(("product",), documents)
    for state in ("one", "one", "two"):
        assert reader.filter_of("the boiler " + "and so on " * 10_000, Ref("index", state)) == Is(
            "product", ("boiler",)
        )
    assert len(asked) == 2


def test_a_question_is_searched_among_what_it_names(pipeline: Callable[..., Rag], documents: MemoryDocuments) -> None:
    text = "# Service\n\nThe seal is replaced every {} weeks."
    documents.files = {
        f"{name}/a.md": text.format(n).encode() for n, name in enumerate(("boilers", "pumps", "valves"), start=2)
    }
    rag = pipeline(
        meta={"product": "{product}/**"},
        index={"metadata": ["product"]},
        retrieve={"extract": ["product"], "min_score": 0.1},
    )
    aio.run(rag.ingest())
    found = aio.run(rag.retrieve("How often is the seal of pumps replaced?", explain=True))
    assert [hit.chunk.key for hit in found.hits] == ["pumps/a.md"]
    assert found.filter == "product = pumps"
    assert {report.name: report.note for report in found.stages}["filter"] == "product = pumps"
    follow = aio.run(rag.retrieve("And why?", history=[Turn("How often is the seal of pumps replaced?", "Often.")]))
    assert [hit.chunk.key for hit in follow.hits] == ["pumps/a.md"]
    every = aio.run(rag.retrieve("How often is the seal replaced?"))
    assert len(every.hits) == 3 and every.filter == ""
    both = aio.run(rag.retrieve("How often is the seal of pumps replaced?", where={"product": "valves"}))
    assert [hit.chunk.key for hit in both.hits] == ["valves/a.md"]
    assert "left out" in {report.name: report.note for report in both.stages}["filter"]
    assert both.filter == "product = valves"


def test_only_indexed_fields_of_documents_can_be_named() -> None:
    for field in ("product", "section", "acl"):
        with pytest.raises(ValidationError, match=f"'{field}' is no field of documents in index.metadata .lang."):
            PipelineSpec.model_validate(
                {"documents": "d", "index": {"metadata": ["lang", "section", "acl"]}, "retrieve": {"extract": [field]}}
            )
