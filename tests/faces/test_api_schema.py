"""The OpenAPI document, and what schemathesis finds when it follows it."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

import mlwright as mw
from mlwright.faces.api import make_api

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]
OPERATIONS = [
    ("POST", "/v1/ask"), ("POST", "/v1/endpoints/{name}"), ("POST", "/v1/chat/completions"), ("GET", "/v1/models"),
    ("POST", "/v1/retrieve"), ("POST", "/v1/feedback"), ("POST", "/v1/promote"), ("POST", "/v1/rollback"),
    ("POST", "/v1/eval"), ("POST", "/v1/ingest"), ("GET", "/v1/runs"), ("GET", "/v1/runs/{id}"), ("GET", "/v1/why/{ref}"),
    ("GET", "/v1/blast/{ref}"), ("GET", "/v1/documents"), ("GET", "/v1/documents/{ref}/chunks"), ("GET", "/v1/answers"),
    ("GET", "/v1/answers/{id}"), ("GET", "/v1/releases"), ("GET", "/v1/endpoints/{name}/traffic"), ("GET", "/v1/status"),
]  # fmt: skip
BLUEPRINT = """version: 1
system: {name: small}
models: {embed: {embedder: {use: hashing}}}
data: {sources: {docs: {use: files, path: "docs/*.md"}}}
rag: {docs: {documents: docs}}
evals:
  sets: {golden: {path: golden.jsonl}}
  gates: {quality: {set: golden, require: {mrr: ">= 0.1"}}}
serving: {endpoints: {answer: {handler: rag.docs, limits: {rate: 100k/s}, rollout: {gate: quality}}}}
"""
GOLDEN = '{"id": "red", "input": "Which pump is red?", "relevant": [{"document": "pumps.md"}]}\n'


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mw.App]:
    """A whole system, up, with an answer in it."""
    folder = tmp_path_factory.mktemp("api")
    (folder / "docs").mkdir()
    (folder / "docs" / "pumps.md").write_text("# Pumps\n\nThe third pump is red.\n", encoding="utf-8")
    (folder / "golden.jsonl").write_text(GOLDEN, encoding="utf-8")
    (folder / "mlwright.yaml").write_text(BLUEPRINT, encoding="utf-8")
    with mw.open(folder / "mlwright.yaml") as app:
        app.up()
        app.ask("Which pump is red?")
        yield app


def test_every_route_is_documented_and_every_error_a_problem(app: mw.App) -> None:
    page = make_api(app).openapi()
    documented = {(method.upper(), path) for path, item in page["paths"].items() for method in item}
    assert set(OPERATIONS) <= documented
    assert "HTTPValidationError" not in str(page)
    for path, item in page["paths"].items():
        for method, operation in item.items():
            assert "default" in operation["responses"], (method, path)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("with_key", [True, False])
def test_no_request_that_the_schema_suggests_breaks_the_api(
    app: mw.App, method: str, path: str, with_key: bool
) -> None:
    host = "0.0.0.0" if with_key else "127.0.0.1"
    name = f"{method} {path}"
    key = app.serving.keys.create(name) if with_key else ""
    schema = schemathesis.openapi.from_asgi("/openapi.json", make_api(app, host=host), headers=_headers(key))
    strategy = schema[path][method].as_strategy()

    @settings(
        max_examples=12, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=strategy)
    def follow(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS, headers=_headers(key))

    follow()


def _headers(key: str) -> dict[str, str]:
    return {"host": "127.0.0.1", **({"authorization": f"Bearer {key}"} if key else {})}
