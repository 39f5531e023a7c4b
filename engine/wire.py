"""What calls of services and requests of `http` nodes share: an input as a body, and when to try again."""

from collections.abc import AsyncIterator, Callable, MutableMapping
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from aiservice.protocol import DATA_PART, FilePart, content_type, encode, new_boundary
from engine.binaries.base import BinaryStore
from engine.clock import Clock
from engine.task.inputs import binaries
from engine.task.task import BinaryRef

FULL = 429
AGAIN = frozenset([408, 425, FULL])
"""Statuses below 500 after which another attempt may succeed."""

QUOTED_BYTES = 200
"""How much of a refusal is quoted."""

_AT_ONCE = 512 * 1024  # bytes of JSON that are handed over in one piece; aiohttp warns of a megabyte


class Unsendable(Exception):
    """The input of a node cannot be sent. The text is a sentence for its author."""


def body_of(
    store: BinaryStore, taken: dict[str, Any], headers: MutableMapping[str, str]
) -> bytes | AsyncIterator[bytes]:
    """The input of a node as a body: JSON, or with binaries a multipart form whose part `data` holds the JSON values.

    Sets `Content-Type`, and `Content-Length` where the body comes in pieces. A binary that is nested is named by its
    dotted path. The pieces raise what `BinaryStore.read` does. Raises Unsendable for a binary that is named `data`.
    """
    files = list(binaries(taken))
    if not files:
        headers["Content-Type"] = "application/json"
        return _json(taken, headers)
    if any(name == DATA_PART for name, _ in files):
        raise Unsendable(f"a binary cannot be named `{DATA_PART}` in the input of a call; give it another name")
    values = orjson.dumps(without_binaries(taken))
    parts = [FilePart(name, ref.name, ref.type, ref.size, _chunks(store, ref)) for name, ref in files]
    parts.append(FilePart.of_bytes(DATA_PART, "data.json", "application/json", values))
    boundary = new_boundary()
    size, body = encode(parts, boundary)
    headers["Content-Type"] = content_type(boundary)
    headers["Content-Length"] = str(size)
    return body()


def without_binaries(value: Any) -> Any:
    """The value with its binaries left out, at any depth; in a list null takes their place, so that indexes hold."""
    if isinstance(value, dict):
        return {key: without_binaries(item) for key, item in value.items() if not isinstance(item, BinaryRef)}
    if isinstance(value, list):
        return [None if isinstance(item, BinaryRef) else without_binaries(item) for item in value]
    return value


def retry_after(header: str | None, clock: Clock) -> float | None:
    """Seconds that a `Retry-After` header asks for, as a number or a date (RFC 9110, 10.2.3); None if it is neither."""
    if not header:
        return None
    try:
        return max(float(header), 0.0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(header).timestamp() - clock.now() / 1_000_000, 0.0)
    except (ValueError, OverflowError):
        return None


def _json(taken: dict[str, Any], headers: MutableMapping[str, str]) -> bytes | AsyncIterator[bytes]:
    text = orjson.dumps(taken)
    if len(text) <= _AT_ONCE:
        return text
    headers["Content-Length"] = str(len(text))
    return _pieces(text)


async def _pieces(text: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(text), _AT_ONCE):
        yield text[start : start + _AT_ONCE]


def _chunks(store: BinaryStore, ref: BinaryRef) -> Callable[[], AsyncIterator[bytes]]:
    return lambda: store.read(ref.id)
