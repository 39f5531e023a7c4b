"""Several engines on one MongoDB: races, and holes in the numbers."""

import asyncio
import time
from dataclasses import replace

import pytest
from bson import Int64
from pymongo.asynchronous.database import AsyncDatabase

from engine.errors import Conflict
from engine.store.base import Change, Stats
from engine.store.mongo import MongoStore
from engine.store.mongo_schema import KEPT_NUMBERS
from tests.servers.mongo import Mongo

from .conftest import OF_THE_DRIVER
from .lossy import Lossy
from .processes import process
from .rows import child, following, task

pytestmark = OF_THE_DRIVER


async def test_two_processes_race_for_every_revision_of_a_task(mongo: Mongo, two: tuple[MongoStore, ...]) -> None:
    row = task()
    await two[0].create(row)
    racers = [process("race", mongo.uri, two[0].database, row.id, "60") for _ in range(2)]
    outputs = await asyncio.gather(*(asyncio.to_thread(racer.communicate, timeout=60) for racer in racers))
    assert [racer.returncode for racer in racers] == [0, 0]
    won = sorted(tuple(map(int, line.split())) for out, _ in outputs for line in out.splitlines())
    assert [revision for revision, _ in won] == list(range(2, 122)), "every revision once"
    numbers = [number for _, number in won]
    assert numbers == sorted(set(numbers)), "and each with a greater number"
    found = await two[1].load(row.id)
    assert found is not None and found.revision == 121
    async with asyncio.timeout(10):
        while len(changes := await two[1].changes(0, 1_000)) < 121:
            await asyncio.sleep(0.1)
    assert [change.number for change in changes] == [1, *numbers]


async def test_who_follows_misses_no_change_of_another_engine(two: tuple[MongoStore, MongoStore]) -> None:
    mine, theirs = two
    rows = [task() for _ in range(20)]
    numbers: list[int] = []

    async def forward(store: MongoStore, number: int) -> None:
        row = rows[number]
        numbers.append(int(str(await store.create(row))))
        for _ in range(10):
            row = following(row)
            numbers.append(await store.save(row) or 0)

    work = asyncio.gather(*(forward(two[each % 2], each) for each in range(20)))
    followed: list[Change] = []
    async with asyncio.timeout(30):
        while len(followed) < 220:
            followed += await mine.changes(followed[-1].number if followed else 0, 17)
            await theirs.last_change()
    await work
    assert [change.number for change in followed] == sorted(numbers)
    for row in rows:
        events = [change.first_event for change in followed if change.task == row.id]
        assert events == sorted(events) and len(events) == 11


async def test_last_change_waits_for_smaller_numbers(two: tuple[MongoStore, MongoStore], mongo: Mongo) -> None:
    mine, theirs = two
    async with Lossy(mongo.uri) as lossy:
        slow = MongoStore(lossy.uri, mine.database)
        await slow.open()
        await mine.create(task())
        lossy.lose("insert", "tasks", 8, executed=False)
        row = task()
        creating = asyncio.create_task(slow.create(row))
        async with asyncio.timeout(5):
            while lossy.struck < 1:
                await asyncio.sleep(0)
        later = await mine.create(task())
        assert later == 3
        for store in (mine, theirs):
            assert [change.number for change in await store.changes(0, 10)] == [1]
            assert await store.last_change() == 1
        lossy.faults.clear()
        await creating
        for store in (mine, theirs):
            assert [change.number for change in await store.changes(0, 3)] == [1, 2, 3]
            assert await store.last_change() >= 3
        await slow.close()


async def test_what_was_begun_ends_although_its_caller_has_left(
    two: tuple[MongoStore, MongoStore], mongo: Mongo
) -> None:
    async with Lossy(mongo.uri) as lossy:
        store = MongoStore(lossy.uri, two[0].database)
        await store.open()
        row = task()
        go_on = lossy.hold("insert")
        creating = asyncio.create_task(store.create(row))
        async with asyncio.timeout(5):
            while not lossy.seen["insert", "changes"]:
                await asyncio.sleep(0)
            creating.cancel()
            await asyncio.wait([creating])
            go_on.set()
            await store.close()
        assert creating.cancelled()
        assert await two[0].load(row.id) == row
        assert await two[0].stats() == Stats({"running": 1}, {"blur": 1})


