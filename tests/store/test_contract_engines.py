"""What every store must do so that several engines can share it: who is alive, who has what under way, what is new."""

import asyncio
from dataclasses import replace

from engine.store.base import EngineRow, ServiceRow, Stats, Store, TaskRow

from .rows import STRANGE_IDS, child, finished, following, pipeline, service, task

A, B = "a" * 12, "b" * 12


def held(row: TaskRow, *holders: str) -> TaskRow:
    """The next revision, with these engines at work on it."""
    return replace(following(row), holders=",".join(sorted(holders)))


async def test_engines_beat_and_leave(store: Store) -> None:
    assert await store.engines() == []
    rows = [EngineRow(A, "here", 1), EngineRow(B, "there", 2**62)]
    for row in reversed(rows):
        await store.beat(row)
    assert await store.engines() == rows
    again = EngineRow(A, "elsewhere", 2)
    await store.beat(again)
    assert await store.engines() == [again, rows[1]]
    await store.leave(A)
    await store.leave(A)
    await store.leave("unknown")
    assert await store.engines() == [rows[1]]
    await store.beat(rows[0])
    assert await store.engines() == rows


async def test_many_engines_beat_at_once(store: Store) -> None:
    rows = [EngineRow(f"{number:012x}", "place", 1) for number in range(20)]
    await asyncio.gather(*(store.beat(row) for row in rows * 3))
    assert await store.engines() == rows


async def test_of_many_who_silence_an_instance_one_wins(store: Store) -> None:
    row, other = service("blur", "http://1"), service("blur", "http://2")
    await store.announce(row)
    await store.announce(other)
    won = await asyncio.gather(*(store.silence(row) for _ in range(10)))
    assert sum(won) == 1
    assert await store.services() == [replace(row, seen=0), other]


async def test_instance_that_was_heard_meanwhile_is_not_silenced(store: Store) -> None:
    row = service("blur", "http://1")
    assert not await store.silence(row)
    await store.announce(row)
    await store.announce(replace(row, seen=2_000))
    assert not await store.silence(row)
    assert await store.services() == [replace(row, seen=2_000)]
    assert await store.silence(ServiceRow(row.route, row.url, b"{}", 1.0, 2_000))
    assert await store.services() == [replace(row, seen=0)], "nothing else of it changes"


async def test_open_ids_follow_the_routes(store: Store) -> None:
    assert await store.open_ids() == {}
    await store.add_pipeline(pipeline("d1"))
    await store.add_pipeline(pipeline("d2", "crop", kind="service"))
    assert await store.open_ids() == {"blur": "d1", "crop": "d2"}
    await store.add_pipeline(pipeline("d3", version=2))
    await store.close_pipeline("crop")
    assert await store.open_ids() == {"blur": "d3"}


async def test_holders_are_stored_with_the_task(store: Store) -> None:
    row = replace(task(), holders=A)
    await store.create(row)
    assert await store.load(row.id) == row
    both = held(row, B, A)
    await store.save(both)
    assert await store.load(row.id) == both and both.holders == f"{A},{B}"
    kid = replace(child(row.id), holders=B)
    await store.create_many([kid])
    assert await store.load(kid.id) == kid
    assert await store.children(row.id, None, 10) == [kid]


async def test_holders_tell_who_is_at_work(store: Store) -> None:
    assert await store.holders() == set()
    rows = [task() for _ in range(7)]
    await asyncio.gather(*(store.create(row) for row in rows))
    assert await store.holders() == set()
    await store.save(held(rows[0], A))
    await store.save(held(rows[1], A))
    await store.save(held(rows[2], A, B))
    kid = replace(child(rows[3].id), holders=B)
    await store.create_many([kid])
    assert await store.holders() == {A, f"{A},{B}", B}
    await store.save(finished(held(rows[2], A, B)))
    await store.save(held(replace(rows[0], revision=2)))
    assert await store.holders() == {A, B}, "what has ended is held by nobody, whatever its row says"
    await store.save(finished(held(rows[1], A)))
    assert await store.holders() == {B}


async def test_held_tasks_come_by_id(store: Store) -> None:
    rows = [task(f"{number:032x}") for number in range(12)]
    await asyncio.gather(*(store.create(row) for row in rows))
    for row in rows[:9]:
        await store.save(held(row, *((A,), (B,), (A, B))[int(row.id, 16) % 3]))
    ids = [row.id for row in rows]
    assert await store.held(A, "", 10) == ids[:9:3]
    assert await store.held(B, "", 10) == ids[1:9:3]
    assert await store.held(f"{A},{B}", "", 10) == ids[2:9:3]
    assert await store.held(A, ids[0], 1) == ids[3:4]
    assert await store.held(A, ids[6], 5) == []
    assert await store.held("c" * 12, "", 5) == []
    await store.save(finished(held(rows[3], A)))
    assert await store.held(A, "", 10) == [ids[0], ids[6]]
    for strange in STRANGE_IDS:
        if strange:
            assert await store.held(strange, "", 5) == []


async def test_of_two_who_adopt_a_task_one_wins(store: Store) -> None:
    row = replace(task(), holders=A)
    await store.create(row)
    took = await asyncio.gather(*(store.save(held(row, f"{number:012x}")) for number in range(10)))
    assert sum(number is not None for number in took) == 1
    (holder,) = await store.holders()
    assert await store.held(holder, "", 5) == [row.id]


async def test_statuses_of_tasks(store: Store) -> None:
    rows = [task(status=status) for status in ("running", "finished", "error")]
    for row in rows:
        await store.create(row)
    kid = child(rows[0].id)
    await store.create_many([kid])
    wanted = {row.id: row.status for row in [*rows, kid]}
    assert await store.statuses([*wanted, "unknown", *STRANGE_IDS]) == wanted
    assert await store.statuses([]) == {}
    await store.save(finished(kid))
    assert await store.statuses([kid.id]) == {kid.id: "finished"}


async def test_recount_changes_nothing_that_is_right(store: Store) -> None:
    rows = [task(route=route) for route in ("blur", "blur", "crop")]
    for row in rows:
        await store.create(row)
    await store.create_many([child(rows[0].id)])
    await store.save(finished(rows[0]))
    await store.recount()
    assert await store.stats() == Stats({"running": 2, "finished": 1}, {"blur": 2, "crop": 1})


async def test_recount_does_no_harm_under_load(store: Store) -> None:
    kept = 0
    stop = asyncio.Event()

    async def work() -> None:
        nonlocal kept
        number = 0
        while not stop.is_set() or number < 10:
            row = task()
            await store.create(row)
            await store.save(finished(row))
            number += 1
            if number % 3 == 0:
                await store.delete([row.id])
            else:
                kept += 1

    workers = [asyncio.create_task(work()) for _ in range(3)]
    for _ in range(3):
        await store.recount()
    stop.set()
    await asyncio.gather(*workers)
    assert await store.stats() == Stats({"finished": kept}, {"blur": kept})
