"""What becomes of an answer: JSON, binaries, nothing; compressed, cut off, too large."""

import asyncio
import gzip
import re
import zlib

import pytest

from engine.binaries.receive import Limits
from engine.task.task import BinaryRef
from tests.outbound.calls import Sender
from tests.outbound.conftest import MakeSender
from tests.outbound.servers import Reply, Server, json_reply, reply

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ('{"a": {"b": [1, null]}}', {"a": {"b": [1, None]}}),
        ("{}", {}),
        ('{"type": "error", "message": "no failure here"}', {"type": "error", "message": "no failure here"}),
        ("[1, 2]", {"value": [1, 2]}),
        ('"text"', {"value": "text"}),
        ("0", {"value": 0}),
        ("false", {"value": False}),
        ("null", {"value": None}),
        ("", {}),
    ],
)
async def test_json(sender: Sender, text: str, out: object) -> None:
    async with Server(json_reply(text)) as server:
        assert await sender.out(server.url) == out


@pytest.mark.parametrize("kind", ["application/problem+json", "Application/JSON; charset=utf-8", "text/json"])
async def test_kinds_of_json(sender: Sender, kind: str) -> None:
    async with Server(reply(200, b'{"a":1}', kind)) as server:
        assert await sender.out(server.url) == {"a": 1}


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"{", "The answer is not JSON"),
        (b"<html>", "The answer is not JSON"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"\xff", "not UTF-8"),
        (b"[" * 65 + b"]" * 65, "nested deeper than 64"),
    ],
)
async def test_what_is_no_json_is_said_and_final(sender: Sender, body: bytes, part: str) -> None:
    async with Server(reply(200, body, "application/json")) as server:
        failed = await sender.failure(server.url)
        assert not failed.again and part in failed.message and failed.message.startswith(f"GET {server.url} gave")


async def test_a_picture(sender: Sender) -> None:
    answer = reply(200, PNG, "image/png", Content_Disposition='attachment; filename="../../my cat.png"')
    async with Server(answer) as server:
        out = await sender.out(server.url)
        raw = out["raw"]
        assert isinstance(raw, BinaryRef) and list(out) == ["raw"]
        assert (raw.name, raw.type, raw.size) == ("my cat.png", "image/png", len(PNG))
        assert await sender.bytes(raw) == PNG
        assert raw.id.startswith("0123456789abcdef")


@pytest.mark.parametrize(
    ("path", "disposition", "name"),
    [
        ("/a/b.png?x=1", None, "b.png"),
        ("/a%2F..%2Fb.png", None, "b.png"),
        ("/", None, "raw"),
        ("/x.png", "attachment; filename*=UTF-8''K%C3%A4tzchen.png", "Kätzchen.png"),
        ("/x.png", "inline", "x.png"),
        ("/x.png", "attachment; filename*=nonsense'''%%%", None),
        ("/x.png", 'attachment; filename="', None),
    ],
)
async def test_names_of_files(sender: Sender, path: str, disposition: str | None, name: str | None) -> None:
    headers = {"Content_Disposition": disposition} if disposition else {}
    async with Server(reply(200, PNG, "image/png", **headers)) as server:
        raw = (await sender.out(server.url + path))["raw"]
        assert raw.name == name if name else re.fullmatch(r"[^/\\\x00-\x1f]+", raw.name)


async def test_a_name_that_is_no_text(sender: Sender) -> None:
    head, _, body = reply(200, PNG, "image/png", Content_Disposition="attachment; filename=@").partition(b"@")
    async with Server(head + b"\xff\xc3\xbc.png" + body) as server:
        assert (await sender.out(server.url))["raw"].name.endswith("ü.png")


@pytest.mark.parametrize(
    ("kind", "found"),
    [("text/plain; charset=utf-8", "text/plain"), ("image/png", "application/octet-stream"), (None, "text/plain")],
)
async def test_types_of_files(sender: Sender, kind: str | None, found: str) -> None:
    """What is no picture is never called one; without a type the name tells."""
    async with Server(reply(200, b"plain words", kind)) as server:
        assert (await sender.out(f"{server.url}/words.txt"))["raw"].type == found


