"""Who am I, and the cookie of the web page."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from engine.api.answers_doors import IDENTITY, SESSION, SESSION_ENDED
from engine.api.deps import Json, engine_of, identity_of
from engine.doors.session import LONGEST, set_cookie
from engine.errors import TooLarge
from engine.identity import SCOPES

router = APIRouter(tags=["keys"])


@router.get("/identity", summary="Who sends this request", responses=IDENTITY)
async def get_identity(request: Request) -> Response:
    """The owner and the scopes of the key. An engine that asks for no keys says so, and lets everybody do all."""
    return Json(_view(request))


@router.post("/session", summary="Begin a session of the web page", responses=SESSION)
async def post_session(request: Request) -> Response:
    """With the key in the `Authorization` header. The cookie is honoured for GET and HEAD, for 12 hours, and ends with
    the key; the key cannot be found out from it."""
    engine = engine_of(request)
    if not engine.guard.closed:
        return Json(_view(request))
    value = engine.guard.session_of(request.scope["headers"], identity_of(request))
    if len(value) > LONGEST:
        raise TooLarge(f"this token is too long for a cookie, which holds {LONGEST} bytes")
    cookie = set_cookie(value, engine.settings.external_url)
    return Json(_view(request), headers={"Set-Cookie": cookie, "Cache-Control": "no-store"})


@router.delete("/session", summary="End a session of the web page", responses=SESSION_ENDED, status_code=204)
async def delete_session(request: Request) -> Response:
    """Takes the cookie away from the browser that asks."""
    cookie = set_cookie("", engine_of(request).settings.external_url, 0)
    return Response(None, 204, headers={"Set-Cookie": cookie})


def _view(request: Request) -> dict[str, Any]:
    identity = identity_of(request)
    return {
        "keys": engine_of(request).guard.closed,
        "key": identity.key,
        "owner": identity.owner,
        "scopes": [scope for scope in SCOPES if identity.may(scope)],
    }
