"""The door, and behind it the two requests that every task is made of, on the shortest road: submissions and callbacks.

Every request is let in here or not, by what `engine/doors/guard.py` says, before a byte of its body is read.

They take no parameter that a framework would have to check, so they go straight from the server to their handler. All
other requests go on to FastAPI.
"""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from engine.api.callbacks import take_result
from engine.api.deps import Engine
from engine.api.problems import answer_error
from engine.api.services import submit

_SERVICES = "/services/"
_CALLBACKS = "/processing"


class HotPath:
    """An ASGI application around the FastAPI one."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def end_waits(self) -> None:
        """Let waiting clients go: the server is about to stop. May be called from a signal handler."""
        engine: Engine | None = getattr(self._app.state, "engine", None)
        if engine is not None:
            engine.loop.call_soon_threadsafe(engine.runner.end_waits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in or not; answer the two, pass on the rest."""
        engine: Engine | None = getattr(self._app.state, "engine", None)
        if engine is not None and engine.guard.closed and scope["type"] == "http":
            try:
                scope["identity"] = await engine.guard.admit(scope["method"], scope["path"], scope["headers"])
            except Exception as error:
                await answer_error(Request(scope), error)(scope, receive, send)
                return
        handler = _handler(scope)
        if handler is None:
            await self._app(scope, receive, send)
            return
        scope["app"] = self._app
        request = Request(scope, receive, send)
        response = await _answered(handler, request)
        await response(scope, receive, send)


def _handler(scope: Scope) -> Callable[[Request], Awaitable[Response]] | None:
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    path: str = scope["path"]
    if path == _CALLBACKS:
        return take_result
    route = path[len(_SERVICES) :]
    if not path.startswith(_SERVICES) or not route or "/" in route:
        return None
    return lambda request: submit(route, request)


async def _answered(handler: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    try:
        return await handler(request)
    except Exception as error:
        return answer_error(request, error)
