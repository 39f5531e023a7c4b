"""The OpenAPI document: the engine's own routes, and one for every route that is open, with its body."""

from typing import Any

import orjson
from fastapi import FastAPI

from engine.api import answers_doors
from engine.api.answers import COMPONENTS, PROBLEM
from engine.opened import Opened
from engine.registry import Registry

_JOB = {
    "description": "The task was created. With `Prefer: wait=N` and an end in time, its result too.",
    "headers": {"Location": {"description": "the task's status", "schema": {"type": "string"}}},
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["jobId"],
                "properties": {
                    "jobId": {"type": "string"},
                    "status": {"enum": ["finished", "error"]},
                    "result": {},
                    "message": {"type": "string"},
                },
            }
        }
    },
}
_HEADERS = [
    {
        "name": "Prefer",
        "in": "header",
        "required": False,
        "description": "`wait=N`: hold the answer for up to N seconds, until the task has ended.",
        "schema": {"type": "string"},
    },
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "The same key on the same route makes one task only.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
]


class OpenApi:
    """Builds the document when what is open has changed, and keeps it until then."""

    def __init__(self, app: FastAPI, registry: Registry) -> None:
        self._app = app
        self._registry = registry
        self._built: bytes = b""
        self._revision = -1
        self._routes: list[str] = []

    def current(self) -> bytes:
        """The document as JSON."""
        if self._revision != self._registry.revision or not self._built:
            self._revision = self._registry.revision
            document = own_document(self._app)
            paths = {**document["paths"], **{_path(o): {"post": _operation(o)} for o in self._registry.routes()}}
            self._built = orjson.dumps({**document, "paths": paths})
        return self._built


def own_document(app: FastAPI) -> dict[str, Any]:
    """The engine's own routes and what they answer, without the routes that are open."""
    document = app.openapi()
    known = document.get("components", {})
    schemas = {**known.get("schemas", {}), **COMPONENTS, **answers_doors.COMPONENTS}
    return {**document, "components": {**known, "schemas": schemas}}


def _path(opened: Opened) -> str:
    return f"/services/{opened.row.route}"


def _operation(opened: Opened) -> dict[str, Any]:
    api = opened.pipeline.entry.api
    media = "application/json" if opened.body.kind == "object" else "multipart/form-data"
    return {
        "tags": ["announced services" if opened.row.kind == "service" else "pipelines"],
        "summary": api.summary or api.route,
        "description": api.description,
        "operationId": f"submit_{api.route}",
        "parameters": _HEADERS,
        "requestBody": {"required": True, "content": {media: {"schema": opened.body.json_schema()}}},
        "responses": {"200": _JOB, "default": PROBLEM},
    }
