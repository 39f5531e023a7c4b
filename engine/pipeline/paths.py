"""Paths, `A.out.b.0.c`: the node `A`, its field `out`, and the keys `b`, `0`, `c` within that.

A path has at least a node and a field. Numbers are indexes where they meet a list (`0`, `1`, ..., neither negative nor
with leading zeros) and keys where they meet an object. A key may contain dots: where `blurred` is not there, or leads
nowhere, `A.out.blurred.jpg` finds `blurred.jpg`. What is no object, list or scalar, such as the reference of a binary,
can be reached, but has no keys.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_MISSING = object()
_SHOWN_KEYS = 20


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path. `str()` gives its text back."""

    node: str
    field: str
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ".".join((self.node, self.field, *self.keys))


class PathNotFound(LookupError):
    """A path leads nowhere. The message names the path, and what is there instead."""


def parse(text: str) -> Path:
    """The parts of a path. Raises `ValueError` with a sentence where a part is empty or the field is missing."""
    node, *rest = text.split(".")
    if not text:
        raise ValueError("a path must not be empty; write it as `node.out.key`")
    if not rest:
        raise ValueError(f"`{_clipped(text)}` is only a node: say which field of it, as in `{_clipped(text)}.out`")
    if not node or not all(rest):
        raise ValueError(f"`{_clipped(text)}` has an empty part: a path has one dot between two names")
    return Path(node, rest[0], tuple(rest[1:]))


def resolve(value: Any, keys: Sequence[str], origin: str = "") -> Any:
    """What `keys` lead to from `value`. `origin` is the path of `value` itself, for the message.

    Raises `PathNotFound`, which names the last place that was found and its keys, its length or its type.
    """
    found = value
    for position, key in enumerate(keys):
        step = _step(found, key)
        if step is _MISSING:
            found = _with_dots(value, tuple(keys))
            if found is _MISSING:
                raise PathNotFound(_explained(value, keys, position, origin))
            return found
        found = step
    return found


def describe(value: Any) -> str:
    """The JSON type of a value with its article: `an object`, `a list`, ..., `a binary` for what is no JSON."""
    if value is None:
        return "null"
    for kind, name in _KINDS:
        if isinstance(value, kind):
            return name
    return "a binary"


# A boolean is an integer in Python: the order counts.
_KINDS: tuple[tuple[type, str], ...] = (
    (dict, "an object"),
    (list, "a list"),
    (str, "a string"),
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a number"),
)


def _step(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key, _MISSING)
    if isinstance(value, list) and _is_index(key) and int(key) < len(value):
        return value[int(key)]
    return _MISSING


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= 10 and (key == "0" or key[0] != "0")


def _with_dots(value: Any, keys: tuple[str, ...]) -> Any:
    """As `resolve`, with parts joined to keys that contain dots; the fewest parts first.

    A JSON value is a tree, so each place in it is looked at once at the most.
    """
    waiting = [(value, keys)]
    while waiting:
        place, left = waiting.pop()
        if not left:
            return place
        count = len(left) if isinstance(place, dict) else 1
        steps = ((_step(place, ".".join(left[:size])), left[size:]) for size in range(count, 0, -1))
        waiting.extend(step for step in steps if step[0] is not _MISSING)
    return _MISSING


def _explained(value: Any, keys: Sequence[str], position: int, origin: str) -> str:
    for key in keys[:position]:
        value = _step(value, key)
    start = [origin] if origin else []
    path = ".".join([*start, *keys])
    place = ".".join([*start, *keys[:position]]) or "the value"
    return f"`{_clipped(path)}` finds nothing: {_named(place)} {_content(value)}"


def _named(place: str) -> str:
    return place if place == "the value" else f"`{_clipped(place)}`"


def _content(value: Any) -> str:
    if isinstance(value, dict):
        if not value:
            return "is an object without keys"
        shown = ", ".join(f"`{_clipped(str(key))}`" for key in list(value)[:_SHOWN_KEYS])
        more = f" and {len(value) - _SHOWN_KEYS} more" if len(value) > _SHOWN_KEYS else ""
        return f"has the {'key' if len(value) == 1 else 'keys'} {shown}{more}"
    if isinstance(value, list):
        return f"is a list of {len(value)} {'item' if len(value) == 1 else 'items'}"
    return f"is {describe(value)} and has no keys"


def _clipped(text: str) -> str:
    return text if len(text) <= 200 else text[:200] + "..."
