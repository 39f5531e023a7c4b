"""Which methods a path has, for the `Allow` header of a 405 (RFC 9110, 15.5.6): those of all its routes."""

from collections.abc import MutableMapping
from typing import Any

from fastapi import FastAPI
from starlette.routing import Match, Route

ALSO = {"/services/{route}": "POST"}
"""Taken before the routes are looked at (`hot.py`)."""


def allowed(app: FastAPI, scope: MutableMapping[str, Any]) -> str:
    """The methods that the path of a request has, of the routes that the composition root has noted."""
    found: set[str] = set()
    for route in app.state.routes:
        if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE:
            found |= {*(route.methods or ()), *({ALSO[route.path]} if route.path in ALSO else ())}
    return ", ".join(sorted(found))
