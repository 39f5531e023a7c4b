"""Large documents go to the store of binaries, and nothing is left there that no task refers to."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from engine.errors import Conflict, StoreAway, StoreFull
from engine.store.base import ChildResult, Submission
from engine.store.mongo import MongoStore
from engine.store.spill import SpillingStore
from tests.servers.mongo import Mongo

from .conftest import OF_THE_DRIVER, Spilling
from .lossy import Lossy
from .rows import child, finished, following, task

pytestmark = OF_THE_DRIVER


@pytest_asyncio.fixture
async def spilling(mongo: Mongo, tmp_path: Path) -> AsyncIterator[Spilling]:
    """A store on MongoDB that spills above the usual bound."""
    store = Spilling(MongoStore(mongo.uri, mongo.fresh_name()), tmp_path, 1_000_000)
    await store.open()
    yield store
    await store.close()


def files(folder: Path) -> list[Path]:
    """All binaries that are there, finished or not."""
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_documents_of_20_mb(spilling: Spilling, tmp_path: Path) -> None:
    row = task(document=os.urandom(20_000_000))
    await spilling.create(row)
    assert await spilling.load(row.id) == row
    inner = await spilling.inner.load(row.id)
    assert inner is not None and len(inner.document) < 200
    assert [path.parent.name for path in files(tmp_path)] == [row.id]
    second = following(row, os.urandom(40_000_000))
    assert await spilling.save(second) is not None
    assert await spilling.load(row.id) == second
    assert [path.stat().st_size for path in files(tmp_path)] == [40_000_000]
    third = following(second, b"small")
    assert await spilling.save(third) is not None
    assert await spilling.load(row.id) == third
    assert files(tmp_path) == []


async def test_small_documents_stay_in_the_row(spilling: Spilling, tmp_path: Path) -> None:
    row = task(document=b"x" * 1_000_000)
    await spilling.create(row)
    assert await spilling.inner.load(row.id) == row
    assert files(tmp_path) == []


async def test_document_that_looks_like_a_reference_is_none(spilling: Spilling) -> None:
    large = task(document=b"x" * 1_000_001)
    await spilling.create(large)
    inner = await spilling.inner.load(large.id)
    assert inner is not None
    row = task(document=inner.document)
    await spilling.create(row)
    assert await spilling.load(row.id) == row


async def test_what_lost_leaves_nothing_behind(spilling: Spilling, tmp_path: Path) -> None:
    big = b"x" * 1_500_000
    row = task()
    await spilling.create(row, Submission("blur", "key", "digest", row.id))
    with pytest.raises(Conflict):
        await spilling.create(replace(row, document=big))
    assert isinstance(await spilling.create(task(document=big), Submission("blur", "key", "digest", "x")), Submission)
    assert await spilling.save(replace(following(row, big), revision=7)) is None
    results = await asyncio.gather(*(spilling.save(following(row, big + b"%d" % each)) for each in range(5)))
    assert sum(number is not None for number in results) == 1
    assert len(files(tmp_path)) == 1
    kid = child(row.id, document=big)
    assert (await spilling.create_many([kid, child("0" * 32, 1, document=big)]))[1] is None
    assert await spilling.create_many([kid]) == [None]
    with pytest.raises(Conflict):
        await spilling.create_many([child(row.id, 9, document=big), child(row.id, document=big)])
    with pytest.raises(ValueError):
        await spilling.create_many([task(document=big)])
    assert len(files(tmp_path)) == 2
    assert {path.parent.name for path in files(tmp_path)} == {row.id}, "a child's go with its root"
    assert await spilling.load(kid.id) == kid


async def test_children_and_results(spilling: Spilling, tmp_path: Path) -> None:
    root = task()
    await spilling.create(root)
    rows = [child(root.id, position, document=bytes([position]) * 1_200_000) for position in range(3)]
    await spilling.create_many(rows)
    assert await spilling.children(root.id, None, 10) == rows
    ended = replace(finished(rows[1]), result=b"result" * 400_000)
    assert await spilling.save(ended) is not None
    assert await spilling.load(ended.id) == ended
    wanted = [ChildResult(row.id, row.position, row.status, row.result) for row in (rows[0], ended, rows[2])]
    assert await spilling.family(root.id, root.id, "each/1", -1, 10) == wanted
    assert len(files(tmp_path)) == 4
    await spilling.save(finished(root))
    assert await spilling.delete([root.id]) == [root.id]
    await spilling.binaries.remove_owners([root.id])
    assert files(tmp_path) == []


async def test_binary_that_another_engine_replaces_before_it_is_read(
    spilling: Spilling, mongo: Mongo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(spilling.inner, MongoStore)
    other = SpillingStore(MongoStore(mongo.uri, spilling.inner.database), spilling.binaries)
    await other.open()
    row = task(document=b"0" * 1_500_000)
    second = following(row, b"1" * 1_500_000)
    await spilling.create(row)
    assert await other.load(row.id) == row
    read = spilling.binaries.read

    async def late(binary_id: str) -> AsyncIterator[bytes]:
        monkeypatch.undo()
        assert await other.save(second) is not None
        async for chunk in read(binary_id):
            yield chunk

    monkeypatch.setattr(spilling.binaries, "read", late)
    assert await spilling.load(row.id) == second
    assert len(files(tmp_path)) == 1
    await other.close()


async def test_binary_that_is_gone_is_told(spilling: Spilling, tmp_path: Path) -> None:
    row = task(document=b"0" * 1_500_000)
    await spilling.create(row)
    files(tmp_path)[0].unlink()
    with pytest.raises(StoreAway, match=row.id):
        await spilling.load(row.id)


async def test_save_of_which_nothing_is_known_keeps_its_binary(mongo: Mongo, tmp_path: Path) -> None:
    async with Lossy(mongo.uri) as lossy:
        store = Spilling(MongoStore(lossy.uri, mongo.fresh_name()), tmp_path, 1_000)
        await store.open()
        row = task(document=b"0" * 2_000)
        await store.create(row)
        second = following(row, b"1" * 2_000)
        lossy.lose("update", "tasks", 1)
        lossy.lose("update", "tasks", 100, executed=False)
        with pytest.raises(StoreAway):
            await store.save(second)
        lossy.faults.clear()
        async with asyncio.timeout(10):
            while True:
                try:
                    assert await store.load(row.id) == second
                    break
                except StoreAway:
                    continue
        assert len(files(tmp_path)) == 2
        full = {"ok": 0.0, "code": 14031, "errmsg": "out of disk space"}
        lossy.answer("update", "tasks", full)
        with pytest.raises(StoreFull):
            await store.save(following(second, b"2" * 2_000))
        assert len(files(tmp_path)) == 2
        third = following(second, b"3" * 2_000)
        assert await store.save(third) is not None
        assert await store.load(row.id) == third
        await store.close()
