"""The floor: the calls of a task, made by a bare asyncio program on aiohttp, with no engine and nothing stored.

A task is three calls to the no-op service, one after the other, each with the result of the one before.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import orjson

from aiservice.protocol import CALLBACK_URL, TASK_ID, FilePart, content_type, encode, new_boundary, wait_applied
from benchmarks.asgi import (
    JSON,
    KEEP_ALIVE_SECONDS,
    Message,
    Receive,
    Scope,
    Send,
    Server,
    chunks_of,
    file_part,
    header,
    json_part,
    listener,
    read_message,
    respond,
)
from benchmarks.payload import CHUNK, Comparison, Payload
from benchmarks.processes import Failed

STEPS = 3
"""Calls per task."""

_HEADERS = {"content-type": JSON, "prefer": "wait=30"}
_PATIENCE = 60.0


class Floor:
    """An async context manager. `folder` takes the binaries while they are here."""

    def __init__(self, session: aiohttp.ClientSession, service: str, folder: str) -> None:
        self._session = session
        self._service = service
        self._folder = folder
        self._ids = itertools.count()
        self._open: dict[str, asyncio.Future[Message]] = {}

    async def __aenter__(self) -> Floor:
        sock, url = listener()
        self._callback_url = f"{url}/processing"
        self._server = Server(self._receive)
        self._serving = asyncio.create_task(self._server.serve(sockets=[sock]))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        await self._serving

    async def value(self, fast: bool, value: int) -> None:
        """One task on a number. Raises Failed where the result is wrong."""
        values: dict[str, Any] = {"value": value}
        for _ in range(STEPS):
            data = orjson.dumps(values)
            values = (await (self._fast(data) if fast else self._slow(data))).values
        if values != {"value": value + STEPS}:
            raise Failed(f"the floor got {values} for {value}")

    async def item(self, fast: bool, value: int) -> None:
        """One call on a number. Raises Failed where the result is wrong."""
        data = orjson.dumps({"value": value})
        values = (await (self._fast(data) if fast else self._slow(data))).values
        if values != {"value": value + 1}:
            raise Failed(f"the floor got {values} for {value}")

    async def binary(self, fast: bool, payload: Payload) -> None:
        """One task on a binary; each one received is written to a file. Raises Failed where the result is wrong."""
        image = FilePart("image", "image.bin", "application/octet-stream", payload.size, payload.chunks)
        message = Message()
        for _ in range(STEPS):
            previous, message = message, await self._call_binary(fast, image)
            previous.discard()
            image = file_part("image", message.files["result"])
        comparison = Comparison(payload)
        with open(message.files["result"], "rb", buffering=0) as file:
            while data := file.read(CHUNK):
                comparison.take(data)
        message.discard()
        if not comparison.complete:
            raise Failed("the floor got other bytes than it sent")

    async def _call_binary(self, fast: bool, image: FilePart) -> Message:
        boundary = new_boundary()
        size, body = encode([image, json_part({})], boundary)
        headers = {"content-type": content_type(boundary), "content-length": str(size), "prefer": "wait=30"}
        return await (self._fast(body(), headers) if fast else self._slow(body(), headers))

    async def _fast(self, data: bytes | AsyncIterator[bytes], headers: dict[str, str] = _HEADERS) -> Message:
        async with self._session.post(f"{self._service}/fast", data=data, headers=headers) as response:
            if response.status != 200 or not wait_applied(response.headers.get("preference-applied")):
                raise Failed(f"the service answered the floor {response.status} and no result")
            if response.content_type == JSON:
                return Message(values=orjson.loads(await response.read()))
            chunks = response.content.iter_any()
            return await read_message(response.headers["content-type"], chunks, self._folder)

    async def _slow(self, data: bytes | AsyncIterator[bytes], headers: dict[str, str] = _HEADERS) -> Message:
        call_id = f"{next(self._ids):032x}"
        result: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._open[call_id] = result
        url = f"{self._service}/callback?{CALLBACK_URL}={self._callback_url}&{TASK_ID}={call_id}"
        async with self._session.post(url, data=data, headers=headers) as response:
            await response.read()
            if response.status != 200:
                raise Failed(f"the service answered the floor {response.status}")
        async with asyncio.timeout(_PATIENCE):
            return await result

    async def _receive(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A callback: what was received goes to who waits for it."""
        call_id = parse_qs(scope["query_string"].decode())[TASK_ID][0]
        message = await read_message(header(scope, b"content-type"), chunks_of(receive), self._folder)
        self._open.pop(call_id).set_result(message)
        await respond(send, 200, b"{}")


@contextlib.asynccontextmanager
async def http_client() -> AsyncIterator[aiohttp.ClientSession]:
    """The client of a benchmark: as many connections as are wanted, kept open."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS)
    timeout = aiohttp.ClientTimeout(total=600)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield session


def temporary_files(folder: str) -> int:
    """How many files are left in a folder."""
    return len(os.listdir(folder))
