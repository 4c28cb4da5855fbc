"""Documents: what they say, that every link leads somewhere, that hostile words stay words, and that notes survive."""

import json
import os
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from posixpath import normpath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlwright.architect import Evidence, RequestRecord, RunRecord, all_documents, design_folder, evidence_from, notes_of
from mlwright.architect.documenting import LEDGER, PAGE
from mlwright.architect.documents._said import dollars, quantile
from mlwright.architect.evidence import evidence_data
from mlwright.architect.writing.blocks import anchor
from mlwright.architect.writing.markdown import _text
from mlwright.architect.writing.notes import with_notes
from mlwright.blueprint import Blueprint, load, reasons
from mlwright.data import Dataset, Quarantined
from mlwright.evals import EvalResult, Interval, Quantile, Requirement, StageTime
from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref
from mlwright.rag import IndexInfo
from mlwright.serving import EndpointReport, Exercised, Release, Traffic

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "blueprints"
SNAPSHOTS = ROOT / "tests" / "snapshots"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EVIL = "<script>alert(1)</script> [x](javascript:alert(1)) ![y](http://evil.example/y.png) | `c` *b* _i_ &amp; </td>"


def support() -> Blueprint:
    return load(EXAMPLES / "support.yaml", secrets=False)


def recorded(release: Ref, words: str = "a file that is empty") -> Evidence:
    """What a workspace might have recorded of the support desk."""
    dataset, index, run = Ref("dataset", "d" * 32), Ref("index", "1" * 32), Ref("run", "01" + "r" * 24)
    mean = Interval(0.91, 0.87, 0.94, 200)
    time = StageTime(Quantile(0.4, 0.3, 0.5, 200), Quantile(1.4, 1.2, None, 200))
    result = EvalResult(
        Ref("evalresult", "01" + "e" * 24), "support", release, Ref("evalset", "5" * 32), run, {"recall@5": mean, "mrr": mean},
        (Requirement("recall@5", ">=", 0.85, mean, True, "it holds"),), True, 0, NOON, {"total": time},
    )  # fmt: skip
    report = EndpointReport("answer", 400, 2, 100, 3, 0.4, 1.3, 2.0, 0.5, 0.08, 0, 12, 3, {str(release): 400})
    return Evidence(
        release=release,
        datasets={"docs": Dataset(dataset, "docs", 3, 40, 123_456, 2, 1, 0, NOON)},
        endings={"docs": {".md": 38, ".pdf": 2}},
        quarantined=(Quarantined("docs", words, "", "empty", words, words, NOON),),
        indexes={"support": (IndexInfo(index, 2, "support", dataset, 39, 400, 1, run, "2026-11-23T12:00:00Z", ("good",), True, True, {"embedder": "model:local/minilm"}),)},
        results={"support": result},
        releases=(Release(release, 4, words, "7ac56fc" * 5, NOON),),
        traffic={"answer": (Traffic("answer", release, None, 0.0, words, NOON),)},
        exercised={"answer": Exercised("answer", None, 2, 1, 1, 1, 0, NOON, 400, 3)},
        requests={"answer": RequestRecord(report, NOON)},
        runs={"index": 3, "eval": 2},
        unfinished={"eval": 1},
        latest_runs={"index support": RunRecord(run, "index support", "index", NOON, "7ac56fc", True, {}, "CPython 3.12.1", 80)},
    )  # fmt: skip


@pytest.mark.parametrize("name", ["minimal", "support", "whole", "sins"])
def test_the_examples_are_documented_as_they_were(name: str) -> None:
    """Word for word; MLWRIGHT_SNAPSHOTS=write writes it anew."""
    blueprint = load(EXAMPLES / f"{name}.yaml", secrets=False)
    files = design_folder(blueprint, Evidence(), {}, f"../{name}.yaml").files
    now = "\n".join(f"==== {path}\n{text}" for path, text in files.items() if path.endswith(".md"))
    snapshot = SNAPSHOTS / f"{name}.documents.txt"
    if os.environ.get("MLWRIGHT_SNAPSHOTS") == "write":
        snapshot.write_text(now, encoding="utf-8")
    assert snapshot.read_text(encoding="utf-8") == now


def test_equal_records_make_equal_documents() -> None:
    evidence = recorded(support().ref)
    again = evidence_from(json.loads(json.dumps(evidence_data(evidence))))
    assert again == evidence
    one, two = (design_folder(support(), found, {}, "../support.yaml") for found in (evidence, again))
    assert one == two
    with pytest.raises(ValueError, match="release"):
        evidence_from({"release": 5})


