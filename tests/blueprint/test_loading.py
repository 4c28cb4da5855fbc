"""A file becomes a Blueprint, or one error that tells every mistake at its place."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.blueprint import Blueprint, BlueprintError, derive, diff, from_release, from_text, load
from mlwright.kernel.errors import NotFound, UserError

MINIMAL = """\
system: {name: notes, risk: minimal}
data: {sources: {docs: {use: files, path: "docs/**/*.md"}}}
rag: {docs: {documents: docs}}
serving: {endpoints: {answer: {handler: rag.docs}}}
"""
OPENAI = 'models: {chat: {writer: {use: openai, model: gpt-4o-mini, api_key: "${MLWRIGHT_TEST_KEY}"}}}\n'


def problems(text: str) -> list[str]:
    with pytest.raises(BlueprintError) as caught:
        from_text(text)
    return [str(problem) for problem in caught.value.problems]


def test_a_short_file_gets_embedded_models() -> None:
    blueprint = from_text(MINIMAL)
    assert list(blueprint.models.embed) == ["embedder"]
    assert list(blueprint.models.chat) == ["writer"]
    assert str(blueprint.place("rag.docs.documents")) == "mlwright.yaml:3:25"
    assert str(blueprint.place("rag.docs.retrieve.top")) == "mlwright.yaml:3:13"


def test_all_mistakes_are_told_at_once() -> None:
    text = MINIMAL.replace(
        "documents: docs", "documents: docs, retrieve: {keeep: 3, min_score: high}, chunk: {by: strcture}"
    )
    text = text.replace("handler: rag.docs", "handler: rag.docs, limits: {timeout: 3}")
    found = problems(text)
    assert len(found) == 4
    assert found[0].startswith("mlwright.yaml:3:42: rag.docs.retrieve.keeep: unknown key")
    assert "'3' is not understood here; write it like" in found[3]
    with pytest.raises(BlueprintError, match=r"mlwright\.yaml has 4 mistakes") as caught:
        from_text(text)
    assert "did you mean 'keep'" in caught.value.message


def test_a_part_that_is_not_there_points_at_its_name() -> None:
    (found,) = problems(MINIMAL.replace("documents: docs", "documents: docs, chunk: {by: strcture}"))
    assert found.startswith("mlwright.yaml:3:43: rag.docs.chunk.by:")


@pytest.mark.parametrize(
    ("old", "new", "path", "hint"),
    [
        ("documents: docs", "documents: dcos", "rag.docs.documents", "did you mean 'docs'"),
        ("documents: docs", "documents: docs, index: {embed: embeder}", "rag.docs.index.embed", "'embedder'"),
        ("documents: docs", "documents: docs, generate: {model: writr}", "rag.docs.generate.model", "'writer'"),
        ("handler: rag.docs", "handler: rag.doc", "serving.endpoints.answer.handler", "'rag.docs'"),
        ("handler: rag.docs", "handler: rag.docs, fallback: [nobody]", "serving.endpoints.answer.fallback.0", "writer"),
        ("handler: rag.docs", "handler: rag.docs, rollout: {gate: g}", "serving.endpoints.answer.rollout.gate", "none"),
        ("system:", "evals: {gates: {g: {set: gold, require: {mrr: '> 0.5'}}}}\nsystem:", "evals.gates.g.set", "none"),
    ],
)
def test_names_between_sections_must_lead_somewhere(old: str, new: str, path: str, hint: str) -> None:
    with pytest.raises(BlueprintError) as caught:
        from_text(MINIMAL.replace(old, new))
    (problem,) = caught.value.problems
    assert problem.path == path
    assert hint in problem.hint


def test_a_gate_over_given_answers_guards_no_rollout() -> None:
    text = MINIMAL.replace("handler: rag.docs", "handler: rag.docs, rollout: {gate: g}")
    text += "evals: {sets: {s: {path: s.jsonl}}, gates: {g: {set: s, answers: a.jsonl, require: {mrr: '> 0.5'}}}}\n"
    (found,) = problems(text)
    assert "says nothing about a release" in found


def test_a_text_field_takes_the_word_as_it_is_written() -> None:
    blueprint = from_text(MINIMAL.replace("risk: minimal", "risk: minimal, owner: 3.10, purpose: no"))
    assert (blueprint.system.owner, blueprint.system.purpose) == ("3.10", "no")


def test_a_secret_comes_from_the_environment_and_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLWRIGHT_TEST_KEY", "very-secret-value")
    blueprint = from_text(MINIMAL + OPENAI, secrets=True)
    writer = blueprint.models.chat["writer"]
    assert writer.api_key.get_secret_value() == "very-secret-value"  # type: ignore[attr-defined]
    for shown in (blueprint.resolved(), str(blueprint.as_release()), repr(blueprint)):
        assert "very-secret-value" not in shown
    assert "${MLWRIGHT_TEST_KEY}" in blueprint.resolved()
    monkeypatch.setenv("MLWRIGHT_TEST_KEY", "another")
    assert from_text(MINIMAL + OPENAI, secrets=True).ref == blueprint.ref


def test_an_unset_variable_is_told_only_where_secrets_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLWRIGHT_TEST_KEY", raising=False)
    assert from_text(MINIMAL + OPENAI, secrets=False).secrets
    with pytest.raises(BlueprintError, match=r"mlwright.yaml:5:\d+: models.chat.writer.api_key: .*MLWRIGHT_TEST_KEY"):
        from_text(MINIMAL + OPENAI, secrets=True)


def test_variables_are_for_secrets_alone() -> None:
    assert "takes no ${…}" in problems(MINIMAL.replace("risk: minimal", "risk: minimal, owner: '${USER}'"))[0]


def test_a_secret_in_the_file_cannot_become_a_release() -> None:
    blueprint = from_text(MINIMAL + OPENAI.replace("${MLWRIGHT_TEST_KEY}", "literal-key"))
    with pytest.raises(UserError, match=r"mlwright.yaml:5:68: models.chat.writer.api_key") as caught:
        blueprint.as_release()
    assert "literal-key" not in str(caught.value)


def test_a_target_says_what_holds_vectors(tmp_path: Path) -> None:
    file = tmp_path / "mlwright.yaml"
    file.write_text(
        MINIMAL + "targets: {prod: {vectors: pgvector}, own: {vectors: {use: pgvector, url: '${MLWRIGHT_TEST_KEY}'},"
        " set: {rag.docs.index.engine: lance}}, bad: {vectors: pgvektor}}\n",
        encoding="utf-8",
    )
    with pytest.raises(BlueprintError, match="pgvektor"):
        load(file, secrets=False)
    file.write_text(file.read_text(encoding="utf-8").replace(", bad: {vectors: pgvektor}", ""), encoding="utf-8")
    engines = [load(file, target=name, secrets=False).rag["docs"].index.engine.use for name in ("local", "prod", "own")]
    assert engines == ["embedded", "pgvector", "lance"]


def test_overlays_replace_values(tmp_path: Path) -> None:
    file = tmp_path / "mlwright.yaml"
    file.write_text(
        MINIMAL + "targets: {prod: {store: db.sqlite, set: {rag.docs.retrieve.keep: 4}}}\n", encoding="utf-8"
    )
    assert load(file).rag["docs"].retrieve.keep == 6
    prod = load(file, target="prod")
    assert (prod.rag["docs"].retrieve.keep, prod.target.name, prod.target.store) == (4, "prod", "db.sqlite")
    assert load(file, target="prod", sets={"rag.docs.retrieve.keep": "3"}).rag["docs"].retrieve.keep == 3
    assert load(file, target="local").target.store is None
    with pytest.raises(NotFound, match="prd"):
        load(file, target="prd")
    with pytest.raises(
        BlueprintError, match=r"--set rag.docs.retrieve.kep:1:1: rag.docs.retrieve.kep: unknown key"
    ) as caught:
        load(file, sets={"rag.docs.retrieve.kep": "3"})
    assert "'keep'" in caught.value.hint
    with pytest.raises(UserError, match="leads into"):
        load(file, sets={"system.name.x": "3"})


def test_prompts_stand_beside_the_file_and_belong_to_the_release(tmp_path: Path) -> None:
    file = tmp_path / "mlwright.yaml"
    file.write_text(MINIMAL.replace("documents: docs", "documents: docs, generate: {prompt: p.md}"), encoding="utf-8")
    with pytest.raises(BlueprintError, match=r"mlwright.yaml:3:\d+: rag.docs.generate.prompt: p.md cannot be read"):
        load(file)
    (tmp_path / "p.md").write_text("one", encoding="utf-8")
    one = load(file)
    assert one.prompts == {"docs": "one"}
    (tmp_path / "p.md").write_text("two", encoding="utf-8")
    assert load(file).ref != one.ref
    assert from_release(one.as_release(), folder=tmp_path).ref == one.ref


def test_what_situates_chunks_must_write_and_its_prompt_belongs_to_the_release(tmp_path: Path) -> None:
    situate = MINIMAL.replace("documents: docs", "documents: docs, situate: {model: writer, prompt: s.md}")
    file = tmp_path / "mlwright.yaml"
    file.write_text(situate, encoding="utf-8")
    (tmp_path / "s.md").write_text("one", encoding="utf-8")
    with pytest.raises(BlueprintError, match=r"mlwright.yaml:3:\d+: rag.docs.situate.model: .* cannot write") as caught:
        load(file)
    assert "openai/gpt-4o-mini" in caught.value.hint
    file.write_text(situate.replace("model: writer", "model: nobody"), encoding="utf-8")
    with pytest.raises(BlueprintError, match="'nobody' is not in models"):
        load(file)
    file.write_text(situate + "models: {chat: {writer: openai/gpt-4o-mini}}\n", encoding="utf-8")
    one = load(file)
    assert one.prompts == {"docs.situate": "one"}
    (tmp_path / "s.md").write_text("two", encoding="utf-8")
    two = load(file)
    assert two.ref != one.ref
    assert from_release(one.as_release(), folder=tmp_path).ref == one.ref
    (difference,) = diff(one, two)
    assert (difference.path, difference.old, difference.effect) == ("rag.docs.situate.prompt", "one", "reindex")


def test_the_release_is_what_changes_answers() -> None:
    base = from_text(MINIMAL)
    same = ["# a comment\n" + MINIMAL, MINIMAL.replace("notes", "other"), base.resolved()]
    same.append(MINIMAL.replace("handler: rag.docs", "handler: rag.docs, limits: {timeout: 9s}, cache: {exact: 1h}"))
    assert {from_text(text).ref for text in same} == {base.ref}
    other = [("documents: docs", "documents: docs, retrieve: {keep: 5}"), ("docs/**", "text/**")]
    assert all(from_text(MINIMAL.replace(old, new)).ref != base.ref for old, new in other)
    assert base.ref.kind == "release"
    models = "\nmodels: {embed: {embedder: {use: local, precision: fp32%s}}}\n"
    refs = [from_text(MINIMAL + models % more).ref for more in ("", ", device: cuda", ", device: auto")]
    assert refs[0] == refs[1] == refs[2] != base.ref, "where a model runs changes no answer"
    assert base.blueprint_ref != from_text(same[1]).blueprint_ref


def test_the_resolved_view_loads_to_an_equal_blueprint() -> None:
    base = from_text(MINIMAL)
    assert from_text(base.resolved()) == base
    assert "dense_weight" in base.resolved()


@given(
    st.sampled_from(["documents: docs", "handler: rag.docs", "name: notes", 'path: "docs/**/*.md"', "risk: minimal"]),
    st.sampled_from(["", "x", "1", "[1, 2]", "{a: 1}", "null", "-1e999", ".nan", "0x", "'${A}'", "{by: }", "!!str 1"]),
    st.sampled_from(["", "chunk: ", "index: ", "retrieve: ", "limits: ", "traffic: ", "use: ", "set: ", "nonsense: "]),
)
def test_any_nonsense_ends_in_a_blueprint_or_a_user_error(old: str, value: str, key: str) -> None:
    for new in (f"{old}, {key or 'other: '}{value}", f"{old.partition(':')[0]}: {value}"):
        try:
            from_text(MINIMAL.replace(old, new))
        except UserError as error:
            assert str(error)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no blueprint"):
        load(tmp_path / "none.yaml")
    (tmp_path / "mlwright.yaml").write_text(MINIMAL, encoding="utf-8")
    assert isinstance(load(tmp_path), Blueprint)


def test_the_derived_blueprint_loads(tmp_path: Path) -> None:
    docs = tmp_path / "My [odd] docs"
    docs.mkdir()
    text = derive(docs, tmp_path / "mlwright.yaml")
    assert derive(docs, tmp_path / "mlwright.yaml") == text
    blueprint = from_text(text, tmp_path / "mlwright.yaml")
    assert blueprint.system.name == "my-odd-docs"
    for name in ("a.md", "b.docx", "c.PPTX", "d.ipynb", "e.eml", "f.csv"):
        (docs / name).write_text("# A\n\ntext", encoding="utf-8")
    source = blueprint.data.sources["docs"].build(tmp_path)
    assert len(list(source.list())) == 5
    with pytest.raises(NotFound):
        derive(tmp_path / "none")
