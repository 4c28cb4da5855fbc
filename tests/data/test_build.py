"""What data says about itself: descriptions, report, plan, and a front door without weight."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from mlwright.data import Data, DataSpec, storage_lines
from mlwright.kernel.clock import ManualClock
from mlwright.kernel.ids import Ref
from mlwright.kernel.plan import Range


def test_the_short_form_in_a_blueprint_has_its_defaults() -> None:
    spec = DataSpec.model_validate(
        {"sources": {"docs": {"use": "files", "path": "docs/**/*.{pdf,md}", "max_size": "1 MB"}}}
    )
    dumped = spec.model_dump(mode="json")
    assert dumped["sources"]["docs"] == {
        "use": "files",
        "path": "docs/**/*.{pdf,md}",
        "exclude": [],
        "max_size": "1 MB",
        "refresh": "",
    }
    assert DataSpec.model_validate(dumped) == spec


def test_every_thing_is_described(data: Data, docs: Path) -> None:
    dataset = data.ingest("docs")
    version = data.files(dataset.ref)[0]
    for ref, label in (
        (Ref("source", "docs"), "source docs"),
        (dataset.ref, "docs, dataset 1"),
        (version.ref, "faq.html"),
        (version.document, "faq.html"),
    ):
        described = data.describe(ref)
        assert described is not None
        assert (described.ref, described.label) == (ref, label)
        assert all(described.facts.values())
    for unknown in ("source:x", "dataset:x", "version:x", "document:docs/x", "answer:x"):
        assert data.describe(Ref.parse(unknown)) is None


def test_a_document_counts_its_versions(data: Data, docs: Path) -> None:
    data.ingest("docs")
    (docs / "faq.html").write_bytes(b"new")
    dataset = data.ingest("docs")
    described = data.describe(Ref("document", "docs/faq.html"))
    assert described is not None
    assert described.facts["versions"] == "2"
    assert described.facts["latest"] == str(data.files(dataset.ref)[0].ref)


def test_the_report_before_and_after(data: Data, docs: Path, clock: ManualClock) -> None:
    (before,) = data.report().sources
    assert (before.name, before.latest, before.age, before.files, before.bytes) == ("docs", None, None, 0, 0)
    (docs / "empty.md").touch()
    dataset = data.ingest("docs")
    clock.advance(timedelta(minutes=2))
    (after,) = data.report().sources
    assert (after.latest, after.age, after.quarantined, after.files) == (dataset, 120.0, 1, 3)


def test_the_plan_counts_bytes_without_reading(docs: Path, contents: dict[str, bytes]) -> None:
    spec = DataSpec.model_validate({"sources": {"docs": {"use": "files", "path": "docs"}}})
    (line,) = storage_lines(spec, base=docs.parent)
    assert (line.path, line.bytes) == ("data.sources.docs", Range.exactly(sum(map(len, contents.values()))))


def test_the_front_door_is_lazy() -> None:
    code = "import sys, mlwright.data; assert 'pydantic' not in sys.modules; assert 'build_data' in dir(mlwright.data)"
    subprocess.run([sys.executable, "-c", code], check=True)
