"""The serving specification that documents hold is the contract of the API: statuses, fields and events."""

from pathlib import Path

from mlwright.architect.documents.serving import ERRORS, EVENTS, FIELDS
from mlwright.faces.api.asking import EndpointBody
from mlwright.faces.api.openapi import _EVENT
from mlwright.faces.errors import TABLE, TOO_MANY
from mlwright.kernel.errors import MissingExtra, MlwrightError

API = Path(__file__).resolve().parents[2] / "src" / "mlwright" / "faces" / "api"


def test_every_status_of_an_answer_is_told() -> None:
    told = {status for status, _ in ERRORS}
    answering = {
        row.status for error, row in TABLE.items() if issubclass(error, MlwrightError) and error is not MissingExtra
    }
    conflicts = {409}  # an answer conflicts with nothing
    assert told >= (answering | {TOO_MANY.status}) - conflicts
    of_http = {401, 413, 415, 421}
    source = "".join(path.read_text(encoding="utf-8") for path in API.glob("*.py"))
    assert all(
        f"HttpProblem(\n            {status}," in source or f"HttpProblem({status}," in source for status in of_http
    )
    assert told >= of_http
    assert told - answering - of_http <= {TOO_MANY.status, 422, 500}


def test_every_field_and_every_event_is_told() -> None:
    assert {name for name, _ in FIELDS} == set(EndpointBody.model_fields)
    assert {event for event, _, _ in EVENTS} == set(_EVENT["properties"]["event"]["enum"])
