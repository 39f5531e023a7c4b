"""Child processes of these tests. `python children.py WORK PLACE`, with the project on the path."""

import asyncio
import hashlib
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from secrets import token_hex

from engine.binaries.base import BinaryStore
from engine.binaries.files import FileBinaries
from engine.binaries.s3 import S3Binaries
from engine.errors import StoreFull

MEGABYTE = 1024 * 1024


async def write(folder: str) -> None:
    """Commit one binary and print its id, begin another and print its owner, wait to be killed."""
    store = FileBinaries(Path(folder))
    await store.open()
    sink = await store.sink(token_hex(16))
    data = hashlib.shake_128(b"0").digest(3_000_000)
    for start in range(0, len(data), 100_000):
        await sink.write(data[start : start + 100_000])
    print(await sink.commit(), flush=True)
    owner = token_hex(16)
    sink = await store.sink(owner)
    while not list((Path(folder) / owner[:2] / owner).glob("*")):
        await sink.write(bytes(MEGABYTE))
    print(owner, flush=True)
    await asyncio.get_running_loop().create_future()


async def full_disk(folder: str) -> None:
    """On a small disk of its own (a mount namespace): fill it, see what goes on, make room, see it recover."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], check=True)
    store = FileBinaries(Path(folder), low_water=0)  # so that the disk itself refuses
    await store.open()
    kept: list[str] = []
    for _ in range(100):
        sink = await store.sink(token_hex(16))
        try:
            for _ in range(30):
                await sink.write(os.urandom(100_000))
            kept.append(await sink.commit())
        except StoreFull:
            await sink.abort()
            break
    assert 3 <= len(kept) <= 5, kept
    assert len([each for each in Path(folder).rglob("*") if each.is_file()]) == len(
        kept
    ), "the refused one left something"
    for binary_id in kept:
        assert sum([len(chunk) async for chunk in store.read(binary_id)]) == 3_000_000
    await store.remove(kept[:2])
    sink = await store.sink(token_hex(16))
    await sink.write(bytes(3_000_000))
    assert await store.size(await sink.commit()) == 3_000_000
    await store.close()
    print("recovered")


async def measure(folder: str) -> None:
    """Print by how many kB the peak memory grows while 200 MB go into a folder and out."""
    await _measure(FileBinaries(Path(folder)))


async def measure_s3(place: str) -> None:
    """Print by how many kB the peak memory grows while 200 MB go into an object store (`URL BUCKET`) and out."""
    url, bucket = place.split()
    await _measure(S3Binaries(url, "us-east-1", os.environ["S3_KEY"], os.environ["S3_SECRET"], bucket))


async def _measure(store: BinaryStore) -> None:
    await store.open()
    sink = await store.sink(token_hex(16))
    await sink.write(os.urandom(3 * MEGABYTE))
    async for _ in store.read(await sink.commit()):
        pass
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sink = await store.sink(token_hex(16))
    for _ in range(3_200):
        await sink.write(os.urandom(65_536))
    binary_id = await sink.commit()
    async for _ in store.read(binary_id):
        pass
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    await store.close()


if __name__ == "__main__":
    work: dict[str, Callable[[str], Coroutine[None, None, None]]] = {
        "write": write,
        "full_disk": full_disk,
        "measure": measure,
        "measure_s3": measure_s3,
    }
    asyncio.run(work[sys.argv[1]](sys.argv[2]))
