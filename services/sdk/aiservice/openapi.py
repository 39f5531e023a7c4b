"""The OpenAPI document of a service: every operation with its form or its JSON, and what comes back."""

from functools import cache
from typing import Any

from aiservice.descriptions import BINARY, forms_of
from aiservice.parameters import Parameter
from aiservice.protocol import DATA_PART
from aiservice.service import Operation, Page, Service

Schema = dict[str, Any]

_BINARY: Schema = {**BINARY, "minLength": 1, "contentMediaType": "application/octet-stream"}
_ADDRESS: Schema = {
    "type": "string",
    "pattern": r"^https?://[a-z0-9.-]+(:[0-9]{1,4})?(/[a-z0-9/]*)?$",
    "maxLength": 2_000,
}
_ID: Schema = {"type": "string", "maxLength": 500}
_RESPONSES = {
    "400": "The body is cut off or cannot be read",
    "408": "The rest of the body did not come",
    "413": "A part or the whole is too large, or a picture has too many pixels",
    "415": "Another content type is wanted",
    "422": "A field is missing, unknown or wrong, or the work showed that the input is wrong",
    "429": "The queue is full; see Retry-After",
    "500": "The work failed",
    "503": "Loading, stopping, or the work asks to be tried again; see Retry-After",
}


@cache
def document(service: Service) -> Schema:
    """Return the OpenAPI 3.1 document."""
    schemas: Schema = {"Problem": _problem_schema(), "Acknowledgement": _acknowledgement_schema()}
    schemas["Failure"] = _failure_schema()
    paths: Schema = {}
    for operation in service.operations:
        paths[operation.path] = {"post": _operation(operation, schemas)}
    for page in service.pages:
        paths[page.path] = {"get": _page(page)}
    paths["/tasks/{task_id}"] = {"get": _result()}
    paths["/tasks/{task_id}/files/{name}"] = {"get": _file()}
    return {
        "openapi": "3.1.0",
        "info": {"title": service.name, "summary": service.summary, "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _operation(operation: Operation, schemas: Schema) -> Schema:
    return {
        "operationId": operation.route,
        "summary": operation.api.summary,
        "description": operation.api.description,
        "tags": ["operations"],
        "parameters": [
            _parameter("callback_url", "query", "Where the result is to be posted; nothing in direct use", _ADDRESS),
            _parameter("task_id", "query", "Id of the call, with callback_url", _ID),
            _parameter("Prefer", "header", "`wait=10`: answer with the result if it is there within 10 seconds"),
        ],
        "requestBody": {"required": True, "content": _content(operation, schemas)},
        "responses": {
            "200": {
                "description": "The id of the task; with `Prefer: wait` the result itself. "
                "JSON values beside binaries come together in the part `data`",
                "content": _answers(operation, schemas),
            },
            **{status: _problem(text) for status, text in _RESPONSES.items()},
        },
    }


def _answers(operation: Operation, schemas: Schema) -> Schema:
    """Return what comes back by media type: an acknowledgement, a result as it is described, the failure of a call."""
    if operation.api.result is None:
        anything: Schema = {"schema": {"type": "object"}}
        return {"application/json": anything, "multipart/form-data": anything, "image/*": {"schema": _BINARY}}
    result = _placed(operation.api.result, operation.route)
    for name, schema in result.pop("$defs", {}).items():
        schemas[f"{operation.route}.{name}"] = schema
    values, forms = forms_of(result)
    others = [{"$ref": f"#/components/schemas/{name}"} for name in ("Acknowledgement", "Failure")]
    content: Schema = {"application/json": {"schema": {"anyOf": [*values, *others]}}}
    if forms:
        content["multipart/form-data"] = {"schema": forms[0] if len(forms) == 1 else {"anyOf": forms}}
        content["image/*"] = {"schema": _BINARY}
    return content


def _placed(schema: Any, route: str) -> Any:
    """Return a copy of a schema whose references lead to where its definitions stand in the document."""
    if isinstance(schema, list):
        return [_placed(item, route) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _placed(value, route) for key, value in schema.items()}
    if isinstance(found.get("$ref"), str):
        found["$ref"] = found["$ref"].replace("#/$defs/", f"#/components/schemas/{route}.", 1)
    return found


def _content(operation: Operation, schemas: Schema) -> Schema:
    if not operation.takes_files:
        return {"application/json": {"schema": _json_body(operation, schemas), "example": operation.api.body}}
    properties: Schema = {}
    encoding: Schema = {}
    for parameter in operation.parameters:
        if parameter.is_binary:
            properties[parameter.name] = _BINARY
        else:
            properties[parameter.name] = _value_schema(parameter, schemas)
            encoding[parameter.name] = {"contentType": "application/json"}
    form: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    form["required"] = [parameter.name for parameter in operation.parameters if parameter.required]
    return {"multipart/form-data": {"schema": form, "encoding": encoding}}


def _json_body(operation: Operation, schemas: Schema) -> Schema:
    """Return one object schema with the keys of all parameters, as they arrive merged."""
    merged: Schema = {"type": "object", "properties": {}, "required": []}
    open_ended = False
    for parameter in operation.parameters:
        schema = _value_schema(parameter, schemas)
        if parameter.model is None:
            merged["properties"][parameter.name] = schema
            merged["required"] += [parameter.name] if parameter.required else []
            continue
        inner = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        merged["properties"].update(inner.get("properties", {}))
        merged["required"] += inner.get("required", []) if parameter.required else []
        open_ended = open_ended or parameter.model.model_config.get("extra") == "allow"
    return merged | {"additionalProperties": open_ended}


def _value_schema(parameter: Parameter, schemas: Schema) -> Schema:
    schema = parameter.adapter.json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    if parameter.model is not None and "$ref" not in schema:
        name = parameter.model.__name__
        schemas[name] = schema
        return {"$ref": f"#/components/schemas/{name}"}
    return schema


def _page(page: Page) -> Schema:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "operationId": page.path.strip("/").replace("/", "-"),
        "summary": page.summary,
        "description": page.description,
        "tags": ["pages"],
        "responses": {"200": {"description": "What there is to tell now", "content": content}},
    }


def _result() -> Schema:
    return {
        "operationId": "task-result",
        "summary": "Result of a task of direct use",
        "tags": ["results"],
        "parameters": [
            _path_parameter("task_id"),
            _parameter("Prefer", "header", "`wait=10`: wait up to 10 seconds for the result"),
        ],
        "responses": {
            "200": {
                "description": "The result; binaries as URLs",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            "202": {
                "description": "It is still running",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **{status: _problem(text) for status, text in (*_RESPONSES.items(), ("404", "No such task"))},
        },
    }


def _file() -> Schema:
    return {
        "operationId": "task-file",
        "summary": "One binary of a result",
        "tags": ["results"],
        "parameters": [_path_parameter("task_id"), _path_parameter("name")],
        "responses": {
            "200": {"description": "The binary", "content": {"*/*": {"schema": _BINARY}}},
            "206": {"description": "A range of it", "content": {"*/*": {"schema": _BINARY}}},
            "404": _problem("No such task or file"),
        },
    }


def _parameter(name: str, place: str, description: str, schema: Schema | None = None) -> Schema:
    schema = schema or {"type": "string"}
    return {"name": name, "in": place, "required": False, "description": description, "schema": schema}


def _path_parameter(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _problem(description: str) -> Schema:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}


def _acknowledgement_schema() -> Schema:
    return {
        "type": "object",
        "required": ["task_id", "status"],
        "properties": {"task_id": {"type": "string"}, "status": {"const": "running"}},
        "description": "The call was taken; its result comes later.",
    }


def _failure_schema() -> Schema:
    return {
        "type": "object",
        "required": ["type", "message"],
        "properties": {
            "type": {"const": "error"},
            "message": {"type": "string"},
            "retry_after": {"type": "number", "description": "seconds"},
        },
        "description": "What a call with `callback_url` gets where the work failed; direct use gets a problem.",
    }


def _problem_schema() -> Schema:
    fault = {"type": "object", "properties": {"pointer": {"type": "string"}, "message": {"type": "string"}}}
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {"type": "array", "items": fault},
        },
        "description": f"RFC 9457. JSON fields may also come together in a part named `{DATA_PART}`.",
    }
