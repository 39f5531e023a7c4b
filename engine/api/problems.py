"""Errors as RFC 9457 `application/problem+json`: one handler for the whole tree."""

import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from engine.api.etags import etag_of
from engine.api.methods import allowed
from engine.audit import refused
from engine.errors import EngineError, Fault, Forbidden, PreconditionFailed, RangeWrong, Unauthorized, Unprocessable
from engine.pipeline.jsontext import pointer

_CHALLENGE = 'Bearer realm="engine"'
_log = logging.getLogger(__name__)


def problem(
    status: int, title: str, detail: str, faults: Iterable[Fault] = (), headers: dict[str, str] | None = None
) -> Response:
    """The answer for one error."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    errors = [fault_view(fault) for fault in faults]
    if errors:
        body["errors"] = errors
    return Response(orjson.dumps(body), status, headers, media_type="application/problem+json")


def fault_view(fault: Fault) -> dict[str, Any]:
    """One thing that is wrong: `pointer` and `detail`, of code also its `line` and `column`."""
    view: dict[str, Any] = {"pointer": fault.pointer, "detail": fault.message}
    return view if fault.line is None else {**view, "line": fault.line, "column": fault.column}


def _engine_error(error: EngineError) -> Response:
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = f"{error.retry_after:.0f}"
    if isinstance(error, RangeWrong):
        headers["Content-Range"] = f"bytes */{error.size}"
    if isinstance(error, PreconditionFailed):
        headers["ETag"] = etag_of(error.version)
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = _CHALLENGE + (', error="invalid_token"' if error.sent else "")
    if isinstance(error, Forbidden) and error.scope:
        headers["WWW-Authenticate"] = f'{_CHALLENGE}, error="insufficient_scope", scope="{error.scope}"'
    return problem(error.status, error.title, error.detail, error.faults, headers)


def _http_exception(request: Request, error: HTTPException) -> Response:
    title = HTTPStatus(error.status_code).phrase
    detail = f"{request.method} {request.url.path}: {error.detail}"
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = allowed(request.app, request.scope)
    return problem(error.status_code, title, detail, headers=headers)


def _wrong_request(error: RequestValidationError) -> Response:
    faults = [Fault(pointer(*fault["loc"]), str(fault["msg"])) for fault in error.errors()]
    return problem(422, Unprocessable.title, "a parameter of the request is wrong", faults)


def answer_error(request: Request, error: Exception) -> Response:
    """The answer for any error that a handler raised."""
    answer = _answer(request, error)
    if answer.status_code in (401, 403, 429):
        engine = getattr(request.app.state, "engine", None) if "app" in request.scope else None
        if engine is not None:
            engine.metrics.turned_away(answer.status_code)
    return answer


def _answer(request: Request, error: Exception) -> Response:
    if isinstance(error, Unauthorized | Forbidden):
        _note_refused(request, error)
    if isinstance(error, EngineError):
        return _engine_error(error)
    if isinstance(error, RequestValidationError):
        return _wrong_request(error)
    if isinstance(error, HTTPException):
        return _http_exception(request, error)
    if isinstance(error, ClientDisconnect):
        return problem(400, "Bad request", "the body was cut off")
    _log.error("%s %s broke", request.method, request.url.path, exc_info=error)
    return problem(500, "Internal error", "the engine made a mistake; its log says more")


def _note_refused(request: Request, error: EngineError) -> None:
    address = request.client.host if request.client is not None else ""
    what = f"{request.method} {request.url.path}"
    refused(error.status, request.scope.get("identity"), what, address, error.detail)


async def _handle(request: Request, error: Exception) -> Response:
    return answer_error(request, error)


def install(app: FastAPI) -> None:
    """Answer every error of the application as a problem."""
    for kind in (EngineError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, _handle)
