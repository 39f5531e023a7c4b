"""What the proxies of the benchmarks count, whatever pieces the bytes come in."""

import asyncio
import struct
from collections import Counter

import aiohttp
import bson
import pytest

from benchmarks.asgi import Receive, Scope, Send, Server, chunks_of, listener, respond
from benchmarks.borders import Border, HttpReader, MongoReader


def op_msg(command: dict[str, object]) -> bytes:
    """A message of MongoDB's protocol with one document."""
    body = struct.pack("<i", 0) + b"\0" + bson.encode(command)
    return struct.pack("<iiii", 16 + len(body), 1, 0, 2013) + body


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_commands_are_counted_by_name(size: int) -> None:
    kinds = Counter[str]()
    reader = MongoReader(kinds)
    commands: list[dict[str, object]] = [
        {"find": "tasks"},
        {"update": "tasks", "updates": [{"q": {}}]},
        {"hello": 1},
        {"find": "changes"},
    ]
    stream = b"".join(op_msg(command) for command in commands)
    for start in range(0, len(stream), size):
        reader.feed(stream[start : start + size])
    assert kinds == {"find": 2, "update": 1}


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_requests_are_counted_by_method(size: int) -> None:
    kinds = Counter[str]()
    reader = HttpReader(kinds)
    stream = b"PUT /a HTTP/1.1\r\nContent-Length: 18\r\n\r\nGET /b HTTP/1.1\r\n\r\nHEAD /c HTTP/1.1\r\nHost: x\r\n\r\n"
    for start in range(0, len(stream), size):
        reader.feed(stream[start : start + size])
    assert kinds == {"PUT": 1, "HEAD": 1}


async def test_a_proxy_passes_everything_on_and_counts_it() -> None:
    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 200, b"".join([chunk async for chunk in chunks_of(receive)]))

    sock, url = listener()
    server = Server(echo)
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    content = bytes(range(256)) * 4_000
    async with Border(url) as border, aiohttp.ClientSession() as session:
        for _ in range(2):
            async with session.post(border.url, data=content) as response:
                assert await response.read() == content
        assert border.kinds == {"POST": 2}
        assert 2 * len(content) < border.sent < 2 * len(content) + 2_000
        assert 2 * len(content) < border.received < 2 * len(content) + 2_000
    server.should_exit = True
    await serving
