"""A profile says what was measured on the files, and nothing else."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlwright.app import profile
from mlwright.app.profiling import _copies, _read
from mlwright.data import Listed
from mlwright.kernel.errors import NotFound, Unreadable, UserError
from mlwright.rag import every_parser

PUMPS = "# Pumps\n\nThe pump is filled with water before it is started, because a dry start will destroy the seal at once.\n"
VENTILE = "# Ventile\n\nDas Ventil wird alle sechs Monate geprüft, und der Druck ist dabei nicht höher als im Betrieb, weil die Dichtung sonst leidet.\n"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "more").mkdir(parents=True)
    (folder / "pumps.md").write_text(PUMPS, encoding="utf-8")
    (folder / "more" / "copy.md").write_text(PUMPS, encoding="utf-8")
    (folder / "near.txt").write_text(f"{PUMPS}\n", encoding="utf-8")
    (folder / "ventile.md").write_text(f"{VENTILE}\nFragen an hilfe@ventile.de\n", encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 not really")
    (folder / "tool.py").write_text("def prime() -> None:\n    pass\n", encoding="utf-8")
    (folder / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    (folder / "states.csv").write_text("pump,label\n1,ok\n2,ok\n3,worn\n", encoding="utf-8")
    lines = [
        {"id": "a", "input": "Why water?", "relevant": [{"document": "pumps.md"}]},
        {"id": "b", "input": "Moon?", "unanswerable": True},
    ]
    (folder / "golden.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    (folder / "other.jsonl").write_text('{"pump": 7}\n', encoding="utf-8")
    return folder


def test_a_folder_is_measured(docs: Path, tmp_path: Path) -> None:
    found = profile(docs, tmp_path)
    assert (found.path, found.title, found.folder) == ("docs", "docs", True)
    assert found.kinds == {".md": 3, ".csv": 1, ".jsonl": 1, ".pdf": 1, ".py": 1, ".txt": 1}
    assert found.left_out == {".png": 1}
    assert (found.code, found.records) == ({".py": 1}, {".jsonl": 1})
    assert found.documents == {".md": 3, ".csv": 1, ".pdf": 1, ".txt": 1}
    assert (found.files, found.read) == (8, 8)
    assert found.languages == {"en": 3, "de": 1}
    assert (found.copies, found.near) == (1, 2)
    assert sum(found.unreadable.values()) == 1
    assert found.lengths is not None and found.lengths.longest > len(VENTILE)
    assert (found.personal, found.personal_files) == ({"email": 1}, 1)
    [golden] = found.sets
    assert (golden.path, golden.examples, golden.relevant, golden.unanswerable) == ("docs/golden.jsonl", 2, 1, 1)
    [labels] = found.labels
    assert (labels.path, labels.column, labels.counts) == ("states.csv", "label", {"ok": 2, "worn": 1})
    assert labels.rarest == pytest.approx(1 / 3)


def test_answers_belong_to_the_set_that_they_share_most_examples_with(docs: Path, tmp_path: Path) -> None:
    (docs / "answers.jsonl").write_text(
        '{"id": "a", "output": "x", "cited": [{"document": "d", "quote": "x"}]}\n{"id": "z", "output": ""}\n',
        encoding="utf-8",
    )
    (docs / "strangers.jsonl").write_text('{"id": "y", "output": "x"}\n', encoding="utf-8")
    [given] = profile(docs, tmp_path).given
    assert (given.path, given.answers, given.answered, given.cited, given.retrieved) == (
        "docs/answers.jsonl",
        2,
        1,
        1,
        0,
    )
    assert given.set.path == "docs/golden.jsonl"


def test_one_file_and_none(docs: Path, tmp_path: Path) -> None:
    found = profile(docs / "pumps.md", tmp_path)
    assert (found.path, found.folder, found.files, found.sets) == ("docs/pumps.md", False, 1, ())
    with pytest.raises(NotFound, match="there is nothing at"):
        profile(docs / "none", tmp_path)


class _Gone:
    """A source whose files vanish, or may not be read, after they were listed."""

    def __init__(self, *errors: UserError) -> None:
        self._errors = dict(enumerate(errors))

    def list(self) -> Iterator[Listed]:
        return (Listed(f"{number}.md", 9, datetime(2026, 11, 23, tzinfo=UTC), "1") for number in self._errors)

    def read(self, listed: Listed) -> bytes:
        raise self._errors[int(listed.key.removesuffix(".md"))]


def test_files_that_cannot_be_read_are_counted_and_no_reason_to_stop() -> None:
    source = _Gone(NotFound("gone"), Unreadable("locked", reason="no_permission"))
    listed = list(source.list())
    assert _read(source, listed, every_parser()).unreadable == {"gone": 1, "no_permission": 1}
    assert _copies(source, listed) == 0


def test_questions_beside_the_blueprint_are_found(docs: Path, tmp_path: Path) -> None:
    (tmp_path / "evals").mkdir()
    (docs / "golden.jsonl").rename(tmp_path / "evals" / "golden.jsonl")
    assert [one.path for one in profile(docs, tmp_path).sets] == ["evals/golden.jsonl"]
