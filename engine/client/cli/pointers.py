"""Where in a JSON text the place lies that a JSON pointer (RFC 6901) names. Pure."""

import json
import re
from dataclasses import dataclass

_SPACE = re.compile(r"[ \t\n\r]*")
_decoder = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column, both from 1, and the text of the line."""

    line: int
    column: int
    text: str


def place_at(text: str, position: int) -> Place:
    """The place of a position in a text."""
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    whole = text[start : len(text) if end < 0 else end].rstrip("\r")
    return Place(text.count("\n", 0, position) + 1, position - start + 1, whole)


def locate(text: str, pointer: str) -> Place:
    """The place of a value, of a member's key; where there is no such value, of the nearest thing that holds it.

    Raises ValueError where the text is no JSON.
    """
    found = position = _skip(text, 0)
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        step = _member(text, position, key) if text[position : position + 1] == "{" else _item(text, position, key)
        if step is None:
            break
        found, position = step
    return place_at(text, found)


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _end(text: str, position: int) -> int:
    return int(_decoder.raw_decode(text, position)[1])


def _member(text: str, position: int, wanted: str) -> tuple[int, int] | None:
    """Where the key of a member stands, and its value."""
    position = _skip(text, position + 1)
    while text[position : position + 1] == '"':
        at = position
        key, position = _decoder.raw_decode(text, at)
        value = _skip(text, _skip(text, position) + 1)
        if key == wanted:
            return at, value
        position = _skip(text, _skip(text, _end(text, value)) + 1)
    return None


def _item(text: str, position: int, wanted: str) -> tuple[int, int] | None:
    """Where an item of a list stands."""
    if text[position : position + 1] != "[" or not wanted.isdigit():
        return None
    position = _skip(text, position + 1)
    for _ in range(int(wanted)):
        if text[position : position + 1] in ("]", ""):
            return None
        position = _skip(text, _end(text, position))
        if text[position : position + 1] != ",":
            return None
        position = _skip(text, position + 1)
    return None if text[position : position + 1] in ("]", "") else (position, position)
