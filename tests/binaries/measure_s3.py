"""How fast binaries go into the object store and out, beside plain clients: `python -m tests.binaries.measure_s3`.

The same bytes, the same gateway, interleaved; medians with least and most. Requests are counted as the client sends
them. `curl` sends one unsigned request to a presigned URL, `boto3` is the SDK with its own transfer threads.
"""

import asyncio
import io
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from secrets import token_hex
from typing import Any

import boto3  # type: ignore[import-untyped]
from aiobotocore.httpsession import AIOHTTPSession

from engine.binaries.s3 import S3Binaries
from tests.servers.s3 import S3, shared_s3

MEGABYTE = 1_000_000
BUCKET = "measure"
PIECE = 65_536
Rates = dict[str, list[float]]


async def engine_up(store: S3Binaries, data: bytes) -> str:
    """Through a sink, in the pieces in which an HTTP server hands a body on."""
    sink = await store.sink(token_hex(16))
    view = memoryview(data)
    for start in range(0, len(data), PIECE):
        await sink.write(bytes(view[start : start + PIECE]))
    return await sink.commit()


async def engine_down(store: S3Binaries, binary_id: str) -> int:
    """All bytes, thrown away."""
    return sum([len(chunk) async for chunk in store.read(binary_id)])


def curl(*arguments: str) -> None:
    """Run curl to its end."""
    subprocess.run(["curl", "-sf", "-o", os.devnull, *arguments], check=True)


async def timed(rates: Rates, name: str, size: int, work: Any) -> Any:
    """Note how many MB/s it was."""
    begun = time.perf_counter()
    result = await work
    rates.setdefault(name, []).append(size / MEGABYTE / (time.perf_counter() - begun))
    return result


async def one_round(rates: Rates, store: S3Binaries, plain: Any, size: int, file: str) -> None:
    """Every way once, up and down."""
    with open(file, "rb") as opened:
        data = opened.read()
    curl_key, boto_key = token_hex(8), token_hex(8)
    binary_id = await timed(rates, "engine up", size, engine_up(store, data))
    url = plain.generate_presigned_url("put_object", {"Bucket": BUCKET, "Key": curl_key})
    await timed(rates, "curl up", size, asyncio.to_thread(curl, "-T", file, url))
    body = io.BytesIO(data)
    await timed(rates, "boto3 up", size, asyncio.to_thread(plain.upload_fileobj, body, BUCKET, boto_key))
    assert await timed(rates, "engine down", size, engine_down(store, binary_id)) == size
    url = plain.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": curl_key})
    await timed(rates, "curl down", size, asyncio.to_thread(curl, url))
    got = io.BytesIO()
    await timed(rates, "boto3 down", size, asyncio.to_thread(plain.download_fileobj, BUCKET, boto_key, got))
    assert got.getbuffer() == data
    await store.remove([binary_id])
    for key in (curl_key, boto_key):
        plain.delete_object(Bucket=BUCKET, Key=key)


def counted(requests: Counter[str]) -> Callable[[], None]:
    """Count the requests of all clients from now on. Returns what ends it."""
    send = AIOHTTPSession.send

    async def counting(self: Any, request: Any) -> Any:
        requests[request.method] += 1
        return await send(self, request)

    setattr(AIOHTTPSession, "send", counting)
    return lambda: setattr(AIOHTTPSession, "send", send)


async def count(store: S3Binaries, size: int) -> None:
    """Print how many requests one binary costs, from the sink to its removal."""
    steps: list[tuple[str, Any]] = []
    binary_id = ""
    for name in ("write", "size", "read", "remove", "remove its owner"):
        requests: Counter[str] = Counter()
        end = counted(requests)
        if name == "write":
            binary_id = await engine_up(store, os.urandom(size))
        elif name == "size":
            await store.size(binary_id)
        elif name == "read":
            await engine_down(store, binary_id)
        elif name == "remove":
            await store.remove([binary_id])
        else:
            binary_id = await engine_up(store, os.urandom(size))
            requests.clear()
            await store.remove_owners([binary_id.split("/")[0]])
        end()
        steps.append((name, dict(requests)))
    print(f"{size:>11,} bytes:", "; ".join(f"{name} {found}" for name, found in steps))


async def main(server: S3, sizes: list[int], rounds: int) -> None:
    """Print all."""
    store = S3Binaries(server.url, server.zone, server.key_id, server.secret_key, BUCKET)
    await store.open()
    plain = boto3.client(
        "s3",
        endpoint_url=server.url,
        region_name=server.zone,
        aws_access_key_id=server.key_id,
        aws_secret_access_key=server.secret_key,
    )
    for size in (1_000, 1_000_000, 20_000_000):
        await count(store, size)
    for size in sizes:
        file = f"/dev/shm/engine-measure-{os.getpid()}"
        with open(file, "wb") as opened:
            opened.write(os.urandom(size))
        rates: Rates = {}
        try:
            for _ in range(rounds):
                await one_round(rates, store, plain, size, file)
        finally:
            os.unlink(file)
        for name, found in rates.items():
            spread = f"{min(found):.1f} to {max(found):.1f}"
            print(f"{size / MEGABYTE:6.1f} MB {name:12} {statistics.median(found):7.1f} MB/s ({spread})")
    await store.close()


if __name__ == "__main__":
    asyncio.run(
        main(shared_s3(), [int(float(each) * MEGABYTE) for each in sys.argv[1:]] or [20_000_000, 200_000_000], 5)
    )
