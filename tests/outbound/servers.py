"""A server that answers byte for byte what a test wants, and remembers what it was asked."""

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

KEPT = 1_000_000
"""About how many bytes of a body are remembered as they are; of all there is a digest."""

Reply = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]
"""The bytes of an answer, or who writes them; an empty answer closes the connection."""


@dataclass(frozen=True)
class Request:
    """One request as it came; names of headers in lower case."""

    verb: str
    path: str
    headers: dict[str, str]
    body: bytes
    size: int
    digest: str


def reply(status: int = 200, body: bytes = b"", kind: str | None = None, **headers: str) -> bytes:
    """An answer with its length; `_` in the names of headers stands for `-`."""
    lines = [f"HTTP/1.1 {status} Word", f"Content-Length: {len(body)}"]
    if kind is not None:
        lines.append(f"Content-Type: {kind}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def json_reply(text: str, status: int = 200, **headers: str) -> bytes:
    """An answer of type application/json."""
    return reply(status, text.encode(), "application/json", **headers)


class Server:
    """Gives the replies one after the other, the last one for ever. With `unread` it never reads a body."""

    def __init__(
        self, *replies: Reply, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, unread: bool = False
    ) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.port = 0
        self._host = host
        self.replies = list(replies)
        self._tls = tls
        self._unread = unread
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://{self._host}:{self.port}"

    def url_of(self, name: str, scheme: str = "http") -> str:
        """Where it is reached under another name."""
        return f"{scheme}://{name}:{self.port}"

    async def __aenter__(self) -> "Server":
        self._server = await asyncio.start_server(self._accept, self._host, self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")[:-2]
        verb, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = 0 if self._unread else int(headers.get("content-length", "0"))
        kept, size, digest = b"", 0, hashlib.sha256()
        while size < length:
            data = await reader.read(min(65_536, length - size))
            if not data:
                return False
            if size < KEPT:
                kept += data
            size += len(data)
            digest.update(data)
        self.requests.append(Request(verb, path, headers, kept, size, digest.hexdigest()))
        answer = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if not isinstance(answer, bytes):
            await answer(writer)
            return False
        writer.write(answer)
        await writer.drain()
        return bool(answer) and not self._unread
