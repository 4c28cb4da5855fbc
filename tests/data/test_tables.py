"""The same story on both engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlwright.data import DataSpec, build_data
from mlwright.kernel.base import Kernel
from mlwright.kernel.errors import Unreadable
from mlwright.kernel.ids import Ref
from mlwright.kernel.open import open_kernel
from mlwright.testing.postgresql import private_schema


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kernel]:
    if request.param == "sqlite":
        kernel = open_kernel(tmp_path / "home")
        yield kernel
        kernel.store.close()
        return
    with private_schema(request.getfixturevalue("postgresql_server")) as url:
        kernel = open_kernel(tmp_path / "home", store=url)
        yield kernel
        kernel.store.close()


def test_the_story_of_a_source(either: Kernel, docs: Path, contents: dict[str, bytes]) -> None:
    spec = DataSpec.model_validate({"sources": {"docs": {"use": "files", "path": "docs"}}})
    data = build_data(spec, either, base=docs.parent)
    first = data.ingest("docs")
    (docs / "faq.html").write_bytes(b"other")
    (docs / "empty.md").touch()
    second = data.ingest("docs")
    (docs / "faq.html").write_bytes(contents["faq.html"])
    third = data.ingest("docs")
    assert [dataset.number for dataset in data.datasets("docs")] == [3, 2, 1]
    assert (third.ref, data.dataset(first.ref), data.latest("docs")) == (first.ref, third, third)
    assert [len(data.files(one.ref)) for one in (second, third)] == [3, 3]
    assert {version.key: data.read(version.ref) for version in data.files(third.ref)} == contents
    version = data.files(third.ref)[0]
    for _ in range(2):
        data.quarantine(version, Unreadable("no", reason="junk", hint="mend it"))
    assert [(row.key, row.reason) for row in data.quarantined()] == [("empty.md", "empty"), ("faq.html", "junk")]
    assert data.replay("docs") == 2
    assert data.quarantined("docs") == []
    described = data.describe(Ref("document", "docs/faq.html"))
    assert described is not None
    assert described.facts["versions"] == "2"
    assert data.report().sources[0].latest == third
    assert build_data(spec, either, base=docs.parent).ingest("docs") == third
