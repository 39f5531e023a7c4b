"""Proxies at the borders of the engine, that count what crosses them: requests by kind, and bytes."""

from __future__ import annotations

import asyncio
import struct
from collections import Counter
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

import httptools

_CHUNK = 256 * 1024
_MONGO_HEAD = struct.Struct("<iiii")
_OP_MSG = 2013
_TO_COMMAND = 4 + 1 + 4 + 1
"""Bytes between the head of an OP_MSG and the name of its command: flags, kind, the document's length, the type of its
first element."""

_OF_CONNECTIONS = {"hello", "ismaster", "isMaster", "ping", "endSessions", "buildInfo"}
"""Commands of MongoDB's drivers that belong to connections and to no work."""


class Reader(Protocol):
    """Takes the bytes of one connection towards the server, and counts the requests in them."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""


class HttpReader:
    """Counts HTTP requests by their method."""

    def __init__(self, kinds: Counter[str]) -> None:
        self._kinds = kinds
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: bytes) -> None:
        """See `Reader`."""
        self._parser.feed_data(data)

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._kinds[self._parser.get_method().decode()] += 1


class MongoReader:
    """Counts the commands of MongoDB's protocol by name. Only OP_MSG carries any; nothing is compressed here."""

    def __init__(self, kinds: Counter[str]) -> None:
        self._kinds = kinds
        self._held = bytearray()

    def feed(self, data: bytes) -> None:
        """See `Reader`."""
        self._held += data
        while len(self._held) >= _MONGO_HEAD.size:
            length, _, _, operation = _MONGO_HEAD.unpack_from(self._held)
            if len(self._held) < length:
                return
            if operation == _OP_MSG:
                start = _MONGO_HEAD.size + _TO_COMMAND
                name = bytes(self._held[start : self._held.index(0, start)]).decode()
                if name not in _OF_CONNECTIONS:
                    self._kinds[name] += 1
            del self._held[:length]


class Border:
    """An async context manager: a proxy on a port of its own before `target`, a URL or an address.

    `kinds` counts requests, `sent` the bytes towards the target and `received` those that came back.
    """

    def __init__(self, target: str, reader: Callable[[Counter[str]], Reader] = HttpReader) -> None:
        parts = urlsplit(target)
        assert parts.hostname is not None and parts.port is not None
        self._target = (parts.hostname, parts.port)
        self._scheme = parts.scheme
        self._reader = reader
        self._links: set[asyncio.Task[None]] = set()
        self.kinds: Counter[str] = Counter()
        self.sent = 0
        self.received = 0

    async def __aenter__(self) -> Border:
        self._server = await asyncio.start_server(self._link, "127.0.0.1", 0, limit=_CHUNK)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for link in list(self._links):
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    @property
    def url(self) -> str:
        """Where the proxy is, in the words in which the target was given."""
        return f"{self._scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def reset(self) -> None:
        """Count from zero."""
        self.kinds.clear()
        self.sent = self.received = 0

    async def _link(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        reader = self._reader(self.kinds)
        try:
            source, server = await asyncio.open_connection(*self._target, limit=_CHUNK)
            try:
                await asyncio.gather(self._up(client, server, reader), self._down(source, answer))
            finally:
                server.close()
        except (OSError, asyncio.CancelledError):
            return  # one of the two ends went away, and the other sees it; or all is over
        finally:
            answer.close()
            self._links.discard(task)

    async def _up(self, client: asyncio.StreamReader, server: asyncio.StreamWriter, reader: Reader) -> None:
        while data := await client.read(_CHUNK):
            self.sent += len(data)
            reader.feed(data)
            server.write(data)
            await server.drain()
        server.close()

    async def _down(self, source: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        while data := await source.read(_CHUNK):
            self.received += len(data)
            answer.write(data)
            await answer.drain()
        answer.close()
