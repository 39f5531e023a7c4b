"""How heavy values may get: definitions can multiply and nest them, and a task must stay one small document."""

from typing import Any

from engine.task.task import BinaryRef

MAX_BYTES = 16 * 1024**2
"""Of all values that a task holds, and of one node's input; about as many bytes as they take in JSON."""

MAX_DEPTH = 128
"""Of objects and lists within each other. What comes in may have 64; a pipeline can nest it further."""

_REFERENCE = 150
_TOO_LARGE = f"the values of the task grow beyond {MAX_BYTES // 1024**2} MB"


class TooHeavy(ValueError):
    """A value is larger or deeper than a task may hold; the text says which."""


def weigh(value: Any, limit: int = MAX_BYTES) -> int:
    """Return about how many bytes a value takes in JSON. Raises TooHeavy as soon as it is more than `limit`.

    A value in which the same part stands many times is walked no further than the limit.
    """
    return _weigh(value, limit, MAX_DEPTH)


def add_weight(total: int, more: int) -> int:
    """Return the weight of a task that takes on more. Raises TooHeavy."""
    if total + more > MAX_BYTES:
        raise TooHeavy(_TOO_LARGE)
    return total + more


def _weigh(value: Any, limit: int, depth: int) -> int:
    if isinstance(value, str):
        total = len(value) + 2
    elif isinstance(value, BinaryRef):
        total = len(value.name) + len(value.type) + _REFERENCE
    elif isinstance(value, dict):
        total = _weigh_all(((key, item) for key, item in value.items()), limit, depth)
    elif isinstance(value, list):
        total = _weigh_all((("", item) for item in value), limit, depth)
    else:
        total = 8
    if total > limit:
        raise TooHeavy(_TOO_LARGE)
    return total


def _weigh_all(items: Any, limit: int, depth: int) -> int:
    if depth == 0:
        raise TooHeavy(f"the value is nested more than {MAX_DEPTH} deep")
    total = 2
    for key, item in items:
        total += len(key) + 4 + _weigh(item, limit - total, depth - 1)
    return total
