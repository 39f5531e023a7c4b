"""JSON as it comes in from outside: bounded, strict."""

from typing import Any

import orjson

from aiservice.errors import Problem

MAX_DEPTH = 64


def parse(raw: bytes | bytearray, where: str) -> Any:
    """Return the JSON value in `raw`. Raises Problem (400) naming `where`: no JSON, NaN, or deeper than 64."""
    if not raw.strip():
        raise Problem(400, f"{where}: the JSON is empty")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Problem(400, f"{where}: this is not JSON: {error}") from error
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
        _check_depth(value, where)
    return value


def _check_depth(value: Any, where: str) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [item for outer in level for item in _items(outer)]
        if not level:
            return
    raise Problem(400, f"{where}: the JSON is nested more than {MAX_DEPTH} levels deep")


def _items(value: Any) -> list[Any]:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [item for item in inner if isinstance(item, (dict, list))]


def parse_object(raw: bytes | bytearray, where: str) -> dict[str, Any]:
    """Return the JSON object in `raw`. Raises Problem: 400 where it is no JSON, 422 where it is another value."""
    value = parse(raw, where)
    if not isinstance(value, dict):
        raise Problem(422, f"{where}: a JSON object is wanted, this is {kind_of(value)}")
    return value


def kind_of(value: Any) -> str:
    """Return the JSON name of a value's type, with its article."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
