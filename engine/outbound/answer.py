"""What an `http` node makes of an answer: its JSON, or a binary that is streamed into the store, inflated."""

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Iterator
from email.message import Message
from typing import Any

import aiohttp

from engine.binaries.base import BinaryStore, Sink
from engine.binaries.receive import Limits
from engine.binaries.sniff import HEAD, media_type, safe_name
from engine.errors import Invalid, TooLarge
from engine.pipeline.jsontext import parse
from engine.task.task import BinaryRef

ACCEPTED_CODINGS = "gzip, deflate"
QUOTE_SECONDS = 2.0
"""How long the start of a refusal is waited for."""

MAX_MEMBERS = 1_000
"""Members of one gzip stream (RFC 1952, 2.2): each costs time, however small it is."""

_NO_BODY = frozenset([204, 205])
_PIECE = 256 * 1024


async def read_out(store: BinaryStore, owner: str, answer: aiohttp.ClientResponse, limits: Limits) -> dict[str, Any]:
    """The out of a node: a JSON object as it is, another JSON value as `value`, anything else as the binary `raw`.

    `limits` holds for the bytes after inflating. An empty answer gives an empty out.

    Raises Invalid (no JSON, wrongly compressed), TooLarge, StoreAway, StoreFull, and aiohttp.ClientError where the
    answer is cut off; then nothing is left in the store.
    """
    if answer.method == "HEAD" or answer.status in _NO_BODY:
        return {}
    if not _is_json(answer.content_type):
        return await _binary(store, owner, answer, limits.total)
    body = await _whole(answer, limits.json)
    if not body:
        return {}
    value = parse(body, "the answer", limits.json)
    return value if isinstance(value, dict) else {"value": value}


async def start_of(answer: aiohttp.ClientResponse, size: int) -> str:
    """The first `size` bytes of an answer, as one line; what cannot be read of them is left out. Raises nothing."""
    start = b""
    with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError, Invalid):
        async with asyncio.timeout(QUOTE_SECONDS):
            async for chunk in _inflated(answer):
                start += chunk
                if len(start) >= size:
                    break
    text = " ".join(start[:size].decode("utf-8", "replace").split())
    return "".join(char for char in text if char.isprintable())


class Inflater:
    """Undoes `gzip` or `deflate` in pieces of a bounded size, however much one chunk inflates to."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._stream: Any = None
        self._members = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next bytes; yield what they hold. Raises Invalid."""
        while data:
            if self._stream is None:
                self._stream = self._begin(data[0])
            try:
                piece = self._stream.decompress(data, _PIECE)
            except zlib.error as error:
                raise Invalid(f"it is not compressed with {self._coding}, as it says: {error}") from error
            if self._stream.eof:
                data, self._stream = self._stream.unused_data, None
            else:
                data = self._stream.unconsumed_tail
            if piece:
                yield piece

    def close(self) -> None:
        """Say that the bytes have ended. Raises Invalid where the stream has not."""
        if self._stream is not None:
            raise Invalid(f"its {self._coding} stream is cut off")

    def _begin(self, first: int) -> Any:
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise Invalid(f"its {self._coding} stream has more than {MAX_MEMBERS} members")
        if self._coding == "gzip":
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        # `deflate` means zlib (RFC 9110, 8.4.1.2), whose first byte ends in 8; some servers send it bare.
        return zlib.decompressobj(zlib.MAX_WBITS if first & 0x0F == 8 else -zlib.MAX_WBITS)


async def _inflated(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    coding = answer.headers.get("Content-Encoding", "").strip().lower().removeprefix("x-")
    if coding in ("", "identity"):
        async for chunk in answer.content.iter_any():
            yield chunk
        return
    if coding not in ("gzip", "deflate"):
        raise Invalid(f"it is compressed with {coding[:40]!r}, which was not asked for")
    inflater = Inflater(coding)
    async for chunk in answer.content.iter_any():
        for piece in inflater.feed(chunk):
            yield piece
            await asyncio.sleep(0)  # a chunk can hold a thousand pieces, and others want their turn
    inflater.close()


def _is_json(kind: str) -> bool:
    return kind in ("application/json", "text/json") or kind.endswith("+json")


async def _whole(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    body = bytearray()
    async for chunk in _inflated(answer):
        body += chunk
        if len(body) > limit:
            raise TooLarge(f"a JSON answer is at most {limit:,} bytes")
    return bytes(body)


async def _binary(store: BinaryStore, owner: str, answer: aiohttp.ClientResponse, limit: int) -> dict[str, Any]:
    sink = await store.sink(owner)
    try:
        head = await _copy(answer, sink, limit)
        if not sink.size:
            await sink.abort()
            return {}
        name = _name(answer)
        kind = media_type(head, answer.headers.get("Content-Type"), name)
        return {"raw": BinaryRef(await sink.commit(), name, kind, sink.size)}
    except BaseException:
        await sink.abort()
        raise


async def _copy(answer: aiohttp.ClientResponse, sink: Sink, limit: int) -> bytes:
    """Copy the whole answer. Returns its first bytes."""
    head = b""
    async for chunk in _inflated(answer):
        if sink.size + len(chunk) > limit:
            raise TooLarge(f"an answer is at most {limit:,} bytes")
        if len(head) < HEAD:
            head += chunk[:HEAD]
        await sink.write(chunk)
    return head


def _name(answer: aiohttp.ClientResponse) -> str:
    """The file name that the answer gives itself (RFC 6266), or the last part of its path."""
    header = answer.headers.get("Content-Disposition", "")
    message = Message()
    message["Content-Disposition"] = header.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return safe_name(message.get_filename() or answer.url.name or "raw")
