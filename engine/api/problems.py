"""Errors as RFC 9457 `application/problem+json`: one handler for the whole tree."""

import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from engine.errors import EngineError, Fault, RangeWrong

_log = logging.getLogger(__name__)

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}


def problem(
    status: int, title: str, detail: str, faults: Iterable[Fault] = (), headers: dict[str, str] | None = None
) -> Response:
    """The answer for one error."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    errors = [{"pointer": fault.pointer, "detail": fault.message} for fault in faults]
    if errors:
        body["errors"] = errors
    return Response(orjson.dumps(body), status, headers, media_type="application/problem+json")


async def _engine_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, EngineError)
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = f"{error.retry_after:.0f}"
    if isinstance(error, RangeWrong):
        headers["Content-Range"] = f"bytes */{error.size}"
    return problem(error.status, error.title, error.detail, error.faults, headers)


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    detail = f"{request.method} {request.url.path}: {error.detail}"
    return problem(error.status_code, title, detail, headers=dict(error.headers or {}))


async def _wrong_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [Fault("/" + "/".join(map(str, fault["loc"])), str(fault["msg"])) for fault in error.errors()]
    return problem(422, "Unprocessable content", "a parameter of the request is wrong", faults)


async def _unexpected(request: Request, error: Exception) -> Response:
    _log.exception("%s %s broke", request.method, request.url.path, exc_info=error)
    return problem(500, "Internal error", "the engine made a mistake; its log says more")


def install(app: FastAPI) -> None:
    """Answer every error of the application as a problem."""
    app.add_exception_handler(EngineError, _engine_error)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(RequestValidationError, _wrong_request)
    app.add_exception_handler(Exception, _unexpected)