@pytest.mark.parametrize(("status", "kind"), [(204, None), (200, None), (200, "image/png"), (205, None), (201, None)])
async def test_nothing(sender: Sender, status: int, kind: str | None) -> None:
    async with Server(reply(status, kind=kind)) as server:
        assert await sender.out(server.url) == {}
        assert await sender.stored() == []


@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
async def test_head_has_no_out(sender: Sender, coding: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\nContent-Encoding: {coding}"
    async with Server(f"{head}\r\n\r\n".encode()) as server:
        assert await sender.out(server.url, "HEAD") == {}
        assert server.requests[0].verb == "HEAD"


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "bare"])
@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
async def test_compressed(sender: Sender, coding: str, kind: str) -> None:
    text = b'{"a": "' + b"b" * 1_000_000 + b'"}'
    bare = zlib.compressobj(wbits=-15)
    body = {"deflate": zlib.compress(text), "bare": bare.compress(text) + bare.flush()}.get(coding, gzip.compress(text))
    named = coding.replace("bare", "deflate")
    async with Server(reply(200, body, kind, Content_Encoding=named)) as server:
        out = await sender.out(server.url)
        found = out["a"] if "a" in out else (await sender.bytes(out["raw"]))[7:-2].decode()
        assert found == "b" * 1_000_000
        assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    ("body", "coding", "part"),
    [
        (gzip.compress(b"text" * 100)[:-9], "gzip", "cut off"),
        (b"no gzip at all", "gzip", "not compressed with gzip"),
        (zlib.compress(b"text" * 100)[:-1], "deflate", "cut off"),
        (gzip.compress(b"x") * 1_001, "gzip", "more than 1000 members"),
        (b"text", "br", "compressed with 'br'"),
        (b"text", "gzip, gzip", "which was not asked for"),
    ],
    ids=["cut", "plain", "cut deflate", "members", "brotli", "twice"],
)
@pytest.mark.parametrize("kind", ["application/json", "image/png"])
async def test_wrongly_compressed(sender: Sender, body: bytes, coding: str, part: str, kind: str) -> None:
    async with Server(reply(200, body, kind, Content_Encoding=coding)) as server:
        failed = await sender.failure(server.url)
        assert part in failed.message and not failed.again
        assert await sender.stored() == []


def bomb(size: int) -> bytes:
    """`size` megabytes, small on the way."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(size)) + packer.flush()


@pytest.mark.parametrize("kind", ["application/json", "application/zip"])
async def test_bombs_are_cut_at_what_they_inflate_to(make_sender: MakeSender, kind: str) -> None:
    async with make_sender(limits=Limits(json=8_000_000, total=20_000_000)) as sender:
        async with Server(reply(200, bomb(200), kind, Content_Encoding="gzip")) as server:
            failed = await sender.failure(server.url)
            assert "is at most" in failed.message and not failed.again
            assert await sender.stored() == []


async def endless(writer: asyncio.StreamWriter) -> None:
    """Bytes without end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
    while True:
        writer.write(b"1," * 30_000)
        await writer.drain()


async def endless_binary(writer: asyncio.StreamWriter) -> None:
    """Bytes without end, of no type."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"1," * 30_000)
        await writer.drain()


@pytest.mark.parametrize("script", [endless, endless_binary])
async def test_endless_answers_are_cut_at_the_limit(make_sender: MakeSender, script: Reply) -> None:
    async with make_sender(limits=Limits(json=3_000_000, total=3_000_000)) as sender, Server(script) as server:
        failed = await sender.failure(server.url)
        assert "is at most 3,000,000 bytes" in failed.message and not failed.again
        assert await sender.stored() == []


async def test_json_over_eight_megabytes(sender: Sender) -> None:
    async with Server(json_reply(f'"{"x" * 8_388_700}"')) as server:
        failed = await sender.failure(server.url)
        assert "a JSON answer is at most 8,388,608 bytes" in failed.message and not failed.again


async def test_a_large_binary_is_streamed(sender: Sender) -> None:
    data = b"0123456789abcdef" * 1_000_000
    async with Server(reply(200, data, "application/octet-stream")) as server:
        raw = (await sender.out(server.url))["raw"]
        assert raw.size == len(data) and await sender.bytes(raw) == data
