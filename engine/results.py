"""The result of a call, as a callback or a fast answer brings it: JSON, a failure, binaries, or both."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from aiservice.protocol import Failure, Malformed, boundary_of
from engine.binaries.base import BinaryStore
from engine.binaries.receive import FormReceiver, Limits
from engine.errors import Invalid, TooLarge, Unprocessable, UnsupportedType
from engine.pipeline.jsontext import parse

MAX_JSON = 8 * 1024**2
"""Bytes of a JSON result."""

_NO_REASON = "the service gave no reason"


@dataclass(frozen=True, slots=True)
class Result:
    """What a call brought. `stored` are the ids of its binaries, to be removed where nobody takes the result."""

    out: dict[str, Any]
    failure: Failure | None = None
    stored: list[str] = field(default_factory=list)


async def read_result(store: BinaryStore, owner: str, content_type: str | None, chunks: AsyncIterator[bytes]) -> Result:
    """Read a result to its end; its binaries go to the store.

    Raises Invalid (cut off, not readable), Unprocessable (no object), TooLarge, UnsupportedType, StoreAway and
    StoreFull; then nothing of it is left.
    """
    try:
        boundary = boundary_of(content_type)
    except Malformed as error:
        raise Invalid(str(error)) from error
    if boundary is not None:
        form = await FormReceiver(store, owner, Limits(json=MAX_JSON)).receive(chunks, boundary)
        return Result(form.values, _failure(form.values), form.stored)
    kind = (content_type or "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedType(f"a result is application/json or multipart/form-data, not {kind}")
    out = _object(await _whole(chunks))
    return Result(out, _failure(out))


async def _whole(chunks: AsyncIterator[bytes]) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > MAX_JSON:
            raise TooLarge(f"a JSON result is at most {MAX_JSON} bytes")
    return bytes(body)


def _object(body: bytes) -> dict[str, Any]:
    value = parse(body, "the result", MAX_JSON)
    if not isinstance(value, dict):
        raise Unprocessable("a JSON result is an object, whose keys are the node's out")
    return value


def _failure(out: dict[str, Any]) -> Failure | None:
    if out.get("type") != "error" or not ("message" in out or len(out) == 1):
        return None
    try:
        return Failure.model_validate({**out, "message": out.get("message") or _NO_REASON})
    except ValidationError:
        return Failure(message=str(out.get("message")))
