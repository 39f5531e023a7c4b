"""What only the store on S3 promises: its layout, what it leaves behind, links, quotas, memory."""

import asyncio
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from engine.binaries.s3 import S3Binaries
from engine.binaries.s3_sink import PART
from engine.errors import Conflict, NotFound, StoreAway, StoreFull
from tests.servers.s3 import S3

from .bucket import keys, plain, uploads
from .conftest import MakeS3
from .content import content, get, owner, owners, put

ROOT = Path(__file__).parents[2]


async def test_layout(store_s3: S3Binaries, s3: S3, bucket: str) -> None:
    of = owner()
    small, large = await put(store_s3, of, b"x"), await put(store_s3, of, content(2 * PART + 1))
    assert keys(s3, bucket) == sorted([small, large])
    assert uploads(s3, bucket) == []
    await store_s3.ping()
    await store_s3.remove_owners([of])
    assert set(keys(s3, bucket)) <= {".probe"}


@pytest.mark.parametrize("size", [PART - 1, PART, PART + 1, 2 * PART, 7 * PART + 3])
async def test_sizes_around_a_part(store_s3: S3Binaries, size: int) -> None:
    data = content(size)
    binary_id = await put(store_s3, owner(), data, 1_000_003)
    assert await store_s3.size(binary_id) == size
    assert await get(store_s3, binary_id) == data
    assert await get(store_s3, binary_id, PART - 5, PART + 5) == data[PART - 5 : PART + 5]


async def test_piece_larger_than_many_parts(store_s3: S3Binaries) -> None:
    data = content(3 * PART + 7)
    assert await get(store_s3, await put(store_s3, owner(), data, len(data))) == data


async def test_engines_make_the_bucket_at_once(make_s3: MakeS3, s3: S3, bucket: str) -> None:
    stores = [make_s3() for _ in range(4)]
    await asyncio.gather(*(store.open() for store in stores))
    binary_id = await put(stores[0], owner(), b"x")
    assert await asyncio.gather(*(get(store, binary_id) for store in stores)) == [b"x"] * 4


async def test_lost_bucket_is_away_and_not_a_lost_binary(store_s3: S3Binaries, s3: S3, bucket: str) -> None:
    binary_id = await put(store_s3, owner(), b"x")
    await store_s3.remove([binary_id])
    plain(s3).delete_bucket(Bucket=bucket)
    for attempt in (store_s3.size(binary_id), get(store_s3, binary_id), put(store_s3, owner(), b"x"), store_s3.ping()):
        with pytest.raises(StoreAway, match="lost the bucket"):
            await attempt
    await store_s3.open()
    assert await put(store_s3, owner(), b"x"), "it is made again where it is opened again"


async def test_aborted_uploads_leave_nothing(store_s3: S3Binaries, s3: S3, bucket: str) -> None:
    for parts in (1, 2, 6):
        sink = await store_s3.sink(owner())
        await sink.write(content(parts * PART + 1))
        assert len(uploads(s3, bucket)) == 1
        await sink.abort()
    assert (uploads(s3, bucket), keys(s3, bucket)) == ([], [])
    with pytest.raises(RuntimeError):
        await sink.write(b"x")


async def test_cancelled_at_any_moment_and_aborted_leaves_nothing(store_s3: S3Binaries, s3: S3, bucket: str) -> None:
    data = content(3 * PART + 1)
    for after in (0.0, 0.005, 0.01, 0.02, 0.04, 0.08, 0.12):
        sink = await store_s3.sink(owner())

        async def upload() -> None:
            await sink.write(data)
            await sink.commit()

        task = asyncio.create_task(upload())
        await asyncio.wait([task], timeout=after)
        if task.cancel():
            with pytest.raises(asyncio.CancelledError):
                await task
            await sink.abort()
    left = [key for key in keys(s3, bucket) if await store_s3.size(key) != len(data)]
    assert (uploads(s3, bucket), left) == ([], [])
    assert store_s3.memory_used == 0


async def test_abort_goes_on_when_its_caller_is_cancelled(store_s3: S3Binaries, s3: S3, bucket: str) -> None:
    sink = await store_s3.sink(owner())
    await sink.write(content(2 * PART))
    aborting = asyncio.create_task(sink.abort())
    await asyncio.sleep(0)
    aborting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await aborting
    await store_s3.close()
    assert uploads(s3, bucket) == []


async def test_what_another_process_left_is_found_by_its_age_and_removed(make_s3: MakeS3, s3: S3, bucket: str) -> None:
    killed, store = make_s3(), make_s3()
    await killed.open()
    await store.open()
    unfinished, both = owner(), owner()
    await (await killed.sink(unfinished)).write(content(PART + 1))
    await put(killed, both, b"x")
    await (await killed.sink(both)).write(content(PART + 1))
    assert await owners(store, 3_600) == set()
    assert await owners(store, -3_600) == {unfinished, both}
    assert await owners(killed, -3_600) == set(), "it writes them itself"
    await store.remove_owners([unfinished])
    assert await owners(store, -3_600) == {both}
    await store.remove_owners([both, *(owner() for _ in range(9))])
    assert (keys(s3, bucket), uploads(s3, bucket)) == ([], [])


async def test_part_makes_an_old_upload_young(make_s3: MakeS3, s3: S3) -> None:
    writing, looking = make_s3(), make_s3()
    await writing.open()
    await looking.open()
    of = owner()
    sink = await writing.sink(of)
    await sink.write(content(PART + 1))
    deadline = time.monotonic() + 20
    while await owners(looking, 2.0) != {of}:
        assert time.monotonic() < deadline, "it never became old"
        await asyncio.sleep(0.1)
    await sink.write(content(PART))
    while not (young := await owners(looking, 2.0) == set()):
        assert time.monotonic() < deadline + 3, "the part that came did not count"
        await asyncio.sleep(0.1)
    assert young
    await sink.abort()


