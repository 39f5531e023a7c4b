"""The object store stops, stands still, cuts connections, and comes back; nobody opens anything anew."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest

from engine.binaries.s3 import S3Binaries
from engine.binaries.s3_link import SECONDS
from engine.binaries.s3_sink import PART
from engine.errors import NotFound, StoreAway
from tests.servers.s3 import S3

from .bucket import keys, plain, uploads
from .conftest import MakeS3
from .content import content, get, owner, owners, put
from .relay import Relay, relay

LARGE = 6 * PART
BOUND = SECONDS + 4.0  # the machine is busy
MEGABYTE = 1024 * 1024


async def refused(work: Awaitable[Any], bound: float = BOUND) -> None:
    """It must raise StoreAway within the bound."""
    begun = time.monotonic()
    with pytest.raises(StoreAway) as raised:
        await work
    assert raised.value.retry_after is not None
    assert time.monotonic() - begun < bound


async def every_method_refuses(store: S3Binaries, binary_id: str, removed_id: str, fresh: S3Binaries) -> None:
    """All methods at once. A removal that was not answered may happen all the same."""
    await asyncio.gather(
        refused(store.open()),
        refused(fresh.open()),
        refused(store.ping()),
        refused(put(store, owner(), b"x")),
        refused(put(store, owner(), content(LARGE))),
        refused(store.size(binary_id)),
        refused(get(store, binary_id)),
        refused(get(store, binary_id, 1, 1)),
        refused(store.remove([removed_id])),
        refused(store.remove_owners([owner()])),
        refused(owners(store, 0)),
    )


async def until_it_works(work: Any) -> Any:
    """What it gives as soon as the store is back; AssertionError after 10 s."""
    deadline = time.monotonic() + 10
    while True:
        try:
            return await work()
        except StoreAway:
            assert time.monotonic() < deadline, "it does not come back"
            await asyncio.sleep(0.05)


async def test_stopped_and_back(gateway: S3, store_s3: S3Binaries, make_s3: MakeS3) -> None:
    data = content(300_000)
    binary_id, removed_id = await put(store_s3, owner(), data), await put(store_s3, owner(), b"x")
    fresh = make_s3()
    for end in (gateway.stop, gateway.kill):
        end()
        await every_method_refuses(store_s3, binary_id, removed_id, fresh)
        gateway.start()
        assert await until_it_works(lambda: get(store_s3, binary_id)) == data
        await store_s3.ping()
        assert await put(store_s3, owner(), data)
        await fresh.open()
        assert await get(fresh, binary_id) == data
        await fresh.close()
        deadline = time.monotonic() + 20
        while store_s3.memory_used:
            assert time.monotonic() < deadline, "a sink that failed, and that nobody aborted, keeps its memory"
            await asyncio.sleep(0.05)


async def test_standing_still_and_going_on(gateway: S3, store_s3: S3Binaries, make_s3: MakeS3) -> None:
    data = content(300_000)
    binary_id, removed_id = await put(store_s3, owner(), data), await put(store_s3, owner(), b"x")
    fresh = make_s3()
    gateway.pause()
    await every_method_refuses(store_s3, binary_id, removed_id, fresh)
    gateway.resume()
    assert await until_it_works(lambda: get(store_s3, binary_id)) == data
    assert await until_it_works(lambda: put(store_s3, owner(), data))
    await fresh.open()


async def test_stopped_in_the_middle_of_uploads(gateway: S3, store_s3: S3Binaries, s3: S3, bucket: str) -> None:
    of = [owner() for _ in range(3)]
    sinks = [await store_s3.sink(each) for each in of]
    for sink in sinks:
        await sink.write(content(PART + 1))
    assert len(uploads(s3, bucket)) == 3
    gateway.kill()

    async def goes_on(sink: Any) -> None:
        for _ in range(10):
            await sink.write(content(PART))

    await asyncio.gather(*(refused(goes_on(sink)) for sink in sinks))
    for sink in sinks:
        with pytest.raises(StoreAway):
            await sink.commit()
    await asyncio.gather(*(refused(sink.abort()) for sink in sinks))
    assert store_s3.memory_used == 0
    gateway.start()
    data = content(LARGE)
    assert await get(store_s3, await until_it_works(lambda: put(store_s3, of[0], data))) == data
    assert await owners(store_s3, -3_600) == set(of), "what was left is found"
    await store_s3.remove_owners(of)
    assert (uploads(s3, bucket), set(keys(s3, bucket)) - {".probe"}) == ([], set())


async def test_standing_still_in_the_middle_of_an_upload(gateway: S3, store_s3: S3Binaries) -> None:
    sink = await store_s3.sink(owner())
    await sink.write(content(PART + 1))

    async def goes_on() -> None:
        while True:
            await sink.write(content(PART))

    gateway.pause()
    await refused(goes_on())
    aborting = asyncio.create_task(sink.abort())
    await asyncio.sleep(0)
    gateway.resume()
    await aborting
    assert store_s3.memory_used == 0


async def test_what_fails_after_its_caller_has_gone_is_not_complained_about(gateway: S3, store_s3: S3Binaries) -> None:
    sink = await store_s3.sink(owner())
    await sink.write(b"x")
    gateway.pause()
    committing = asyncio.create_task(sink.commit())
    await asyncio.sleep(0)  # it is on its way
    committing.cancel()
    await asyncio.gather(committing, return_exceptions=True)
    gateway.kill()
    await refused(sink.abort(), 2 * BOUND)
    tasks = [each for each in gc.get_objects() if isinstance(each, asyncio.Task) and each.done()]
    unheard = [each for each in tasks if getattr(each, "_log_traceback")]  # these asyncio writes into the log
    assert tasks and not unheard


async def test_stopped_in_the_middle_of_removals(gateway: S3, store_s3: S3Binaries) -> None:
    ids = [await put(store_s3, owner(), b"x") for _ in range(30)]
    gateway.kill()
    await refused(store_s3.remove(ids))
    await refused(store_s3.remove_owners({each.split("/")[0] for each in ids}))
    gateway.start()
    await until_it_works(lambda: store_s3.remove_owners({each.split("/")[0] for each in ids}))
    assert await owners(store_s3, -3_600) == set()


async def test_reader_lives_through_a_restart(gateway: S3, store_s3: S3Binaries) -> None:
    data = content(LARGE)
    binary_id = await put(store_s3, owner(), data)
    chunks = store_s3.read(binary_id)
    read = bytearray(await anext(chunks))
    gateway.kill()
    starting = asyncio.create_task(asyncio.to_thread(gateway.start))
    async for chunk in chunks:
        read += chunk
    await starting
    assert read == data


async def test_reader_gives_up_in_the_end(gateway: S3, store_s3: S3Binaries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.binaries.s3_read.PATIENCE", 2.0)
    binary_id = await put(store_s3, owner(), content(LARGE))
    chunks = store_s3.read(binary_id)
    await anext(chunks)
    gateway.kill()

    async def rest() -> None:
        async for _ in chunks:
            pass

    await refused(rest(), 2.0 + BOUND)


async def test_away_at_the_start(gateway: S3, make_s3: MakeS3) -> None:
    gateway.stop()
    store = make_s3()
    for _ in range(2):
        await refused(store.open())
        await refused(store.ping())
    gateway.start()
    await store.open()
    assert await get(store, await put(store, owner(), b"x")) == b"x"


async def through(s3: S3, make_s3: MakeS3) -> AsyncIterator[tuple[S3Binaries, Relay]]:
    """A store behind a relay."""
    async with relay(s3.url) as between:
        store = make_s3(url=between.url)
        await store.open()
        yield store, between
        await store.close()


async def test_reads_that_are_cut_go_on(s3: S3, make_s3: MakeS3) -> None:
    async for store, between in through(s3, make_s3):
        data = content(LARGE)
        binary_id = await put(store, owner(), data)
        for start, end in ((0, None), (PART + 1, None), (7, LARGE - 7)):
            between.cuts = [0, 100, 700, 1_000_000, 3 * MEGABYTE, 2 * MEGABYTE, 10]
            assert await get(store, binary_id, start, end) == data[start:end]
            assert between.cuts == [], "all cuts were made"


async def test_uploads_that_are_cut_go_on(s3: S3, make_s3: MakeS3, bucket: str) -> None:
    async for store, between in through(s3, make_s3):
        data = content(4 * PART)
        between.cuts = [10, 600, 50]
        binary_id = await put(store, owner(), data)
        assert between.cuts == []
        assert await get(store, binary_id) == data
        between.cuts = [10]
        assert await put(store, owner(), b"x")
        assert len(keys(s3, bucket)) == 2


async def test_binary_removed_while_it_is_read(s3: S3, make_s3: MakeS3) -> None:
    async for store, between in through(s3, make_s3):
        binary_id = await put(store, owner(), content(LARGE))
        between.cuts = [PART]
        chunks = store.read(binary_id)
        await anext(chunks)
        await store.remove([binary_id])
        with pytest.raises(StoreAway, match="removed"):
            async for _ in chunks:
                pass
        with pytest.raises(NotFound):
            await get(store, binary_id)


async def test_other_bytes_under_the_same_name_are_never_mixed(s3: S3, make_s3: MakeS3, bucket: str) -> None:
    async for store, between in through(s3, make_s3):
        binary_id = await put(store, owner(), content(LARGE))
        between.cuts = [PART]
        chunks = store.read(binary_id)
        await anext(chunks)
        plain(s3).put_object(Bucket=bucket, Key=binary_id, Body=content(LARGE, 1))
        with pytest.raises(StoreAway, match="removed"):
            async for _ in chunks:
                pass


async def test_connections_are_used_again_and_given_up(s3: S3, make_s3: MakeS3) -> None:
    async for store, between in through(s3, make_s3):
        binary_id = await put(store, owner(), content(LARGE))
        between.accepted = 0
        for _ in range(10):
            await get(store, binary_id)
            await get(store, binary_id, 5, 500)
            await store.size(binary_id)
        assert between.accepted <= 1, "one reader after the other needs one connection"
        before = between.open
        for _ in range(5):
            chunks = store.read(binary_id)
            await anext(chunks)
            await chunks.aclose()  # type: ignore[attr-defined]
        deadline = time.monotonic() + 5
        while between.open > before:
            assert time.monotonic() < deadline, "the connections of readers who left stay open"
            await asyncio.sleep(0.01)
