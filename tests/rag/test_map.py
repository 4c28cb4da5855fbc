"""The map of an index: places, clusters with their words, outliers and near duplicates."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import NotFound
from mlwright.rag import Rag
from mlwright.rag.map.clusters import MOST, clustered, how_many, telling
from mlwright.rag.map.layout import CANDIDATES, layout, principal
from mlwright.rag.map.making import Drawn, draw
from mlwright.rag.map.neighbours import duplicates, nearest, outliers
from mlwright.testing.documents import MemoryDocuments

Vectors = NDArray[np.float32]
Open = Callable[..., Rag]
TOPICS = {
    "pumps": "The pump needs a seal. Grease the bearing of the pump. The seal wears out.",
    "boilers": "Light the burner of the boiler. The boiler holds hot water. A burner needs gas.",
    "lunch": "Soup is served at noon. The canteen cooks soup and bread. Bread comes with butter.",
}


def unit(vectors: NDArray[np.float64]) -> Vectors:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def groups(count: int = 40, topics: int = 4, dims: int = 16, spread: float = 0.15) -> tuple[Vectors, NDArray[np.intp]]:
    """Unit vectors around a few axes, and which axis each belongs to."""
    chance = np.random.default_rng(7)
    labels = np.repeat(np.arange(topics), count)
    return unit(np.eye(dims)[labels] + chance.normal(scale=spread, size=(count * topics, dims))), labels


def ranks(distances: NDArray[np.float64]) -> NDArray[np.intp]:
    return np.argsort(np.argsort(distances, axis=1), axis=1)


def trustworthiness(vectors: Vectors, plane: NDArray[np.float64], near: int = 8) -> float:
    """Of 1: how far the neighbours on the plane are neighbours in truth (Venna and Kaski 2001)."""
    count = len(vectors)
    true = ranks((1 - vectors @ vectors.T).astype(np.float64))
    shown = ranks(np.square(plane[:, None] - plane[None]).sum(axis=2))
    wrong = np.where((shown > 0) & (shown <= near), np.maximum(true - near, 0), 0).sum()
    return float(1 - 2 * wrong / (count * near * (2 * count - 3 * near - 1)))


def test_neighbours_are_the_nearest_others_in_order() -> None:
    vectors, _ = groups()
    found = nearest(vectors, 5)
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -2)
    np.testing.assert_array_equal(found.ids, np.argsort(-scores, axis=1, kind="stable")[:, :5])
    np.testing.assert_allclose(found.cosines, -np.sort(-scores, axis=1)[:, :5], atol=1e-6)
    assert nearest(vectors[:3], 5).ids.shape == (3, 2)
    assert nearest(vectors[:1], 5).near.tolist() == [1.0]


def test_a_vector_far_from_all_is_an_outlier_and_a_group_is_not() -> None:
    vectors, _ = groups()
    far = np.concatenate([vectors, unit(-np.ones((1, 16)))])
    found = outliers(nearest(far, 5).near, 10)
    assert found[0] == len(vectors)
    assert len(found) < 10
    assert outliers(nearest(vectors[:8], 5).near, 10) == [], "of so few nobody stands out"


def test_near_duplicates_are_named_once_and_counted() -> None:
    vectors, _ = groups(spread=0.3)
    almost = unit(vectors[:1].astype(np.float64) + 0.001)
    pairs, count = duplicates(np.concatenate([vectors, vectors[3:4], almost]), 1)
    assert pairs == [(3, len(vectors), pytest.approx(1.0, abs=1e-6))]
    assert count == 2
    assert duplicates(np.tile(vectors[:1], (1300, 1)), 3)[1] == 1300 * 1299 // 2


def test_the_plane_keeps_neighbourhoods_and_is_the_same_each_time() -> None:
    vectors, labels = groups()
    around = nearest(vectors, CANDIDATES)
    plane = layout(vectors, around)
    np.testing.assert_array_equal(plane, layout(vectors, around))
    assert plane.min() >= 0
    assert plane.max() <= 1
    assert trustworthiness(vectors, plane) > max(0.85, trustworthiness(vectors, principal(vectors)))
    closest = np.argsort(np.square(plane[:, None] - plane[None]).sum(axis=2), axis=1)[:, 1:6]
    assert (labels[closest] == labels[:, None]).mean() > 0.98


@pytest.mark.parametrize("count", [1, 2, 3, 24, 25, 26])
def test_few_vectors_and_equal_ones_have_places_too(count: int) -> None:
    vectors, _ = groups()
    for some in (vectors[:count], np.tile(vectors[:1], (count, 1))):
        plane = layout(some, nearest(some, CANDIDATES))
        assert plane.shape == (count, 2)
        assert np.isfinite(plane).all()
        assert ((plane >= 0) & (plane <= 1)).all()


def test_clusters_are_the_groups_by_size() -> None:
    vectors, labels = groups()
    some = np.concatenate([vectors, vectors[:20]])
    truth = np.concatenate([labels, labels[:20]])
    found, middles = clustered(some, 4)
    assert sorted(np.bincount(found).tolist(), reverse=True) == np.bincount(found).tolist() == [60, 40, 40, 40]
    assert all(len(set(found[truth == one])) == 1 for one in range(4))
    np.testing.assert_allclose(np.linalg.norm(middles, axis=1), 1, atol=1e-5)
    assert len(set(clustered(np.tile(vectors[:1], (6, 1)), 3)[0].tolist())) == 1, "equal vectors are one cluster"


@pytest.mark.parametrize(("count", "clusters"), [(1, 1), (2, 1), (8, 2), (100, 7), (5000, MOST)])
def test_how_many_clusters_there_are(count: int, clusters: int) -> None:
    assert how_many(count) == clusters


def test_telling_words_are_those_of_the_cluster_and_no_grammar() -> None:
    texts = [sentence for text in TOPICS.values() for sentence in text.split(". ")]
    stems = {"the": [], "of": [], "is": [], "at": [], "and": [], "with": [], "needs": ["need"], "pumps": ["pump"]}
    words = telling(texts, [0, 0, 0, 1, 1, 1, 2, 2, 2], lambda word: stems.get(word.lower(), [word.lower()]))
    assert {word.lower() for word in words[0]} == {"pump", "seal"}
    assert {word.lower() for word in words[1]} == {"boiler", "burner"}
    assert {word.lower() for word in words[2]} == {"bread", "soup"}


def test_forms_of_a_word_count_as_one_under_the_usual_form() -> None:
    texts = ["Pumps run.", "The pump runs.", "A pump, see https://example.org/pump/manual", "Nothing."]
    assert telling(texts, [0, 0, 0, 1], lambda word: [word.lower().rstrip("s")])[0][0] == "pump"


def test_a_map_is_written_and_read_as_it_was() -> None:
    vectors, _ = groups(count=10)
    ids = [f"{number:032x}" for number in range(40)]
    drawn = draw(ids, vectors, [f"words of {number % 4}" for number in range(40)], lambda word: [word])
    assert Drawn.read(drawn.write()).write() == drawn.write()
    assert [id_ for id_, *_ in drawn.points] == ids
    assert sum(size for _, size, _ in drawn.clusters) == 40
    assert {middle for _, _, middle in drawn.clusters} <= set(ids)


@pytest.fixture
def rag(pipeline: Open, documents: MemoryDocuments) -> Rag:
    documents.files = {
        f"{topic}/{number}.md": f"# {topic}\n\n{text} Note {number}.".encode()
        for topic, text in TOPICS.items()
        for number in range(6)
    } | {"pumps/copy.md": f"# pumps\n\n{TOPICS['pumps']} Note 1.".encode()}
    opened = pipeline(retrieve={"min_score": -1})
    asyncio.run(opened.ingest())
    return opened


def test_an_index_is_mapped_once_for_each_version(rag: Rag, documents: MemoryDocuments, kernel: Kernel) -> None:
    assert not rag.maps.is_drawn()
    found = rag.maps.map()
    assert rag.maps.is_drawn()
    assert (found.index, found.chunks, len(found.points)) == (rag.index_ref(), 19, 19)
    before = set(kernel.blobs.ids())
    assert rag.maps.map() == found
    assert set(kernel.blobs.ids()) == before
    folder = {point.chunk: point.key.split("/")[0] for point in found.points}
    for cluster in found.clusters:
        inside = [folder[point.chunk] for point in found.points if point.cluster == cluster.number]
        assert len(inside) == cluster.size
        assert set(inside) == {folder[cluster.middle]}
    assert any({folder[one.first], folder[one.second]} == {"pumps"} and one.cosine > 0.999 for one in found.duplicates)
    documents.files["new.md"] = b"# Roof\n\nThe zeppelin lands on the roof."
    asyncio.run(rag.ingest())
    assert not rag.maps.is_drawn()
    assert len(rag.maps.map().points) == 20


def test_a_question_lies_among_what_is_nearest_to_it(rag: Rag) -> None:
    found = rag.maps.map()
    place = asyncio.run(rag.maps.place("when is soup and bread served in the canteen", found))
    assert place is not None
    apart = sorted(found.points, key=lambda point: (point.x - place[0]) ** 2 + (point.y - place[1]) ** 2)
    assert apart[0].key.startswith("lunch/")


def test_neighbours_of_a_chunk_leave_itself_out(rag: Rag) -> None:
    point = next(one for one in rag.maps.map().points if one.key == "pumps/1.md")
    found = rag.maps.neighbours(point.chunk, 3)
    assert found[0][0].key == "pumps/copy.md"
    assert found[0][1] == pytest.approx(1.0, abs=1e-3)
    assert len(found) == 3
    assert point.chunk not in [chunk.ref for chunk, _ in found]


def test_where_nothing_is_indexed_there_is_no_map(pipeline: Open) -> None:
    with pytest.raises(NotFound):
        pipeline().maps.map()
