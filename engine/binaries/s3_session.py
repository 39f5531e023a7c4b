"""How requests go out to the object store: bodies in small pieces, and a deadline that moves with every piece.

Neither aiohttp nor botocore bounds how long a request body may stand still; `patience` does.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from aiobotocore.httpsession import AIOHTTPSession
from aiohttp.payload import Payload

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter

_PIECE = 128 * 1024
_deadline: ContextVar["tuple[asyncio.Timeout, float] | None"] = ContextVar("s3_deadline", default=None)


@contextlib.asynccontextmanager
async def patience(seconds: float) -> AsyncIterator[None]:
    """Raise TimeoutError where nothing moves for so long: no piece of the body goes out, no answer begins."""
    async with asyncio.timeout(seconds) as deadline:
        token = _deadline.set((deadline, seconds))
        try:
            yield
        finally:
            _deadline.reset(token)


class _Pieces(Payload):
    """A body in memory that is sent piece by piece."""

    def __init__(self, value: Any, moving: "tuple[asyncio.Timeout, float] | None") -> None:
        super().__init__(value)
        self._view = memoryview(value)
        self._length = self._size = len(self._view)
        self._moving = moving

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The body as text."""
        return bytes(self._view).decode(encoding, errors)

    async def write(self, writer: "AbstractStreamWriter") -> None:
        """Send all of it."""
        await self.write_with_length(writer, None)

    async def write_with_length(self, writer: "AbstractStreamWriter", content_length: int | None) -> None:
        """Send it, or so much of it."""
        end = self._length if content_length is None else min(content_length, self._length)
        for start in range(0, end, _PIECE):
            await writer.write(self._view[start : min(start + _PIECE, end)])
            if self._moving is not None:
                deadline, seconds = self._moving
                with contextlib.suppress(RuntimeError):  # it is over already
                    deadline.reschedule(asyncio.get_running_loop().time() + seconds)


class PieceSession(AIOHTTPSession):
    """aiobotocore's session on aiohttp, with bodies that are sent piece by piece."""

    async def send(self, request: Any) -> Any:
        """Send one request; see the base class."""
        if isinstance(request.body, bytes | bytearray) and len(request.body) > _PIECE:
            request.body = _Pieces(request.body, _deadline.get())
        return await super().send(request)
