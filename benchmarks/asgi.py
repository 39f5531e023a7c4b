"""Bare ASGI: what the no-op service and the floor's receiver of callbacks need of HTTP, without a framework."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import orjson
import uvicorn

from aiservice.protocol import FilePart, PartBegin, PartData, PartEnd, PartReader, boundary_of
from benchmarks.payload import CHUNK

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

JSON = "application/json"

KEEP_ALIVE_SECONDS = 2.0
"""How long the clients of the benchmarks keep an idle connection: less than any server here does, so that no request
meets a connection that is just being closed."""


def header(scope: Scope, name: bytes) -> str | None:
    """A request header; `name` in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None


async def chunks_of(receive: Receive) -> AsyncIterator[bytes]:
    """The request body as it arrives. Raises ConnectionResetError where the client leaves before its end."""
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ConnectionResetError("the client went away")
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def respond(
    send: Send, status: int, body: bytes, content_type: str = JSON, extra: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    """Answer with a body that is in hand."""
    await start(send, status, len(body), content_type, extra)
    await send({"type": "http.response.body", "body": body})


async def start(
    send: Send, status: int, size: int, content_type: str, extra: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    """Send the head of an answer of `size` bytes."""
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(size).encode()), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})


@dataclass
class Message:
    """A call or a callback: its JSON values, and its binaries as temporary files by the name of their part.

    Whoever has one calls `discard` in the end.
    """

    values: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def discard(self) -> None:
        """Remove the files."""
        for path in self.files.values():
            os.unlink(path)
        self.files = {}


async def read_message(content_type: str | None, chunks: AsyncIterator[bytes], folder: str) -> Message:
    """Read a body: JSON is parsed, the binaries of a multipart body are written to files in `folder`."""
    boundary = boundary_of(content_type)
    if boundary is None:
        return Message(values=orjson.loads(b"".join([chunk async for chunk in chunks])))
    spool = _Spool(folder)
    reader = PartReader(boundary)
    try:
        async for chunk in chunks:
            for event in reader.feed(chunk):
                spool.take(event)
        reader.close()
    except BaseException:
        spool.abort()
        raise
    return spool.message


class _Spool:
    """Parts as they come: JSON is kept and merged, everything else goes to files."""

    def __init__(self, folder: str) -> None:
        self.message = Message()
        self._folder = folder
        self._json = bytearray()
        self._file: BinaryIO | None = None

    def take(self, event: PartBegin | PartData | PartEnd) -> None:
        if isinstance(event, PartData):
            if self._file is None:
                self._json += event.data
            else:
                self._file.write(event.data)
        elif isinstance(event, PartBegin):
            if event.content_type != JSON:
                self._open(event.name)
        elif self._file is None:
            self.message.values.update(orjson.loads(bytes(self._json)))
            self._json.clear()
        else:
            self._file.close()
            self._file = None

    def _open(self, name: str) -> None:
        handle, path = tempfile.mkstemp(dir=self._folder)
        self.message.files[name] = path
        self._file = os.fdopen(handle, "wb", buffering=0)

    def abort(self) -> None:
        if self._file is not None:
            self._file.close()
        self.message.discard()


def file_part(name: str, path: str) -> FilePart:
    """A file on disk as a part to be sent in chunks."""

    async def chunks() -> AsyncIterator[bytes]:
        with open(path, "rb", buffering=0) as file:
            while data := file.read(CHUNK):
                yield data

    return FilePart(name, f"{name}.bin", "application/octet-stream", os.path.getsize(path), chunks)


def json_part(values: dict[str, Any]) -> FilePart:
    """The part `data`."""
    return FilePart.of_bytes("data", "data.json", JSON, orjson.dumps(values))


def listener() -> tuple[socket.socket, str]:
    """A listening socket on a free port of the loopback address, and its URL."""
    sock = socket.create_server(("127.0.0.1", 0), backlog=1_024)
    return sock, f"http://127.0.0.1:{sock.getsockname()[1]}"


class Server(uvicorn.Server):
    """uvicorn with uvloop and httptools, without logs, that leaves the signals to the program around it."""

    def __init__(self, app: App) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                interface="asgi3",
                proxy_headers=False,
                loop="uvloop",
                http="httptools",
                ws="none",
                lifespan="off",
                log_level="warning",
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=600,
                timeout_graceful_shutdown=5,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