async def test_owner_removed_while_a_binary_is_written(store_s3: S3Binaries, s3: S3, bucket: str) -> None:
    for size in (10, 2 * PART):
        of = owner()
        sink = await store_s3.sink(of)
        await sink.write(content(size))
        await store_s3.remove_owners([of])
        with pytest.raises(Conflict, match="removed"):
            await sink.commit()
        await sink.abort()
    assert (keys(s3, bucket), uploads(s3, bucket)) == ([], [])


async def test_owner_removed_by_another_engine_while_a_binary_is_written(make_s3: MakeS3, s3: S3, bucket: str) -> None:
    writing, removing = make_s3(), make_s3()
    await writing.open()
    await removing.open()
    of = owner()
    sink = await writing.sink(of)
    await sink.write(content(PART + 1))
    await removing.remove_owners([of])
    with pytest.raises(Conflict, match="removed"):
        await sink.write(content(9 * PART))
        await sink.commit()
    await sink.abort()
    assert (keys(s3, bucket), uploads(s3, bucket)) == ([], [])


async def test_more_removals_than_one_request_takes(store_s3: S3Binaries, s3: S3, bucket: str) -> None:
    of = owner()
    for _ in range(34):
        await asyncio.gather(*(put(store_s3, of, b"x") for _ in range(30)))
    found = [
        key for page in plain(s3).get_paginator("list_objects_v2").paginate(Bucket=bucket) for key in page["Contents"]
    ]
    assert len(found) == 1_020
    await store_s3.remove_owners([of])
    assert keys(s3, bucket) == []


async def test_link_serves_the_binary_until_it_ends(store_s3: S3Binaries) -> None:
    data = content(100_000)
    binary_id = await put(store_s3, owner(), data)
    url = await store_s3.link(binary_id, 3, "image/png", 'inline; filename="face.png"')
    assert url is not None

    def fetch() -> tuple[bytes, str, str]:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read(), answer.headers["Content-Type"], answer.headers["Content-Disposition"]

    assert await asyncio.to_thread(fetch) == (data, "image/png", 'inline; filename="face.png"')
    tampered = url.replace(binary_id, f"{owner()}/{'0' * 32}")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        await asyncio.to_thread(urllib.request.urlopen, tampered, timeout=10)
    deadline = time.monotonic() + 10
    while True:
        try:
            await asyncio.to_thread(fetch)
        except urllib.error.HTTPError as error:
            error.close()
            assert error.code == 403
            break
        assert time.monotonic() < deadline, "the link never ends"
        await asyncio.sleep(0.2)
    assert await store_s3.link("no id", 3, "image/png", "inline") is None


async def test_quota_is_no_room(gateway: S3, make_s3: MakeS3) -> None:
    with gateway.quota(2):
        store = make_s3()
        await store.open()
        kept = [await put(store, owner(), b"x") for _ in range(2)]
        deadline = time.monotonic() + 10
        with pytest.raises(StoreFull):  # the gateway counts with some delay
            while time.monotonic() < deadline:
                kept.append(await put(store, owner(), b"x"))
        other = make_s3()
        await other.open()
        with pytest.raises(StoreFull):
            await other.ping()
        assert await get(store, kept[0]) == b"x"
        await store.remove(kept)
        while True:
            try:
                await put(store, owner(), b"x")
                break
            except StoreFull:
                assert time.monotonic() < deadline, "there is room again"
                await asyncio.sleep(0.1)


async def test_many_large_uploads_share_the_memory(make_s3: MakeS3) -> None:
    store = make_s3(memory=3 * PART)
    await store.open()
    data = content(PART + 1_000_000)
    most = 0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, store.memory_used)
            await asyncio.sleep(0.001)

    watching = asyncio.create_task(watch())
    ids = await asyncio.gather(*(put(store, owner(), data) for _ in range(20)))
    watching.cancel()
    assert len(set(ids)) == 20
    assert 2 * PART < most <= 3 * PART
    assert store.memory_used == 0
    assert await get(store, ids[7]) == data


async def test_binary_that_arrives_damaged_is_refused(
    store_s3: S3Binaries, s3: S3, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wrong(body: bytearray) -> str:
        return "1B2M2Y8AsgTpgAmY7PhCfg=="  # of nothing

    monkeypatch.setattr("engine.binaries.s3_sink._md5", wrong)
    for size in (10, 2 * PART):
        sink = await store_s3.sink(owner())
        await sink.write(content(size))
        with pytest.raises(StoreAway, match="BadDigest"):
            await sink.commit()
        await sink.abort()
    assert (keys(s3, bucket), uploads(s3, bucket)) == ([], [])


def test_memory_is_bounded(s3: S3, bucket: str) -> None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("children.py")), "measure_s3", f"{s3.url} {bucket}"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "S3_KEY": s3.key_id, "S3_SECRET": s3.secret_key},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    grown = int(done.stdout)
    assert grown < 64 * 1024, f"{grown} kB more for 200 MB through one sink and one reader"


async def test_names_are_checked_before_anything_is_sent(make_s3: MakeS3) -> None:
    unopened = make_s3(url="http://127.0.0.1:9")
    assert await unopened.size("x") is None
    with pytest.raises(NotFound):
        await anext(unopened.read(f"{owner()}/../x"))
    assert re.fullmatch(r"[0-9a-f]{32}", owner())
