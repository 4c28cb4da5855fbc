"""The OpenAPI document: what FastAPI knows of its routes, and the hot routes that it does not see."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from mlwright.faces.api.asking import AskBody, EndpointBody
from mlwright.faces.api.openai import ChatBody

_TEMPLATE = "#/components/schemas/{model}"


class FieldFault(BaseModel):
    at: str
    message: str


class Problem(BaseModel):
    """Problem details (RFC 9457). `hint` says what to do next; `trace` finds the request in the log."""

    type: str
    title: str
    status: int
    detail: str
    hint: str
    trace: str
    errors: list[FieldFault] = Field(default_factory=list)


_PROBLEM = {
    "description": "What went wrong",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
PROBLEMS: dict[int | str, dict[str, Any]] = {"default": _PROBLEM, 422: {**_PROBLEM, "description": "The wrong shape"}}
_OPENAI_ERROR = {"description": "What went wrong", "content": {"application/json": {"schema": {"type": "object"}}}}


_EVENT = {
    "type": "object",
    "properties": {"event": {"enum": ["token", "citation", "done", "error"]}, "data": {"type": "string"}},
    "description": "Each server-sent event; `data` is JSON. The protocol of OpenAI sends `data` only.",
}


def document(api: FastAPI, default: Any, *, public: bool) -> dict[str, Any]:
    """The whole document. `default` makes FastAPI's part of it."""
    page: dict[str, Any] = default()
    if "Problem" in page.get("components", {}).get("schemas", {}):
        return page
    _, schemas = models_json_schema(
        [(model, "validation") for model in (AskBody, EndpointBody, ChatBody, Problem)], ref_template=_TEMPLATE
    )
    components = page.setdefault("components", {})
    components.setdefault("schemas", {}).update(schemas["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    page["security"] = [{"key": []}] if public else [{}, {"key": []}]
    page["paths"].update(_hot_paths())
    return page


def _hot_paths() -> dict[str, Any]:
    name = {
        "name": "name",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.-]+$"},
    }
    return {
        "/v1/ask": {"post": _answering("ask", "Ask an endpoint by name.", "AskBody")},
        "/v1/endpoints/{name}": {
            "post": {**_answering("endpoint", "Ask this endpoint.", "EndpointBody"), "parameters": [name]}
        },
        "/v1/chat/completions": {
            "post": _answering("chat", "Ask an endpoint by the protocol of OpenAI.", "ChatBody", error=_OPENAI_ERROR)
        },
        "/v1/models": {"get": _reading("models", "The endpoints, as models.")},
        "/v1/models/{name}": {"get": {**_reading("model", "One endpoint, as a model."), "parameters": [name]}},
    }


def _answering(id_: str, summary: str, body: str, error: Mapping[str, Any] = _PROBLEM) -> dict[str, Any]:
    schema = {"$ref": _TEMPLATE.format(model=body)}
    content = {"application/json": {"schema": {"type": "object"}}, "text/event-stream": {"schema": _EVENT}}
    return {
        "tags": ["asking"],
        "operationId": id_,
        "summary": summary,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "The answer", "content": content}, "default": dict(error)},
    }


def _reading(id_: str, summary: str) -> dict[str, Any]:
    ok = {"description": "Found", "content": {"application/json": {"schema": {"type": "object"}}}}
    return {
        "tags": ["asking"],
        "operationId": id_,
        "summary": summary,
        "responses": {"200": ok, "default": _OPENAI_ERROR},
    }