def test_numbers_name_the_record_that_proves_them() -> None:
    folder = design_folder(support(), recorded(support().ref), {}, "../support.yaml")
    serving, costs = folder.files["3-serving-specification.md"], folder.files["6-cost-analysis.md"]
    [p95] = [line for line in serving.splitlines() if line.startswith("| p95 of a whole answer")]
    assert "1.3 s" in p95
    assert "evidence.md#requestsanswer" in p95
    assert re.search(r"1 rollback, 0 of them by itself.*release", serving)
    [measured] = [line for line in costs.splitlines() if line.startswith("| answer | ") and "cached" in line]
    assert "\\$0.00020, 25% cached" in measured
    data = folder.files["5-data-pipeline.md"]
    assert "| docs | 3 | 2026-11-23 12:00 UTC | 40 | 123 kB | 2 added, 1 changed, 0 removed |" in data
    assert "`git checkout" not in folder.files["4-experiment-tracking.md"]
    assert f"git checkout {'7ac56fc' * 5}" in folder.files["4-experiment-tracking.md"]
    assert sum(proved for proved, _ in folder.proved.values()) > 100


def test_a_result_of_another_release_proves_nothing_of_this_one() -> None:
    folder = design_folder(support(), recorded(Ref("release", "0" * 32)), {}, "../support.yaml")
    evaluation = folder.files["2-evaluation-framework.md"]
    [line] = [line for line in evaluation.splitlines() if line.startswith("| `recall@5` | &gt;=")]
    assert "0.910" not in line
    assert "**not proved yet**: the last result is of another release" in line
    assert "0.910" in evaluation, "the result itself is shown as what it is"
    ours = design_folder(support(), recorded(support().ref), {}, "../support.yaml").files["2-evaluation-framework.md"]
    assert re.search(r"\| `recall@5` \| &gt;= 0.85 \| 0.910 \(0.870 to 0.940\) \| 200 \| holds \|.*evalresult", ours)


class Page(HTMLParser):
    """What is on a page: its elements, ids, links, headings and words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def values(self, name: str) -> list[str]:
        return [value or "" for key, value in self.attributes if key == name]

    @property
    def levels(self) -> list[int]:
        return [int(tag[1]) for tag in self.tags if re.fullmatch("h[1-6]", tag)]


def rendered(text: str) -> Page:
    return Page(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))


def headings(text: str) -> list[str]:
    tokens = MarkdownIt("commonmark").parse(text)
    found: list[str] = []
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            slug = anchor("".join(child.content for child in inline.children or ()))
            found.append(f"{slug}-{found.count(slug)}" if slug in found else slug)
    return found


@pytest.mark.parametrize("name", ["minimal", "support", "whole", "sins"])
def test_every_link_of_the_folder_leads_somewhere(name: str) -> None:
    blueprint = load(EXAMPLES / f"{name}.yaml", secrets=False)
    evidence = recorded(blueprint.ref) if name == "support" else Evidence()
    files = design_folder(blueprint, evidence, {}, f"../{name}.yaml").files
    lines = len((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8").splitlines())
    for path, text in files.items():
        if not path.endswith(".md"):
            continue
        page = rendered(text)
        for link in (*page.values("href"), *page.values("src")):
            target, _, place = link.partition("#")
            if target == f"../{name}.yaml":
                assert 1 <= int(place.removeprefix("L")) <= lines
            elif target.startswith("../"):
                assert normpath(target) in {f"../{one.path}" for one in blueprint.evals.sets.values()}
            else:
                assert target in files, (path, link)
                assert not place or place in headings(files[target]), (path, link)


def test_headings_are_in_order_and_unique() -> None:
    files = design_folder(support(), recorded(support().ref), {}, "../support.yaml").files
    for path, text in files.items():
        if path.endswith((".md", ".html")):
            levels = (rendered(text) if path.endswith(".md") else Page(text)).levels
            assert levels.count(1) == 1
            assert levels[0] == 1
            assert all(after <= before + 1 for before, after in pairwise(levels)), path


def test_the_page_needs_nothing_else_and_its_links_stay_on_it() -> None:
    page = Page(design_folder(support(), recorded(support().ref), {}, "../support.yaml").files[PAGE])
    assert not {"script", "link", "img", "iframe", "object", "base"} & set(page.tags)
    assert not page.values("src")
    ids = page.values("id")
    assert len(set(ids)) == len(ids)
    links = page.values("href")
    assert len(links) > 200
    assert {link for link in links if not link.startswith("#") or link[1:] not in ids} == set()
    [policy] = [value for value in page.values("content") if "default-src" in value]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "style" not in {name for name, _ in page.attributes}


@pytest.fixture
def hostile(tmp_path: Path) -> Blueprint:
    """A blueprint whose every free text is an attack."""
    words = json.dumps(EVIL)
    (tmp_path / "mlwright.yaml").write_text(
        f"""system: {{name: evil, owner: {words}, purpose: {words}}}
models: {{chat: {{writer: {{use: extractive, why: {words}}}}}}}
data: {{sources: {{docs: {{use: files, path: {json.dumps(EVIL.replace("..", ""))}}}}}}}
rag: {{support: {{documents: docs, meta: {{product: "{{product}}/x`|<b>"}}, index: {{metadata: [product]}}}}}}
evals:
  sets: {{golden: {{path: {words}}}}}
  gates: {{support: {{set: golden, require: {{mrr: ">= 0.5"}}, why: {words}}}}}
