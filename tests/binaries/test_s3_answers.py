"""Answers that a well-behaved object store seldom gives, from a small server that gives nothing else."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import pytest

from engine.binaries.s3 import S3Binaries
from engine.errors import EngineError, StoreAway, StoreFull
from tests.servers.s3 import S3

from .bucket import plain
from .conftest import MakeS3
from .content import owner, put

_ERROR = "<?xml version='1.0'?><Error><Code>{code}</Code><Message>{text}</Message></Error>"
_TEXT = "words of the store"


class Answering:
    """A server that answers the first `bad` requests alike, and all others with an empty 200."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.code = ""
        self.bad = 1_000_000
        self.requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = next((int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:")), 0)
            await reader.readexactly(length)
            self.requests += 1
            bad = self.requests <= self.bad
            body = _ERROR.format(code=self.code, text=_TEXT) if bad and self.code else ""
            status = self.status if bad else 200
            writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n".encode())
            writer.write(b'ETag: "x"\r\n\r\n' + body.encode())
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def answering(make_s3: MakeS3) -> AsyncIterator[tuple[Answering, S3Binaries]]:
    """Such a server, and a store on it that is open."""
    made = Answering()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        store = make_s3(url=made.url)
        await store.open()
        yield made, store


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (503, "SlowDown", StoreAway, "too much to do"),
        (503, "", StoreAway, "too much to do"),
        (429, "TooManyRequests", StoreAway, "too much to do"),
        (500, "InternalError", StoreAway, "InternalError"),
        (502, "", StoreAway, "502"),
        (507, "InsufficientStorage", StoreFull, "no room"),
        (507, "", StoreFull, "no room"),
        (403, "QuotaExceeded", StoreFull, "no room"),
        (403, "AccessDenied", StoreAway, "does not allow"),
        (403, "RequestTimeTooSkewed", StoreAway, "clocks"),
        (400, "ExpiredToken", StoreAway, "refuses the credentials"),
        (400, "AuthorizationHeaderMalformed", StoreAway, "AuthorizationHeaderMalformed"),
        (418, "Teapot", StoreAway, "Teapot"),
    ],
)
async def test_errors_are_told_in_our_words(
    make_s3: MakeS3, status: int, code: str, kind: type[EngineError], words: str
) -> None:
    async with answering(make_s3) as (server, store):
        server.status, server.code = status, code
        with pytest.raises(kind, match=words) as raised:
            await put(store, owner(), b"x")
        assert _TEXT not in raised.value.detail, "it may hold what was signed"
        assert (raised.value.retry_after or 0) >= (10 if words == "too much to do" else 0)


@pytest.mark.parametrize(("status", "code"), [(503, "SlowDown"), (500, "InternalError"), (503, "")])
async def test_short_trouble_is_not_noticed(make_s3: MakeS3, status: int, code: str) -> None:
    async with answering(make_s3) as (server, store):
        server.status, server.code, server.bad, server.requests = status, code, 2, 0
        assert await put(store, owner(), b"x")
        assert server.requests == 3


async def test_what_helps_nothing_is_not_repeated(make_s3: MakeS3) -> None:
    async with answering(make_s3) as (server, store):
        server.status, server.code, server.requests = 403, "AccessDenied", 0
        sink = await store.sink(owner())
        await sink.write(b"x")
        with pytest.raises(StoreAway):
            await sink.commit()
        assert server.requests == 1


async def test_nonsense_is_away(make_s3: MakeS3) -> None:
    async with answering(make_s3) as (server, store):
        server.code = "what is this"  # an error with the status 200, in place of a list
        with pytest.raises(StoreAway):
            await store.remove_owners([owner()])


async def test_binary_that_may_not_be_removed_is_told(s3: S3, store_s3: S3Binaries, bucket: str) -> None:
    kept, gone = await put(store_s3, owner(), b"x"), await put(store_s3, owner(), b"x")
    held = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteObject",
        "Resource": f"arn:aws:s3:::{bucket}/{kept}",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [held]})
    plain(s3).put_bucket_policy(Bucket=bucket, Policy=policy)
    with pytest.raises(StoreAway, match="does not remove 1 of 2 .*AccessDenied"):
        await store_s3.remove([kept, gone])
    assert (await store_s3.size(kept), await store_s3.size(gone)) == (1, None)
