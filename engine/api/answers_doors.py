"""JSON Schemas of what is said about keys and the audit log: see `answers.py`."""

from typing import Any, get_args

from engine.api.answers import Responses, Schema
from engine.audit import Action
from engine.identity import Scope

_TEXT: Schema = {"type": "string"}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_MOMENT_OR_NULL: Schema = {"anyOf": [_MOMENT, {"type": "null"}]}
_SCOPES: Schema = {"type": "array", "items": {"type": "string", "enum": list(get_args(Scope))}}
_LIMITS: Schema = {
    "type": "object",
    "properties": {
        "running": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "description": "running tasks"},
        "per_second": {
            "anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}],
            "description": "requests per second",
        },
    },
}
_KEY: Schema = {
    "type": "object",
    "required": ["id", "name", "owner", "scopes", "state", "created", "expires", "revoked", "limits"],
    "properties": {
        "id": _TEXT,
        "name": _TEXT,
        "owner": {**_TEXT, "description": "whom the tasks and pipelines belong to that its bearer makes"},
        "scopes": _SCOPES,
        "state": {"type": "string", "enum": ["good", "expired", "revoked"]},
        "created": _MOMENT,
        "expires": _MOMENT_OR_NULL,
        "revoked": _MOMENT_OR_NULL,
        "limits": _LIMITS,
    },
}
_IDENTITY: Schema = {
    "type": "object",
    "required": ["keys", "key", "owner", "scopes"],
    "properties": {
        "keys": {"type": "boolean", "description": "whether this engine asks for keys"},
        "key": {**_TEXT, "description": "the id of the key, or `oidc:` and the subject of the token"},
        "owner": _TEXT,
        "scopes": {**_SCOPES, "description": "those that it has, and those that they imply"},
    },
}

_CHANGE: Schema = {
    "type": "object",
    "required": ["id", "at", "key", "owner", "action", "subject", "detail", "address"],
    "properties": {
        "id": _TEXT,
        "at": _MOMENT,
        "key": {**_TEXT, "description": "the id of the key, or `oidc:` and the subject of the token"},
        "owner": {**_TEXT, "description": "whose key it was"},
        "action": {"type": "string", "enum": list(get_args(Action))},
        "subject": {**_TEXT, "description": "the route, the id of the task or of the key"},
        "detail": _TEXT,
        "address": {**_TEXT, "description": "where the request came from"},
    },
}

COMPONENTS: dict[str, Schema] = {"AuditEntry": _CHANGE, "Identity": _IDENTITY, "Key": _KEY}


def _json(schema: Schema, about: str) -> Responses:
    return {200: {"description": about, "content": {"application/json": {"schema": schema}}}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_SECRET: Schema = {
    "type": "object",
    "required": ["key"],
    "properties": {"key": {**_TEXT, "description": "what is to be sent; it is shown this once"}},
}
KEY: Responses = _json(_ref("Key"), "The key, without its secret.")
NEW_KEY: Responses = _json({"allOf": [_ref("Key"), _SECRET]}, "The key, with its secret.")
KEYS: Responses = _json(
    {"type": "object", "required": ["keys"], "properties": {"keys": {"type": "array", "items": _ref("Key")}}},
    "All keys.",
)
AUDIT_PAGE: Responses = _json(
    {
        "type": "object",
        "required": ["changes", "next"],
        "properties": {
            "changes": {"type": "array", "items": _ref("AuditEntry")},
            "next": {"anyOf": [_TEXT, {"type": "null"}]},
        },
    },
    "One page.",
)
IDENTITY: Responses = _json(_ref("Identity"), "Who sent the request.")
SESSION: Responses = {
    200: {**IDENTITY[200], "headers": {"Set-Cookie": {"description": "the session", "schema": _TEXT}}}
}
SESSION_ENDED: Responses = {204: {"description": "The cookie is taken away."}}

POST_KEY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name", "owner", "scopes"],
                    "properties": {
                        "name": {**_TEXT, "minLength": 1, "maxLength": 100, "description": "what it is for"},
                        "owner": {**_TEXT, "minLength": 1, "maxLength": 100},
                        "scopes": {**_SCOPES, "minItems": 1},
                        "expires": {**_MOMENT_OR_NULL, "description": "null: never"},
                        "limits": {**_LIMITS, "additionalProperties": False},
                    },
                }
            }
        },
    }
}
"""What OpenAPI says of the body of `POST /keys`."""