serving: {{endpoints: {{answer: {{handler: rag.support, fallback: [rule.top_passages]}}}}}}
waive: [{{rule: SRV002, reason: {words}, until: 2099-01-01}}]
""",
        encoding="utf-8",
    )
    return load(tmp_path / "mlwright.yaml")


def test_hostile_words_stay_words(hostile: Blueprint) -> None:
    notes = {"model-card.md": EVIL}
    folder = design_folder(hostile, recorded(hostile.ref, EVIL), notes, "../mlwright.yaml")
    for path, text in folder.files.items():
        if path.endswith(".md"):
            text = text.replace(EVIL, "")  # the notes are what a person has written there, as it stands
            page = rendered(re.sub(r"<details>.*?</details>", "", text, flags=re.S))
        elif path.endswith(".html"):
            page = Page(text)
            assert "javascript:" not in "".join(page.values("href"))
        else:
            continue
        assert "script" not in page.tags, path
        assert not [
            link for link in (*page.values("href"), *page.values("src")) if "evil" in link or "script" in link
        ], path
    said = " ".join(Page(folder.files[PAGE]).words)
    assert said.count("<script>alert(1)</script>") > 10
    decisions = rendered(folder.files["decisions.md"])
    assert "<script>alert(1)</script>" in " ".join(decisions.words)


@given(st.text(max_size=60))
def test_any_text_is_rendered_as_itself(text: str) -> None:
    page = rendered(f"before {_text(text)} after")
    flat = " ".join("".join(page.words).split())
    assert flat == " ".join(f"before {text.replace(chr(0), chr(0xFFFD))} after".split())
    assert set(page.tags) <= {"p"}


def test_notes_survive_and_broken_marks_are_named() -> None:
    text = with_notes("# A\n", "mine\n\n## and this")
    assert notes_of(text, "a.md") == "mine\n\n## and this"
    assert with_notes("# A\n", notes_of(text, "a.md")) == text
    assert notes_of(with_notes("# A\n", ""), "a.md") == ""
    assert notes_of("# A\n", "a.md") == ""
    for broken in ("<!-- notes -->\nmine\n", "mine\n<!-- /notes -->\n", "<!-- /notes -->\nmine\n<!-- notes -->\n"):
        with pytest.raises(UserError, match=r"a\.md: the notes have no line <!-- /?notes -->"):
            notes_of(broken, "a.md")


def test_notes_stand_in_markdown_and_on_the_page() -> None:
    files = design_folder(support(), Evidence(), {"data-card.md": "Written by <ana>."}, "../support.yaml").files
    assert files["data-card.md"].endswith("## Notes\n\n<!-- notes -->\nWritten by <ana>.\n<!-- /notes -->\n")
    assert '<div class="notes">Written by &lt;ana&gt;.</div>' in files[PAGE]
    assert json.loads(files[LEDGER])["files"] == sorted(files)


def test_no_secret_of_the_file_is_shown() -> None:
    sins = load(EXAMPLES / "sins.yaml", secrets=False)
    files = design_folder(sins, Evidence(), {}, "../sins.yaml").files
    assert "sk-not-a-real-key" in (EXAMPLES / "sins.yaml").read_text(encoding="utf-8")
    assert [path for path, text in files.items() if "sk-not-a-real-key" in text] == []
    assert "api_key: ••••••" in files[PAGE]


def test_every_document_has_its_place() -> None:
    found = all_documents()
    assert [one.name for one in found][:6] == ["diagrams", "evaluation", "serving", "tracking", "data", "costs"]
    assert len({one.file for one in found}) == len({one.place for one in found}) == len(found) == 10


def test_reasons_come_with_their_choice_and_without_secrets() -> None:
    found = {reason.path: reason for reason in reasons(support())}
    assert found["models.chat.writer"].why == "the cheapest that passes the gate"
    assert "model: gpt-4o-mini" in found["models.chat.writer"].chosen
    assert "api_key: ${OPENAI_API_KEY}" in found["models.chat.writer"].chosen


def test_numbers_have_the_digits_that_mean_something() -> None:
    assert [dollars(value) for value in (None, 0.0, 0.0000951, 0.0042, 12.3456, 1234.5)] == [
        "no price", "$0", "$0.000095", "$0.0042", "$12.35", "$1,234.50",
    ]  # fmt: skip
    assert quantile(Quantile(0.4, 0.3, 1.2, 40)) == "400 ms (300 ms to 1.2 s)"
    assert quantile(Quantile(0.4, 0.3, None, 9)) == "400 ms (at least 300 ms)"
    assert quantile(Quantile(0.0004, None, None, 2)) == "< 1 ms"
