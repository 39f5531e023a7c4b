"""JSON as it comes in from outside: bounded, and strict.

On top of RFC 8259, what I-JSON (RFC 7493) asks for: no doubled keys, no lone surrogates, integers of 64 bits with a
sign. NaN, Infinity, NUL characters and deep nesting are refused as well.
"""

import json
import re
from typing import Any

import orjson

from aiservice.errors import Problem

MAX_DEPTH = 64

_LEAST, _LARGEST = -(2**63), 2**63 - 1
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def parse(raw: bytes | bytearray, where: str) -> Any:
    """Return the JSON value in `raw`. Raises Problem (400), naming `where`, for what is refused (see the module)."""
    if not raw.strip():
        raise Problem(400, f"{where}: the JSON is empty")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Problem(400, f"{where}: this is not JSON: {error}") from error
    brackets = raw.count(b"[") + raw.count(b"{")
    colons = raw.count(b":")
    keys = _measure(value, where) if brackets > MAX_DEPTH or colons > 1 else colons
    if _NUL.search(raw):
        raise Problem(400, f"{where}: a text holds a NUL character (\\u0000); take it out")
    # Each pair has a colon, so where there are as many keys as colons, orjson has dropped none.
    if colons > keys or _LONG_NUMBER.search(raw):
        _look_again(raw, where)
    return value


def _measure(value: Any, where: str) -> int:
    """Return the number of keys in all objects. Raises Problem (400) where it is nested too deep."""
    keys = 0
    level = [value]
    for _ in range(MAX_DEPTH):
        keys += sum(len(item) for item in level if isinstance(item, dict))
        level = [item for outer in level for item in _items(outer)]
        if not level:
            return keys
    raise Problem(400, f"{where}: the JSON is nested more than {MAX_DEPTH} levels deep")


def _items(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [item for item in inner if isinstance(item, (dict, list))]


def _look_again(raw: bytes | bytearray, where: str) -> None:
    """Read it with a slower parser, which tells what orjson passes over: doubled keys, integers that it rounds."""

    def unique(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Problem(400, f"{where}: the key {key[:60]!r} stands twice in one object; keep one of them")
            seen.add(key)

    def whole(digits: str) -> None:
        if len(digits) > 20 or not _LEAST <= int(digits) <= _LARGEST:
            raise Problem(400, f"{where}: the integer {digits[:40]} has more than 64 bits; send it as a text")

    json.loads(raw, object_pairs_hook=unique, parse_int=whole)


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
