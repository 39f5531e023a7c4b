"""What is tried again, what is not, and what is said: statuses, broken connections, timeouts, faults of the store."""

import asyncio
import shutil
import time
from pathlib import Path

import pytest

from engine.binaries.files import FileBinaries
from engine.errors import StoreAway, StoreFull
from engine.task.task import BinaryRef
from tests.outbound.calls import OWNER, Sender, call
from tests.outbound.conftest import MakeSender
from tests.outbound.servers import Reply, Server, json_reply, reply

REPEATABLE = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]
OTHERS = ["POST", "PATCH"]
NOTE = "it may have been processed, so it is not repeated (give the node `retry` to have it so)"


async def cut_in_head(writer: asyncio.StreamWriter) -> None:
    """Stops in the middle of the headers."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-")
    await writer.drain()


async def cut_in_body(writer: asyncio.StreamWriter) -> None:
    """Stops in the middle of the body."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 100\r\n\r\n\x89PNG")
    await writer.drain()


async def cut_in_chunks(writer: asyncio.StreamWriter) -> None:
    """Stops before the last chunk."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")
    await writer.drain()


async def silent(_: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.Event().wait()


async def dripping(writer: asyncio.StreamWriter) -> None:
    """A byte now and then, so that there is always something to wait for."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def dripping_head(writer: asyncio.StreamWriter) -> None:
    """A head that never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        writer.write(f"X-{number}: y\r\n".encode() if number < 50 else b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def dripping_refusal(writer: asyncio.StreamWriter) -> None:
    """A refusal that begins well, and then takes for ever."""
    writer.write(b"HTTP/1.1 422 No\r\nContent-Length: 1000000\r\n\r\nwrong colour")
    await writer.drain()
    await asyncio.Event().wait()


# Statuses


@pytest.mark.parametrize("verb", REPEATABLE + OTHERS)
@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
async def test_statuses_that_may_pass(sender: Sender, verb: str, status: int) -> None:
    async with Server(reply(status, b"" if verb == "HEAD" else b"not now")) as server:
        failed = await sender.failure(server.url, verb)
        assert failed.again is (verb in REPEATABLE or status in (429, 503))
        assert failed.full is (status == 429)
        assert failed.message.startswith(f"{verb} {server.url} answered {status}")
        assert (NOTE in failed.message) is not failed.again
        assert (await sender.failure(server.url, verb, again=True)).again


@pytest.mark.parametrize("verb", REPEATABLE + OTHERS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 413, 422, 304, 300])
async def test_statuses_that_stay(sender: Sender, verb: str, status: int) -> None:
    body = b"" if verb == "HEAD" or status == 304 else b"no such   cat\r\n\x00here"
    async with Server(reply(status, body, Retry_After="3")) as server:
        failed = await sender.failure(server.url, verb, again=True)
        assert not failed.again and failed.after is None
        assert failed.message == f"{verb} {server.url} answered {status}{': no such cat here' if body else ''}"


async def test_only_the_start_of_a_refusal_is_quoted(sender: Sender) -> None:
    async with Server(reply(404, b"y" * 200 + b"z" * 3_000_000)) as server:
        message = (await sender.failure(server.url)).message
        assert message.endswith(": " + "y" * 200)


async def test_a_refusal_that_drips_is_still_told(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.outbound.answer.QUOTE_SECONDS", 0.1)
    async with Server(dripping_refusal) as server:
        failed = await sender.failure(server.url)
        assert failed.message.endswith("answered 422: wrong colour") and not failed.again


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("7", 7, 7),
        ("0", 0, 0),
        ("-5", 0, 0),
        ("Wed, 01 Jan 2020 00:00:00 GMT", 0, 0),
        ("Wed, 01 Jan 2200 00:00:00 GMT", 1e9, 1e10),
        ("soon", None, None),
        ("Wed, 01 Jan 99999999999999999999 00:00:00 GMT", None, None),
    ],
)
async def test_retry_after(sender: Sender, header: str, least: float | None, most: float | None) -> None:
    async with Server(reply(503, Retry_After=header)) as server:
        after = (await sender.failure(server.url, "POST")).after
        assert after is None if least is None or most is None else after is not None and least <= after <= most


async def test_a_server_that_recovers(sender: Sender) -> None:
    async with Server(reply(500, b"broken"), json_reply('{"a": 1}')) as server:
        assert (await sender.failure(server.url)).again
        assert await sender.out(server.url) == {"a": 1}
        text = (await sender.metrics.text()).decode()
        place = server.url.removeprefix("http://").partition("/")[0]
        assert f'engine_calls_total{{outcome="retry",service="{place}"}} 1.0' in text
        assert f'engine_calls_total{{outcome="returned",service="{place}"}} 1.0' in text
        assert f'engine_call_seconds_count{{service="{place}"}} 1.0' in text


# Connections


@pytest.mark.parametrize(
    ("verb", "script"),
    [
        *((verb, script) for verb in REPEATABLE + OTHERS for script in (b"", cut_in_head)),
        *((verb, script) for verb in ("GET", "PUT", "POST") for script in (cut_in_body, cut_in_chunks)),
    ],
)
async def test_connections_that_are_cut(sender: Sender, verb: str, script: Reply) -> None:
    async with Server(script) as server:
        failed = await sender.failure(server.url, verb)
        assert failed.again is (verb in REPEATABLE)
        assert (NOTE in failed.message) is not failed.again
        assert "the connection was closed" in failed.message or "cut off" in failed.message
        assert await sender.stored() == []
        assert (await sender.failure(server.url, verb, again=True)).again


@pytest.mark.parametrize("verb", REPEATABLE + OTHERS)
async def test_no_connection(sender: Sender, verb: str) -> None:
    async with Server(b"") as server:
        url = server.url
    failed = await sender.failure(url, verb)
    assert failed.again
    assert failed.message == f"{verb} {url} failed: no connection could be made: Connection refused"


@pytest.mark.parametrize("verb", OTHERS)
async def test_no_such_host(make_sender: MakeSender, verb: str) -> None:
    async def lookup(host: str) -> list[str]:
        raise OSError("unknown")

    async with make_sender(lookup=lookup) as sender:
        failed = await sender.failure("http://cats.example/x", verb)
        assert failed.again and failed.message.endswith("the name of the host cannot be resolved")


async def test_what_is_no_http(sender: Sender) -> None:
    async with Server(b"220 mail.example ESMTP\r\n\r\n") as server:
        failed = await sender.failure(server.url)
        assert "no HTTP" in failed.message and not failed.again


async def test_each_post_has_a_connection_of_its_own(sender: Sender) -> None:
    async with Server(json_reply("{}")) as server:
        for _ in range(3):
            await sender.out(server.url, "POST")
        assert server.connections == 3
        for _ in range(3):
            await sender.out(server.url, "GET")
        assert server.connections == 4


# Time


@pytest.mark.parametrize("script", [silent, dripping, dripping_head])
@pytest.mark.parametrize("verb", ["GET", "POST"])
async def test_all_of_an_exchange_ends_with_its_timeout(sender: Sender, script: Reply, verb: str) -> None:
    async with Server(script) as server:
        began = time.monotonic()
        failed = await sender.failure(server.url, verb, timeout=0.3)
        assert 0.2 < time.monotonic() - began < 3
        assert failed.again is (verb == "GET")
        assert f"{verb} {server.url} failed: it did not answer within 0.3 s" in failed.message
        assert await sender.stored() == []


async def test_a_timeout_before_anything_was_sent(make_sender: MakeSender) -> None:
    async def lookup(host: str) -> list[str]:
        await asyncio.Event().wait()
        return []

    async with make_sender(lookup=lookup) as sender:
        failed = await sender.failure("http://cats.example/x", "POST", timeout=0.2)
        assert failed.again and failed.message.endswith("it did not answer within 0.2 s")


async def test_an_upload_that_nobody_reads_ends_with_the_timeout(sender: Sender) -> None:
    large = await sender.put(bytes(30_000_000))
    async with Server(silent, unread=True) as server:
        failed = await sender.failure(server.url, "PUT", input={"large": large}, timeout=0.5)
        assert failed.again and "it did not answer within 0.5 s" in failed.message


async def test_a_refusal_while_the_upload_goes_on(sender: Sender) -> None:
    """The answer counts, though the rest of the body is never read."""
    large = await sender.put(bytes(30_000_000))

    async def refuse(writer: asyncio.StreamWriter) -> None:
        writer.write(reply(413, b"too large"))
        await writer.drain()
        await asyncio.Event().wait()

    async with Server(refuse, unread=True) as server:
        failed = await sender.failure(server.url, "POST", input={"large": large}, timeout=5)
        assert failed.message.endswith("answered 413: too large") and not failed.again


# The store


async def test_a_binary_that_is_gone(sender: Sender) -> None:
    gone = BinaryRef(f"{OWNER}/{'0' * 32}", "x.png", "image/png", 3)
    async with Server(json_reply("{}")) as server:
        failed = await sender.failure(server.url, "PUT", input={"x": gone})
        assert "a binary of the input is gone" in failed.message and not failed.again


async def test_a_store_that_is_away_is_no_fault_of_the_host(sender: Sender, store: FileBinaries) -> None:
    cat = await sender.put(b"x" * 100)
    await store.close()
    async with Server(json_reply("{}")) as server:
        with pytest.raises(StoreAway):
            await sender.outbound.request(call(server.url, "POST", input={"x": cat}))
    async with Server(reply(200, b"x" * 3_000_000, "image/png")) as server:
        with pytest.raises(StoreAway):
            await sender.outbound.request(call(server.url))


async def test_a_store_that_is_full(make_sender: MakeSender, tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    full = FileBinaries(tmp_path / "full", low_water=free * 2)
    await full.open()
    async with make_sender(binaries=full) as sender, Server(reply(200, b"x" * 3_000_000, "image/png")) as server:
        with pytest.raises(StoreFull):
            await sender.outbound.request(call(server.url))
    await full.close()
