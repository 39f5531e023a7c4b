"""Example values made from types, for the body of an operation that takes JSON only."""

from typing import Any

from aiservice.parameters import Parameter

_BY_TYPE: dict[str, Any] = {"integer": 1, "number": 0.5, "string": "text", "boolean": True, "array": [], "object": {}}


def sample_body(parameters: list[Parameter]) -> dict[str, Any]:
    """Return an object with an example for each required key that the parameters take."""
    body: dict[str, Any] = {}
    for parameter in parameters:
        if not parameter.required:
            continue
        schema = parameter.adapter.json_schema()
        value = _sample(schema, schema.get("$defs", {}))
        body.update(value if parameter.model is not None else {parameter.name: value})
    return body


def _sample(schema: dict[str, Any], definitions: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _sample(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    for key in ("const", "default", "example"):
        if key in schema:
            return schema[key]
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    if schema.get("anyOf"):
        return _sample(schema["anyOf"][0], definitions)
    if schema.get("type") == "object" and "properties" in schema:
        wanted = schema.get("required", [])
        return {key: _sample(inner, definitions) for key, inner in schema["properties"].items() if key in wanted}
    if schema.get("type") in ("integer", "number"):
        return _number(schema)
    return _BY_TYPE.get(schema.get("type", ""))


def _number(schema: dict[str, Any]) -> Any:
    step = 1 if schema["type"] == "integer" else 0.5
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None and "exclusiveMinimum" in schema:
        low = schema["exclusiveMinimum"] + step
    if high is None and "exclusiveMaximum" in schema:
        high = schema["exclusiveMaximum"] - step
    value = step
    if low is not None and value < low:
        value = low
    if high is not None and value > high:
        value = high
    return value