async def test_save_that_took_long_is_heard_of_by_those_who_passed_it_over(
    two: tuple[MongoStore, MongoStore], mongo: Mongo
) -> None:
    mine, theirs = two
    async with Lossy(mongo.uri) as lossy:
        slow = MongoStore(lossy.uri, mine.database)
        await slow.open()
        row = task()
        await mine.create(row)
        lossy.lose("update", "tasks", 100, executed=False)
        saving = asyncio.create_task(slow.save(following(row)))
        async with asyncio.timeout(5):
            while not lossy.struck:
                await asyncio.sleep(0)
        later = await mine.create(task())
        async with asyncio.timeout(5):
            while (followed := await theirs.changes(1, 10)) == []:
                await asyncio.sleep(0.02)
            assert [change.number for change in followed] == [later]
            assert [change.number for change in await slow.changes(0, 10)] == [1], "its own process waits for it"
            lossy.faults.clear()
            assert await saving == 2
            assert (await slow.changes(0, 10))[1] == Change(2, row.id, 3, 4)
            while (again := await theirs.changes(followed[-1].number, 10)) == []:
                await asyncio.sleep(0.02)
        assert [replace(change, number=0) for change in again] == [Change(0, row.id, 3, 4)]
        await slow.close()


async def test_what_lost_leaves_no_number_behind(
    two: tuple[MongoStore, MongoStore], raw: AsyncDatabase[dict[str, object]]
) -> None:
    store = two[0]
    row = task()
    await store.create(row)
    await store.create_many([child(row.id)])
    with pytest.raises(Conflict):
        await store.create_many([child(row.id, position) for position in (1, 0, 2)])
    assert await store.save(following(following(row))) is None
    with pytest.raises(Conflict):
        await store.create(row)
    assert await raw["changes"].count_documents({}) == 2
    assert await raw["tasks"].count_documents({}) == 2


async def test_hole_of_another_engine_is_passed_over_after_a_second(
    two: tuple[MongoStore, MongoStore], raw: AsyncDatabase[dict[str, object]]
) -> None:
    mine, theirs = two
    row = task()
    await mine.create(row)
    await raw["numbers"].update_one({"_id": "changes"}, {"$inc": {"last": 1}})  # one that dies with its number
    await raw["changes"].insert_one(
        {"_id": Int64(3), "number": Int64(3), "task": row.id, "head": row.id, "revision": 2, "first": 3, "last": 4}
    )
    await raw["numbers"].update_one({"_id": "changes"}, {"$inc": {"last": 1}})  # and one that dies before it saves
    assert await mine.save(following(row)) == 4
    started = time.monotonic()
    assert [change.number for change in await theirs.changes(0, 10)] == [1]
    assert [change.number for change in await theirs.changes(0, 10, row.id)] == [1]
    async with asyncio.timeout(5):
        while [change.number for change in await theirs.changes(0, 10)] != [1, 4]:
            await asyncio.sleep(0.02)
    assert 0.5 < time.monotonic() - started < 2.5
    assert await theirs.changes(0, 10, row.id) == [Change(1, row.id, 1, 2), Change(4, row.id, 3, 4)]
    assert await theirs.last_change() == await mine.last_change() == 4


async def test_changes_of_a_task_with_very_many_revisions(two: tuple[MongoStore, MongoStore]) -> None:
    mine, theirs = two
    row = task()
    await mine.create(row)
    for _ in range(KEPT_NUMBERS + 10):
        row = following(row)
        await mine.save(row)
    async with asyncio.timeout(5):
        while len(await theirs.changes(0, 1_000)) < KEPT_NUMBERS + 11:
            await asyncio.sleep(0.05)
    assert len(await mine.changes(0, 1_000, row.id)) == KEPT_NUMBERS + 11


async def test_child_that_comes_while_its_root_is_removed_is_not_left_behind(
    two: tuple[MongoStore, MongoStore],
) -> None:
    mine, theirs = two
    for _ in range(5):
        root = task(status="finished", ended=5)
        await mine.create(root)
        batches = [[child(root.id, 10 * batch + each) for each in range(10)] for batch in range(6)]
        removed, *_ = await asyncio.gather(
            mine.delete([root.id]), *(theirs.create_many(batch) for batch in batches), return_exceptions=True
        )
        assert removed == [root.id]
        assert await mine.existing([row.id for batch in batches for row in batch]) == set()


async def test_two_engines_remove_the_same_roots(two: tuple[MongoStore, MongoStore]) -> None:
    rows = [task(status="finished", ended=5) for _ in range(20)]
    for row in rows:
        await two[0].create(row)
    await two[0].create_many([child(rows[0].id, position) for position in range(300)])
    gone = await asyncio.gather(*(store.delete([row.id for row in rows]) for store in two))
    assert sorted(gone[0] + gone[1]) == sorted(row.id for row in rows), "each is told to one of them"
    assert await two[0].stats() == Stats({}, {})
