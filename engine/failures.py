"""Why a request of the engine failed, in words."""

import asyncio
import logging
import os
from typing import Any

import aiohttp

from engine.task.task import Task
from engine.task.trace import trace_id_of

_log = logging.getLogger(__name__)


class Final(Exception):
    """The request fails, and another attempt would as well. The text is a clause that says why."""


def reason(error: BaseException, timeout: float) -> tuple[str, bool]:
    """Why an exchange of so many seconds broke, as a clause; and whether it would break again whatever is done.

    Texts of the HTTP client are not used: they name addresses, and differ with its version.
    """
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"the certificate of the host is not accepted: {_certificate(error.certificate_error)}", True
    if isinstance(error, aiohttp.ClientResponseError):
        return "what it answered is no HTTP", True
    return _passing(error, timeout), False


def note_unheard(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What the event loop is told that nobody asked for. That a connection broke on which the HTTP client was still
    writing is no mistake: whoever made the request has heard of it."""
    error = context.get("exception")
    if isinstance(error, aiohttp.ClientConnectionError):
        _log.info("a connection broke while a request was being written: %s", type(error).__name__)
    else:
        loop.default_exception_handler(context)


def _passing(error: BaseException, timeout: float) -> str:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "no connection could be made in time"
    if isinstance(error, TimeoutError):
        return f"it did not answer within {timeout:g} s"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the name of the host cannot be resolved"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return f"TLS could not be agreed on: {_text(error.os_error)}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection could be made: {_text(error.os_error)}"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "its answer is cut off"
    return f"the connection broke: {_text(error)}" if isinstance(error, OSError) else "the connection was closed"


def _text(error: BaseException) -> str:
    """What the system says of an error, without the address."""
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return getattr(error, "reason", None) or type(error).__name__


def _certificate(error: Exception) -> str:
    return str(getattr(error, "verify_message", "") or error)


def note_end(task: Task) -> None:
    """Log that a task has failed, if it has. Why, it tells its client: that may hold what the client sent."""
    if task.status == "error" and _log.isEnabledFor(logging.INFO):
        failed = next((node_id for node_id, run in task.nodes.items() if run.state == "error"), None)
        ids = {"task": task.id, "node": failed, "route": task.route, "trace": trace_id_of(task)}
        _log.info("the task has failed", extra=ids)
