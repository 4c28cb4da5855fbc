"""Errors over HTTP: problem details (RFC 9457), or the error shape of OpenAI on its routes. Never a traceback."""

import logging
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mlwright.faces.errors import leaving
from mlwright.kernel.errors import MlwrightError

_log = logging.getLogger("mlwright.api")

_SLUGS = {404: "not-found", 405: "method-not-allowed"}
_TITLES = {404: "There is no such page", 405: "This page does not answer that method"}


class HttpProblem(HTTPException):
    """What only HTTP knows: no key, a body that is too large, a foreign origin."""

    def __init__(
        self, status: int, slug: str, detail: str, *, hint: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, detail, headers)
        self.slug, self.hint = slug, hint


def describe(error: Exception, trace: str = "") -> dict[str, Any]:
    """An error as problem details; one that nobody expected says nothing of itself, only where to look."""
    if isinstance(error, HttpProblem):
        return _problem(error.slug, error.detail, error.status_code, error.detail, error.hint, trace)
    if isinstance(error, HTTPException):
        status = error.status_code
        title = _TITLES.get(status, "The request was refused")
        return _problem(_SLUGS.get(status, "http"), title, status, str(error.detail), "", trace)
    if isinstance(error, RequestValidationError | ValidationError):
        problem = _problem("invalid", "The request does not have the right shape", 422, "", "", trace)
        problem["errors"] = [_fault(fault) for fault in error.errors()]
        problem["detail"] = "; ".join(f"{fault['at']}: {fault['message']}" for fault in problem["errors"][:3])
        return problem
    row = leaving(error)
    if isinstance(error, MlwrightError):
        return _problem(row.slug, row.title, row.status, error.message, error.hint, trace)
    detail = "mlwright met an error that it did not expect; its log has the details"
    return _problem(row.slug, row.title, row.status, detail, f"search the log for {trace}" if trace else "", trace)


def _problem(slug: str, title: str, status: int, detail: str, hint: str, trace: str) -> dict[str, Any]:
    return {
        "type": f"urn:mlwright:error:{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        "hint": hint,
        "trace": trace,
    }


def _fault(fault: Mapping[str, Any]) -> dict[str, str]:
    where: Sequence[object] = fault.get("loc", ())
    return {"at": ".".join(str(step) for step in where if step != "body") or "body", "message": str(fault["msg"])}


def as_openai(problem: Mapping[str, Any]) -> dict[str, Any]:
    """The same error in the shape that clients of OpenAI expect."""
    hint = f" ({problem['hint']})" if problem["hint"] else ""
    slug = str(problem["type"]).rpartition(":")[2]
    kind = "invalid_request_error" if problem["status"] < 500 and problem["status"] != 429 else "server_error"
    if problem["status"] == 429:
        kind = "rate_limit_error"
    return {"error": {"message": f"{problem['detail']}{hint}", "type": kind, "param": None, "code": slug}}


def is_openai(path: str) -> bool:
    return path.startswith(("/v1/chat/", "/v1/models"))


def respond(error: Exception, path: str, trace: str = "") -> Response:
    """The whole response to an error."""
    problem = describe(error, trace)
    headers = dict(getattr(error, "headers", None) or {})
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        headers["retry-after"] = str(max(1, ceil(retry_after)))
    if is_openai(path):
        return Response(orjson.dumps(as_openai(problem)), problem["status"], headers, "application/json")
    return Response(orjson.dumps(problem), problem["status"], headers, "application/problem+json")


async def handle(request: Request, error: Exception) -> Response:
    """The exception handler of the application, for every error that it may see."""
    if leaving(error).status >= 500 and not isinstance(error, HTTPException | RequestValidationError | ValidationError):
        _log.warning("%s %s: %s", request.method, request.url.path, error)
    return respond(error, request.url.path, request.scope.get("state", {}).get("trace", ""))
