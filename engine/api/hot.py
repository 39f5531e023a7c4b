"""The door, and behind it the two requests that every task is made of, on the shortest road: submissions and callbacks.

Every request is let in here or not, by what `engine/doors/guard.py` says, before a byte of its body is read.

They take no parameter that a framework would have to check, so they go straight from the server to their handler. All
other requests go on to FastAPI.
"""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from aiservice.protocol.lines import bind
from engine.api.callbacks import take_result
from engine.api.deps import Engine
from engine.api.problems import answer_error
from engine.api.services import submit
from engine.identity import Identity

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
        bind(_Request(scope))
        engine: Engine | None = getattr(self._app.state, "engine", None)
        if engine is not None and engine.guard.closed and scope["type"] == "http":
            try:
                identity = scope["identity"] = await engine.guard.admit(
                    scope["method"], scope["path"], scope["headers"]
                )
                engine.limits.request(identity)
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


class _Request:
    """What the lines of the log tell of a request."""

    __slots__ = ("_scope",)

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def log_ids(self) -> Mapping[str, object]:
        """Which key asks, and for which route or task."""
        identity: Identity | None = self._scope.get("identity")
        found: dict[str, object] = {"key": identity.key if identity is not None else None}
        kind, _, rest = str(self._scope.get("path", "")).lstrip("/").partition("/")
        if kind in ("services", "tasks"):
            found["route" if kind == "services" else "task"] = rest.partition("/")[0]
        return found


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
