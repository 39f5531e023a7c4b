"""Reading one binary from the object store: what breaks in the middle goes on from where it was."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import ClientError

from engine.binaries.s3_faults import Answer
from engine.binaries.s3_link import SECONDS, Link
from engine.errors import NotFound, StoreAway

PATIENCE = 8.0
"""Seconds after the last byte in which a reader that was broken off tries to go on."""

_CHUNK = 512 * 1024
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_MISSING = ("NoSuchKey", "404")
_BEYOND = ("InvalidRange", "416")
_CHANGED = ("PreconditionFailed", "412")


class Reading:
    """The bytes of one binary from `start` up to and without `end`, once."""

    def __init__(self, link: Link, bucket: str, key: str, start: int, end: int | None) -> None:
        self._link = link
        self._wanted: dict[str, Any] = {"Bucket": bucket, "Key": key}
        self._at = start
        self._end = end
        self._begun = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """Raises NotFound before the first; StoreAway where it cannot go on."""
        moved, pause = time.monotonic(), _FIRST_PAUSE
        while True:
            try:
                async with contextlib.AsyncExitStack() as hold:
                    body = await self._get(hold)
                    while chunk := await _next(body):
                        self._at += len(chunk)
                        yield chunk
                        moved, pause = time.monotonic(), _FIRST_PAUSE
                return
            except NotFound as error:
                if self._begun:
                    raise StoreAway("The binary was removed while it was read.") from error
                raise
            except (ClientError, OSError, StoreAway) as error:  # TimeoutError is an OSError
                if not self._begun or time.monotonic() - moved > PATIENCE:
                    raise self._away(error) from error
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _away(self, error: Exception) -> StoreAway:
        if isinstance(error, StoreAway):
            return error
        return StoreAway(f"The object store at {self._link.place} breaks off all the time ({type(error).__name__}).")

    async def _get(self, hold: contextlib.AsyncExitStack) -> Any:
        """The body of an answer that begins where this stands; None where there is nothing left."""
        if self._at or self._end is not None:
            self._wanted["Range"] = f"bytes={self._at}-{'' if self._end is None else self._end - 1}"
        try:
            got = await self._link.call(
                lambda s3: s3.get_object(**self._wanted), expected=_MISSING + _BEYOND + _CHANGED, hold=hold
            )
        except Answer as answer:
            if answer.code in _BEYOND:
                return None
            raise NotFound(f"There is no binary {self._wanted['Key']!r}.") from answer
        self._wanted["IfMatch"] = got["ETag"]
        self._begun = True
        body = got["Body"]
        # The connection of one that was read to its end is used again, others are cut.
        hold.callback(body.close)
        return body


async def _next(body: Any) -> bytes:
    if body is None:
        return b""
    async with asyncio.timeout(SECONDS):
        chunk: bytes = await body.content.read(_CHUNK)
        return chunk
