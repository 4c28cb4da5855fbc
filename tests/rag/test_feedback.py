"""Feedback: the best passages of a first search say what a second one looks for."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from mlwright.rag import Rag
from mlwright.rag.feedback import added, towards, weights, words
from mlwright.rag.fuse import Fused
from mlwright.rag.indexes import Index
from mlwright.testing.documents import MemoryDocuments

Open = Callable[..., Rag]
LENIENT = {"min_score": -1, "keep": 10}


class Splitting:
    """As much of an index as the words need: terms are words."""

    def terms(self, text: str) -> list[str]:
        return text.lower().split()


def fused(*scores: float) -> list[Fused]:
    return [Fused(f"c{number}", score, score, None) for number, score in enumerate(scores)]


def test_a_passage_counts_by_its_score() -> None:
    assert weights(fused(0.6, 0.2)) == pytest.approx([0.75, 0.25])
    assert weights(fused(0.0, 0.0)) == [0.5, 0.5]
    assert weights(fused(-1.0, 1.0)) == [0.0, 1.0]


def test_terms_are_those_of_the_question_and_the_most_common_of_the_passages() -> None:
    """RM3 by hand: P(pump) = 1 x 2/4, P(valve) = P(x1) = 1/4; the best two are kept and scaled to sum 1."""
    index: Index = Splitting()  # type: ignore[assignment]
    query = words(index, "pump noise", ["pump pump valve x1"], [1.0], terms=2)
    assert query.terms == pytest.approx(
        {"pump": 0.6 / 2 + 0.4 * (0.5 / 0.75), "noise": 0.6 / 2, "valve": 0.4 * (0.25 / 0.75)}
    )
    assert sum(query.terms.values()) == pytest.approx(1.0)
    assert added(index, "pump noise", query) == ["valve"]
    assert words(index, "", [""], [1.0], terms=5).terms == {}


def test_a_vector_moves_towards_the_passages_and_keeps_its_length() -> None:
    moved = towards(np.array([1, 0], np.float32), np.array([[0, 1], [0, 1]], np.float32), [0.5, 0.5])
    assert moved == pytest.approx(np.array([1, 0.6]) / np.hypot(1, 0.6))
    assert moved.dtype == np.float32


def test_what_shares_no_word_with_the_question_is_found(pipeline: Open, documents: MemoryDocuments) -> None:
    """`cavitation` leads to `impeller`, which alone leads to the second document."""
    filler = {f"other{n}.txt": f"Paragraph {n} is about lamps, doors and the colour of wall {n}." for n in range(20)}
    documents.files = {
        key: text.encode()
        for key, text in {
            "cavitation.txt": "Cavitation erodes the impeller. The impeller of the pump then sings.",
            "impeller.txt": "Each impeller is cast from bronze and balanced by hand.",
            **filler,
        }.items()
    }

    def keys(**retrieve: object) -> list[str]:
        rag = pipeline(retrieve={"fuse": "keyword", **LENIENT, **retrieve})
        asyncio.run(rag.ingest())
        found = asyncio.run(rag.retrieve("cavitation", explain=True))
        stage = next((one for one in found.stages if one.name == "feedback"), None)
        assert (stage is not None) == ("feedback" in retrieve)
        if stage:
            assert "impel" in stage.note
            assert stage.candidates
        return [hit.chunk.key for hit in found.hits]

    assert keys() == ["cavitation.txt"]
    assert keys(feedback={}) == ["cavitation.txt", "impeller.txt"]


@pytest.mark.parametrize("fuse", ["convex", "rrf", "vector", "keyword"])
def test_it_works_with_every_way_to_fuse_and_with_nothing_found(pipeline: Open, fuse: str) -> None:
    rag = pipeline(retrieve={"fuse": fuse, "feedback": {}, **LENIENT}, index={"metadata": ["key"]})
    asyncio.run(rag.ingest())
    assert asyncio.run(rag.retrieve("How do I close the burner?")).hits[0].chunk.key == "guide.md"
    assert asyncio.run(rag.retrieve("burner", where={"key": "absent"})).hits == ()
    only = asyncio.run(rag.retrieve("burner", where={"key": "pumps.md"})).hits
    assert {hit.chunk.key for hit in only} <= {"pumps.md"}, "the second search keeps to the filter"
