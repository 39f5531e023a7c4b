"""What is sent: bodies, headers, the Idempotency-Key; over connections of the engine's own."""

import hashlib
import json
import tracemalloc
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import pytest

from tests.outbound.calls import Sender
from tests.outbound.conftest import MakeSender
from tests.outbound.servers import Request, Server, json_reply, reply

VERBS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


async def asked(sender: Sender, verb: str = "POST", **fields: Any) -> Request:
    """The request that a call makes."""
    async with Server(reply(204)) as server:
        await sender.out(server.url + "/path?q=a%20b&q=%2F", verb, **fields)
        assert len(server.requests) == 1
        return server.requests[0]


def parts(request: Request) -> list[tuple[str, str | None, str, bytes]]:
    """Name, file name, type and bytes of each part of a form."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    found = []
    for part in BytesParser(policy=HTTP).parsebytes(head + request.body).iter_parts():
        name, data = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        assert isinstance(name, str) and isinstance(data, bytes)
        found.append((name, part.get_filename(), part.get_content_type(), data))
    return found


@pytest.mark.parametrize("verb", VERBS)
async def test_without_input_there_is_no_body(sender: Sender, verb: str) -> None:
    request = await asked(sender, verb)
    assert (request.verb, request.path) == (verb, "/path?q=a%20b&q=%2F")
    assert request.size == 0 and "content-type" not in request.headers


@pytest.mark.parametrize("verb", VERBS)
async def test_values_are_a_json_body(sender: Sender, verb: str) -> None:
    request = await asked(sender, verb, input={"a": [1, None, {"b": "ü"}], "c.d": 0.5})
    assert json.loads(request.body) == {"a": [1, None, {"b": "ü"}], "c.d": 0.5}
    assert request.headers["content-type"] == "application/json"


async def test_binaries_are_parts_of_a_form_and_values_the_part_data(sender: Sender) -> None:
    cat, dog = await sender.put(b"miaow" * 1000), await sender.put(b"woof", 'a"b\\c.txt', "text/plain")
    request = await asked(sender, input={"cat": cat, "size": 3, "deep": {"dogs": [dog, 1], "x": None}})
    found = {part[0]: part[1:] for part in parts(request)}
    assert found["cat"] == ("cat.png", "image/png", b"miaow" * 1000)
    assert found["deep.dogs.0"][1:] == ("text/plain", b"woof")
    assert found["data"][1] == "application/json"
    assert json.loads(found["data"][2]) == {"size": 3, "deep": {"dogs": [None, 1], "x": None}}
    assert len(found) == 3 and "transfer-encoding" not in request.headers


async def test_binaries_alone_still_have_the_part_data(sender: Sender) -> None:
    cat = await sender.put(b"miaow")
    assert [(name, data) for name, _, _, data in parts(await asked(sender, input={"cat": cat}))] == [
        ("cat", b"miaow"),
        ("data", b"{}"),
    ]


async def test_a_binary_cannot_be_called_data(sender: Sender) -> None:
    async with Server(reply(204)) as server:
        failed = await sender.failure(server.url, "POST", input={"data": await sender.put(b"x")})
        assert "a binary cannot be named `data`" in failed.message and not failed.again
        assert not server.requests


async def test_a_large_upload_is_streamed(sender: Sender) -> None:
    piece = bytes(range(256)) * 256
    large = await sender.put(piece * 1000)
    async with Server(reply(204)) as server:
        tracemalloc.start()
        try:
            await sender.out(server.url, "PUT", input={"large": large}, timeout=60)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        request = server.requests[0]
    assert peak < 16_000_000 < 65_536_000 < request.size
    start = request.body.index(b"\r\n\r\n") + 4
    head, tail = request.body[:start], request.size - start - len(piece) * 1000
    boundary = request.headers["content-type"].partition("boundary=")[2]
    data = f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="data"; filename="data.json"\r\n'
    end = f"{data}Content-Type: application/json\r\n\r\n{{}}\r\n--{boundary}--\r\n".encode()
    assert tail == len(end)
    assert request.digest == hashlib.sha256(head + piece * 1000 + end).hexdigest()


async def test_large_json_is_sent_whole(sender: Sender) -> None:
    request = await asked(sender, input={"text": "x" * 3_000_000})
    assert request.size == 3_000_011 and request.headers["content-length"] == "3000011"
    assert request.digest == hashlib.sha256(b'{"text":"' + b"x" * 3_000_000 + b'"}').hexdigest()


# Headers


async def test_own_headers(sender: Sender) -> None:
    given = {
        "x-own": "a: b",
        "ACCEPT": "text/plain",
        "Authorization": "Bearer abc",
        "Cookie": "a=b",
        "User-Agent": "me",
    }
    request = await asked(sender, "GET", headers=given)
    assert {name.lower(): value for name, value in given.items()}.items() <= request.headers.items()
    assert request.headers["host"].startswith("127.0.0.1:")


async def test_a_kind_of_json(sender: Sender) -> None:
    given = {"content-type": "application/merge-patch+json"}
    request = await asked(sender, "PATCH", headers=given, input={"a": None})
    assert request.headers["content-type"] == "application/merge-patch+json"
    form = await asked(sender, "PATCH", headers=given, input={"a": await sender.put(b"x")})
    assert form.headers["content-type"].startswith("multipart/form-data; boundary=")


@pytest.mark.parametrize("header", [("X-A", "b\r\nX-Evil: 1"), ("Host", "other"), ("X-A\r\nX-Evil", "1")])
async def test_headers_that_may_not_be_sent(sender: Sender, header: tuple[str, str]) -> None:
    async with Server(reply(204)) as server:
        failed = await sender.failure(server.url, headers=dict([header]))
        assert not failed.again and "header" in failed.message and not server.connections


@pytest.mark.parametrize("verb", VERBS)
async def test_only_what_is_not_repeatable_bears_a_key(sender: Sender, verb: str) -> None:
    request = await asked(sender, verb)
    assert ("idempotency-key" in request.headers) is (verb in ("POST", "PATCH"))


async def test_the_key_is_that_of_the_call(sender: Sender) -> None:
    """The same for the same call, for all attempts that share a key, and never the capability itself."""

    async def key(**fields: Any) -> str:
        return (await asked(sender, "POST", **fields)).headers["idempotency-key"]

    first = await key(id="a" * 64)
    assert first == await key(id="a" * 64)
    assert first != await key(id="a" * 63 + "b")
    assert await key(id="a" * 64, key="k") == await key(id="b" * 64, key="k") != await key(id="a" * 64, key="l")
    assert len(first) == 32 and first not in "a" * 64
    assert await key(headers={"Idempotency-Key": "mine"}) == "mine"


# Connections


async def test_no_proxy_of_the_environment_is_used(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Server(reply(200, b"proxy")) as proxy, Server(json_reply('{"from": "server"}')) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert await sender.out(server.url) == {"from": "server"}
        assert not proxy.connections


async def test_no_cookie_is_kept(make_sender: MakeSender) -> None:
    async def lookup(host: str) -> list[str]:
        return ["127.0.0.1"]

    async with make_sender(lookup=lookup) as sender, Server(reply(204, Set_Cookie="a=b; Path=/")) as server:
        await sender.out(server.url_of("cats.example"))
        await sender.out(server.url_of("cats.example"))
        assert [("cookie" in request.headers) for request in server.requests] == [False, False]
