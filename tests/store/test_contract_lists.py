"""What every store must do with many tasks: pages, counts, timers, removal."""

import asyncio
from dataclasses import replace

import pytest

from engine.store.base import Stats, Store

from .rows import finished, following, task


@pytest.mark.parametrize("route", [None, "blur", "crop", "none"])
@pytest.mark.parametrize("status", [None, "running", "finished", "error"])
async def test_pages_show_every_task_once_newest_first(store: Store, route: str | None, status: str | None) -> None:
    rows = [
        task(
            route=("blur", "crop")[number % 2], status=("running", "finished", "error")[number % 3], created=number // 7
        )
        for number in range(60)
    ]
    await asyncio.gather(*(store.create(row) for row in rows))
    wanted = [row for row in rows if route in (None, row.route) and status in (None, row.status)]
    wanted.sort(key=lambda row: (row.created, row.id), reverse=True)
    seen: list[str] = []
    before: tuple[int, str] | None = None
    while found := await store.page(route, status, before, 4):
        assert len(found) <= 4
        seen += [summary.id for summary in found]
        before = (found[-1].created, found[-1].id)
    assert seen == [row.id for row in wanted]


async def test_page_tells_what_a_task_is(store: Store) -> None:
    row = task(status="error", created=5, ended=6)
    await store.create(row)
    (summary,) = await store.page(None, None, None, 10)
    found = (summary.id, summary.route, summary.status, summary.created, summary.ended)
    assert found == (row.id, "blur", "error", 5, 6)


async def test_stats_follow_every_change(store: Store) -> None:
    assert await store.stats() == Stats({}, {})
    rows = [task(route=route) for route in ("blur", "blur", "crop")]
    for row in rows:
        await store.create(row)
    assert await store.stats() == Stats({"running": 3}, {"blur": 2, "crop": 1})
    await store.save(finished(rows[0]))
    await store.save(replace(finished(rows[2]), status="error"))
    await store.save(replace(finished(rows[1]), revision=9))
    assert await store.stats() == Stats({"running": 1, "finished": 1, "error": 1}, {"blur": 2, "crop": 1})
    assert (await store.stats()).by_both == {"blur": {"running": 1, "finished": 1}, "crop": {"error": 1}}
    await store.save(replace(rows[2], revision=3))
    assert await store.stats() == Stats({"running": 2, "finished": 1}, {"blur": 2, "crop": 1})
    await store.delete([row.id for row in rows])
    assert await store.stats() == Stats({"running": 2}, {"blur": 1, "crop": 1})
    assert (await store.stats()).by_both == {"blur": {"running": 1}, "crop": {"running": 1}}


async def test_due_tasks_come_earliest_first(store: Store) -> None:
    assert await store.next_due() is None
    rows = [task(due=due) for due in (30, 10, None, 20, 40)]
    for row in rows:
        await store.create(row)
    await store.create(task(status="error", ended=1, due=5))
    assert await store.next_due() == 10
    assert await store.due(30, 10) == [rows[1].id, rows[3].id, rows[0].id]
    assert await store.due(30, 2) == [rows[1].id, rows[3].id]
    assert await store.due(9, 10) == []
    await store.save(replace(following(rows[1]), due=35))
    await store.save(finished(rows[3]))
    assert await store.next_due() == 30
    assert await store.due(100, 10) == [rows[0].id, rows[1].id, rows[4].id]
    await store.save(replace(following(rows[0]), due=None))
    assert await store.next_due() == 35


async def test_running_tasks_come_by_id(store: Store) -> None:
    rows = [task(f"{number:032x}", waiting=number % 2 == 0) for number in range(6)]
    for row in rows:
        await store.create(row)
    await store.create(task(status="finished", ended=1, waiting=True))
    ids = [row.id for row in rows]
    assert await store.running("", 100) == ids
    assert await store.running(ids[1], 2) == ids[2:4]
    assert await store.running("", 100, waiting=True) == ids[::2]
    await store.save(replace(following(rows[0]), waiting=False))
    await store.save(replace(following(rows[1]), waiting=True))
    await store.save(finished(rows[2]))
    assert await store.running("", 100, waiting=True) == [ids[1], ids[4]]
    assert await store.running("", 100) == [*ids[:2], *ids[3:]]


async def test_expired_tasks_are_those_that_ended_before(store: Store) -> None:
    rows = [task(status="finished", ended=ended) for ended in (10, 20, 30)]
    for row in [*rows, task()]:
        await store.create(row)
    assert await store.expired(30, 10) == [rows[0].id, rows[1].id]
    assert await store.expired(31, 1) == [rows[0].id]
    assert await store.expired(10, 10) == []


async def test_delete_leaves_running_tasks(store: Store) -> None:
    rows = [task(status=status, ended=5) for status in ("running", "finished", "error")]
    for row in rows:
        await store.create(row)
    removed = await store.delete([row.id for row in rows] + ["unknown"])
    assert sorted(removed) == sorted(row.id for row in rows[1:])
    assert await store.existing([row.id for row in rows]) == {rows[0].id}
    assert await store.delete([]) == []


async def test_many_at_once(store: Store) -> None:
    rows = [task(status="finished", ended=5) for _ in range(350)]
    await asyncio.gather(*(store.create(row) for row in rows))
    ids = [row.id for row in rows]
    assert await store.existing([*ids, "unknown"]) == set(ids)
    assert sorted(await store.delete(set(ids))) == sorted(ids)
    assert await store.existing(ids) == set()
    assert await store.stats() == Stats({}, {})
