"""JSON Schemas of what clients send to `/services`, for the documentation. What is really checked stands in
`engine/pipeline/check/` and in the protocol's `Announcement`."""

from typing import Any

from engine.pipeline.nodes import NODE_TYPES

_PIPELINE: dict[str, Any] = {
    "title": "Pipeline",
    "type": "object",
    "required": ["type", "nodes"],
    "properties": {
        "type": {"const": "pipeline"},
        "nodes": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,100}$"},
                    "type": {"enum": sorted(NODE_TYPES), "default": "node"},
                    "next": {"type": "array", "items": {"type": "string"}},
                    "input": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            },
        },
    },
    "examples": [
        {
            "type": "pipeline",
            "nodes": [
                {
                    "id": "entry",
                    "type": "entry",
                    "api": {"route": "find-faces", "body": ["image"], "summary": "Find the faces of a picture"},
                    "next": ["detect"],
                },
                {"id": "detect", "type": "service", "service": "face-detect", "next": ["end"]},
                {"id": "end", "type": "end", "input": {"faces": "detect.out.answer"}},
            ],
        }
    ],
}
_ANNOUNCEMENT: dict[str, Any] = {
    "title": "Announcement of a service",
    "type": "object",
    "required": ["type", "url", "api"],
    "properties": {
        "type": {"const": "service"},
        "url": {"type": "string", "format": "uri"},
        "interval": {"type": "number", "exclusiveMinimum": 0, "default": 30},
        "api": {
            "type": "object",
            "required": ["route", "body"],
            "properties": {
                "route": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,200}$"},
                "body": {},
                "summary": {"type": "string"},
                "description": {"type": "string"},
                "result": {"type": "object", "description": "JSON Schema of what the operation gives"},
            },
        },
    },
}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


POST_DEFINITION = _body({"oneOf": [_PIPELINE, _ANNOUNCEMENT]})
"""What OpenAPI says of the body of `POST /services`."""

PUT_DEFINITION: dict[str, Any] = {
    **_body(_PIPELINE),
    "parameters": [
        {
            "name": "If-Match",
            "in": "header",
            "required": False,
            "description": "The `ETag` of the version that the new one was made from.",
            "schema": {"type": "string"},
        }
    ],
}
"""What OpenAPI says of the body of `PUT /services/{route}`."""

RETRY: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"definition": _PIPELINE, "input": {"type": "object"}},
                }
            }
        },
    }
}
"""What OpenAPI says of the body of `POST /tasks/{id}/retry`."""

LAST_EVENT_ID: dict[str, Any] = {
    "parameters": [
        {
            "name": "Last-Event-ID",
            "in": "header",
            "required": False,
            "description": "Go on after this event.",
            "schema": {"type": "string"},
        }
    ]
}
"""What OpenAPI says of resuming an event stream."""
