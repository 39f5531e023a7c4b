"""JSON Schemas of what clients get, for the documentation and for clients that are generated from it.

They describe the views in `views.py`, `raw.py`, `nodes.py`, `services.py` and `system.py`, and are not used to make
them. All answers may get further members: none forbids others.
"""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_FLAG: Schema = {"type": "boolean"}
_OBJECT: Schema = {"type": "object", "additionalProperties": True}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_NODE_STATES = ["pending", "running", "finished", "skipped", "error", "cancelled"]


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _words(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, about: str = "") -> Schema:
    schema: Schema = {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}
    return {"description": about, **schema} if about else schema


_STATUS = _words("running", "finished", "error")
_CODE_PLACE = {
    "field": {**_TEXT, "description": "the field whose code has failed"},
    "line": {"type": "integer", "minimum": 1, "description": "the line in it, where that is known"},
}
_FAULT = _object(
    {"pointer": {**_TEXT, "description": "JSON pointer (RFC 6901)"}, "detail": _TEXT},
    {"line": {"type": "integer", "minimum": 1}, "column": {"type": "integer", "minimum": 1}},
    "One thing that is wrong. Of code, `line` and `column` say where in it.",
)
_PROBLEM = _object(
    {"type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT},
    {"errors": _list(_ref("Fault"))},
    "What is wrong, and what to change (RFC 9457).",
)
_BREAKER = {
    "breaker": _words("closed", "open", "half-open"),
    "failures": _COUNT,
    "retry_in": _or_null({"type": "number"}),
}
_DEFINED = {
    **_object({"id": _TEXT}, {"type": _TEXT, "next": _list(_TEXT), "input": _map(_TEXT)}, "A node of a definition."),
    "additionalProperties": True,
}
_API = _object({"route": _TEXT, "body": {}}, {"summary": _TEXT, "description": _TEXT, "result": _OBJECT})
_SERVICE = _object(
    {"type": _words("pipeline", "service"), "nodes": _list(_ref("DefinedNode")), "state": _ref("RouteState")},
    {"api": _API, "url": _or_null(_TEXT)},
    "A definition as stored; `state` is that of its route.",
)
_ROUTE_STATE = _object(
    {"route": _TEXT, "version": _COUNT, "url": _TEXT, "away": _list(_TEXT)},
    {
        "instances": _list(_object({"url": _TEXT, "alive": _FLAG, "calls": _COUNT, **_BREAKER})),
        "failing": _list(_object({"url": _TEXT, **_BREAKER})),
        "broken": _list(_ref("Fault")),
    },
)
_VERSION = _object({"version": _COUNT, "created": _MOMENT, "open": _FLAG, "nodes": _list(_ref("DefinedNode"))})
_RUN_WITH = _object(
    {"type": _words("pipeline", "service"), "nodes": _list(_ref("DefinedNode")), "version": _COUNT},
    about="A definition as stored; `version` is 0 where it is a task's own.",
)
_NODE_STATUS = _object(
    {"state": _words(*_NODE_STATES)},
    {"waiting": _TEXT, "error": _TEXT, **_CODE_PLACE, "items": _object({"total": _COUNT, "done": _COUNT})},
)
_TASK_STATUS = _object(
    {
        "status": _STATUS,
        "jobId": _TEXT,
        "route": _TEXT,
        "version": _COUNT,
        "created": _MOMENT,
        "ended": _or_null(_MOMENT),
        "progress": _object({"done": _COUNT, "total": _COUNT}),
        "nodes": _map(_ref("NodeStatus")),
    },
    {"message": _TEXT},
)
_ROW = {"jobId": _TEXT, "route": _TEXT, "status": _STATUS, "created": _MOMENT, "ended": _or_null(_MOMENT)}
_TASK_PAGE = _object({"tasks": _list(_object(_ROW, {"owner": _TEXT})), "next": _or_null(_TEXT)})
_JOBS = _object({"total": _COUNT, "running": _COUNT, "finished": _COUNT, "failed": _COUNT})
_STATS = _object({"jobs": _JOBS, "services": _map(_COUNT), "routes": _map(_JOBS)})
_AWAY = _object({"store": _TEXT, "reason": _TEXT, "since": _or_null(_MOMENT), "seconds": _or_null({"type": "number"})})
_READY = _object(
    {"status": _words("ready", "not ready"), "stores": _map(_TEXT)}, {"away": _list(_AWAY), "reason": _TEXT}
)
_SECONDS = _or_null({"type": "number"})
_TIMES = {"started": _or_null(_MOMENT), "ended": _or_null(_MOMENT), "seconds": _SECONDS}
_ATTEMPT = _object(
    {
        "turn": _COUNT,
        "url": _or_null(_TEXT),
        "at": _MOMENT,
        "accepted": _or_null(_MOMENT),
        "ended": _or_null(_MOMENT),
        "seconds": _SECONDS,
        "error": _or_null(_TEXT),
    },
    {"task": {**_TEXT, "description": "the task that runs the sub-pipeline"}},
)
_BINARY = _object(
    {"binary": _TEXT, "name": _TEXT, "type": _TEXT, "size": _COUNT}, about="What stands for a binary in a value."
)
_RAW_NODE = _object(
    {
        "id": _TEXT,
        "type": _TEXT,
        "state": _words(*_NODE_STATES),
        "params": _OBJECT,
        "out": _or_null(_OBJECT),
        **_TIMES,
        "turn": _COUNT,
        "error": _or_null(_TEXT),
        "waiting": _or_null(_TEXT),
        "due": _or_null(_MOMENT),
        "attempts": _list(_ref("Attempt")),
    },
    {
        "input": _or_null(_OBJECT),
        "side": _words("then", "else"),
        "items": _COUNT,
        "node": _TEXT,
        "task": _TEXT,
        "index": _COUNT,
        "_loop": {},
        **_CODE_PLACE,
    },
    "One instance of a node. A binary in a value is a `Binary`.",
)
_CHANGE = _object({"at": _MOMENT, "node": _or_null(_TEXT), "state": _TEXT}, {"detail": _TEXT})
_RAW = _object(
    {
        "id": _TEXT,
        "route": _TEXT,
        "version": _COUNT,
        "revision": _COUNT,
        "status": _STATUS,
        "message": _or_null(_TEXT),
        "created": _MOMENT,
        "ended": _or_null(_MOMENT),
        "pipeline": _OBJECT,
        "nodes": _map(_ref("RawNode")),
        "binaries": _map(_TEXT),
        "tasks": _map(_object({"node": _TEXT, "route": _TEXT, "status": _STATUS})),
        "history": _list(_ref("Change")),
    },
    {"root": {**_TEXT, "description": "of the run of a sub-pipeline: the task that was submitted"}},
)
_SHORT = _object(
    {
        "id": _TEXT,
        "index": _or_null(_COUNT),
        "indexes": _list(_COUNT),
        "task": _TEXT,
        "state": _words(*_NODE_STATES),
        **_TIMES,
        "error": _or_null(_TEXT),
    },
    _CODE_PLACE,
)
_NODE_PAGE = _object({"nodes": _list(_ref("NodeSummary")), "next": _or_null(_TEXT), "total": _or_null(_COUNT)})
_ANNOUNCED = _object({"route": _TEXT, "url": _TEXT, "alive": _FLAG})
_CHECKED = _object({"ok": _FLAG, "faults": _list(_ref("Fault"))}, about="What a check without storing has found.")
_CLOSED = _object({"route": _TEXT, "open": {"const": False}})
_JOB = _object({"jobId": _TEXT})

COMPONENTS: dict[str, Schema] = {
    "Announced": _ANNOUNCED,
    "Attempt": _ATTEMPT,
    "Binary": _BINARY,
    "Change": _CHANGE,
    "Checked": _CHECKED,
    "Closed": _CLOSED,
    "DefinedNode": _DEFINED,
    "Fault": _FAULT,
    "Job": _JOB,
    "NodePage": _NODE_PAGE,
    "NodeStatus": _NODE_STATUS,
    "NodeSummary": _SHORT,
    "Problem": _PROBLEM,
    "Raw": _RAW,
    "RawNode": _RAW_NODE,
    "Ready": _READY,
    "RouteState": _ROUTE_STATE,
    "Service": _SERVICE,
    "Stats": _STATS,
    "Status": _TASK_STATUS,
    "TaskPage": _TASK_PAGE,
    "TaskDefinition": _RUN_WITH,
    "Version": _VERSION,
}
"""All of them, as they stand in the document under `components.schemas`."""

Responses = dict[int | str, dict[str, Any]]
ETAG = {"ETag": {"description": "the version, for `If-Match`", "schema": _TEXT}}


def _json(schema: Schema, about: str, headers: Schema | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": about, "content": {"application/json": {"schema": schema}}}
    return {**answer, "headers": headers} if headers else answer


def _content(*kinds: str) -> dict[str, Any]:
    return {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}


PROBLEM: dict[str, Any] = {
    "description": "What is wrong, and what to change.",
    "content": {"application/problem+json": {"schema": _ref("Problem")}},
}
SERVICE: Responses = {200: _json(_ref("Service"), "The definition.", ETAG)}
STORED: Responses = {
    200: _json({"anyOf": [_ref("Service"), _ref("Announced"), _ref("Checked")]}, "What was stored, or found right.")
}
REPLACED: Responses = {**SERVICE, 412: {**PROBLEM, "description": "Another version is open.", "headers": ETAG}}
SERVICES: Responses = {200: _json(_list(_ref("Service")), "All that are open.")}
VERSIONS: Responses = {200: _json(_list(_ref("Version")), "Newest first.")}
CLOSED: Responses = {200: _json(_ref("Closed"), "The route is closed.")}
STATUS: Responses = {200: _json(_ref("Status"), "The task as it stands.")}
RESUMED: Responses = {200: _json({"anyOf": [_ref("Status"), _ref("Job")]}, "The task as it stands, or the new one.")}
RESULT: Responses = {200: _json({}, "The `out` of the end.")}
TASK_PAGE: Responses = {200: _json(_ref("TaskPage"), "One page.")}
DEFINITION: Responses = {200: _json(_ref("TaskDefinition"), "The definition.")}
RAW: Responses = {200: _json(_ref("Raw"), "The whole task.")}
NODE: Responses = {200: _json(_ref("RawNode"), "The node.")}
NODE_PAGE: Responses = {200: _json(_ref("NodePage"), "One page.")}
STATS: Responses = {200: _json(_ref("Stats"), "The numbers of all kept tasks.")}
READY: Responses = {
    200: _json(_ref("Ready"), "The engine can work."),
    503: _json(_ref("Ready"), "The engine cannot work, and why."),
}
ALIVE: Responses = {200: _json(_object({"status": {"const": "alive"}}), "The process lives.")}
METRICS: Responses = {200: {"description": "The metrics.", "content": {"text/plain": {"schema": _TEXT}}}}
_EVENT = _object(
    {"id": _TEXT, "event": _words("node", "task", "item"), "data": {**_TEXT, "contentMediaType": "application/json"}}
)
EVENTS: Responses = {200: {"description": "The events.", "content": {"text/event-stream": {"itemSchema": _EVENT}}}}
BYTES: Responses = {
    200: {"description": "The file.", "content": _content("*/*")},
    206: {"description": "A part of it.", "content": _content("*/*")},
}
PICTURE: Responses = {**BYTES, 200: {"description": "The binary.", "content": _content("*/*", "image/webp")}}
