"""What every store must do with children: how they are added, saved, and kept out of what speaks of root tasks."""

import asyncio
from dataclasses import replace

import pytest

from engine.errors import Conflict
from engine.store.base import Change, Stats, Store, TaskRow

from .rows import STRANGE_IDS, child, finished, following, pipeline, task


async def made(store: Store, count: int = 0, **root: object) -> tuple[TaskRow, list[TaskRow]]:
    """A root and so many children of it, in the store."""
    head = task(**root)  # type: ignore[arg-type]
    await store.create(head)
    rows = [child(head.id, position) for position in range(count)]
    for start in range(0, count, 200):
        assert None not in await store.create_many(rows[start : start + 200])
    return head, rows


async def test_children_are_loaded_as_they_were_created(store: Store) -> None:
    root, _ = await made(store)
    rows = [
        child(root.id, 0, document=bytes(range(256))),
        child(root.id, 1, "other/2", due=7, waiting=True, document=b""),
        replace(child(root.id, 2**40, "", "somebody"), status="error", ended=9, result=b"\x00result", first_event=5),
        child(root.id, 3, document=b"x" * 1_000_000),
    ]
    assert await store.create_many(rows) == [2, 3, 4, 5]
    assert [await store.load(row.id) for row in rows] == rows
    assert await store.last_change() == 5
    assert await store.create_many([]) == []


async def test_child_that_exists_is_left_as_it_is(store: Store) -> None:
    root, (first, second) = await made(store, 2)
    await store.save(finished(first))
    third = child(root.id, 2)
    again = [replace(first, document=b"again"), third, second, replace(third, document=b"twice")]
    assert await store.create_many(again) == [None, 5, None, None]
    assert await store.load(first.id) == finished(first)
    assert await store.load(third.id) == third
    assert await store.last_change() == 5
    assert await store.create_many([replace(child(root.id, 3), id=root.id)]) == [None]
    assert await store.load(root.id) == root


async def test_child_of_an_unknown_root_is_not_added(store: Store) -> None:
    root, _ = await made(store)
    orphan, kept = child("unknown"), child(root.id)
    assert await store.create_many([orphan, kept]) == [None, 2]
    assert await store.existing([orphan.id, kept.id]) == {kept.id}


async def test_taken_place_is_a_conflict_and_adds_none(store: Store) -> None:
    root, (first,) = await made(store, 1)
    others = [child(root.id, position) for position in (1, 0, 2)]
    with pytest.raises(Conflict):
        await store.create_many(others)
    assert await store.existing([row.id for row in others]) == set()
    assert await store.children(root.id, None, 10) == [first]
    same = [child(root.id, 0, "other/1"), child(root.id, 0, parent="somebody")]
    assert None not in await store.create_many(same)


async def test_root_is_no_child(store: Store) -> None:
    root, _ = await made(store)
    for wrong in (task(), replace(task(), root=root.id), replace(task(), parent=root.id)):
        with pytest.raises(ValueError):
            await store.create_many([child(root.id), wrong])
    assert await store.children(root.id, None, 10) == []


async def test_of_many_who_create_the_same_children_each_is_made_once(store: Store) -> None:
    root, _ = await made(store)
    rows = [child(root.id, position) for position in range(120)]
    asked = [store.create_many(rows[start : start + 60]) for start in (0, 30, 60, 0, 60)]
    numbers = [number for part in await asyncio.gather(*asked) for number in part if number is not None]
    assert sorted(numbers) == list(range(2, 122))
    assert await store.children(root.id, None, 1_000) == rows


async def test_save_keeps_whose_child_it_is(store: Store) -> None:
    root, (row,) = await made(store, 1)
    second = following(row, b"second")
    other = "f" * 32
    moved = replace(second, root=other, parent=other, family="other", position=9)
    assert await store.save(moved) == 3
    assert await store.load(row.id) == second
    ended = replace(finished(second), result=b"[1, 2]")
    assert await store.save(ended) == 4
    assert await store.load(row.id) == ended
    again = replace(following(ended, b"again"), status="running", ended=None, result=None)
    assert await store.save(again) == 5
    assert await store.load(row.id) == again
    early = replace(following(again), result=b"early")
    assert await store.save(early) == 6
    assert await store.load(row.id) == early
    assert await store.save(replace(following(early), result=None)) == 7
    found = await store.load(row.id)
    assert found is not None and found.result is None


async def test_lists_and_numbers_speak_of_roots(store: Store) -> None:
    root, rows = await made(store, 3, status="finished", ended=5, created=1_000)
    await store.save(finished(rows[0], ended=1))
    await store.save(replace(finished(rows[1], ended=1), status="error"))
    for status in (None, "running", "finished", "error"):
        assert [row.id for row in await store.page(None, status, None, 10)] == (
            [root.id] * (status in (None, "finished"))
        )
    assert await store.page("", None, None, 10) == []
    assert await store.stats() == Stats({"finished": 1}, {"blur": 1})
    assert await store.expired(100, 10) == [root.id]


async def test_timers_and_searches_speak_of_all(store: Store) -> None:
    root, _ = await made(store, due=50, waiting=True)
    rows = [child(root.id, 0, due=20, waiting=True), child(root.id, 1, due=70), child(root.id, 2)]
    await store.create_many(rows)
    everybody = sorted(row.id for row in [root, *rows])
    assert await store.next_due() == 20
    assert await store.due(60, 10) == [rows[0].id, root.id]
    assert await store.running("", 10) == everybody
    assert await store.running("", 10, waiting=True) == sorted([root.id, rows[0].id])
    assert await store.existing([*everybody, "unknown"]) == set(everybody)
    await store.save(finished(rows[0]))
    assert await store.next_due() == 50
    assert rows[0].id not in await store.running("", 10)


async def test_changes_of_one_root_and_its_descendants(store: Store) -> None:
    root, rows = await made(store, 3)
    other, strangers = await made(store, 3)
    grandchild = child(root.id, 0, parent=rows[0].id)
    await store.create_many([grandchild])
    for row in (grandchild, strangers[0], root, rows[1], other, rows[0], root):
        found = await store.load(row.id)
        assert found is not None
        await store.save(following(found))
    for head in (root, other):
        wanted = [change for change in await store.changes(0, 100) if change.task in await family_of(store, head.id)]
        assert len(wanted) == (10 if head is root else 6)
        assert await store.changes(0, 100, head.id) == wanted
        for after in range(18):
            expected = [change for change in wanted if change.number > after][:4]
            assert await store.changes(after, 4, head.id) == expected
    assert await store.changes(0, 100, rows[1].id) == [Change(3, rows[1].id, 1, 2), Change(13, rows[1].id, 3, 4)]
    for strange in ["unknown", *STRANGE_IDS]:
        assert await store.changes(0, 100, strange) == []
    assert await store.changes(2**70, 100, root.id) == []


async def family_of(store: Store, root: str) -> set[str]:
    """A root and its descendants."""
    return {root} | {row.id for row in await store.children(root, None, 1_000)}


async def test_no_change_is_missed_by_who_follows_a_root(store: Store) -> None:
    root, rows = await made(store, 40)

    async def forward(row: TaskRow) -> list[int]:
        numbers = []
        for _ in range(5):
            row = following(row)
            numbers.append(await store.save(row))
        return [number for number in numbers if number is not None]

    work = asyncio.gather(*(forward(row) for row in [root, *rows]))
    followed: list[int] = []
    async with asyncio.timeout(30):
        while not work.done() or followed[-1] < await store.last_change():
            page = await store.changes(followed[-1] if followed else 0, 7, root.id)
            followed += [change.number for change in page]
            assert len(followed) <= 41 * 6
    assert sorted(number for part in await work for number in part) == followed[41:]
    assert followed == list(range(1, 41 * 6 + 1))


async def test_children_pin_their_definition(store: Store) -> None:
    for version in (1, 2, 3):
        await store.add_pipeline(pipeline(f"d{version}", version=version, kind="service"))
    root, _ = await made(store, definition="d3")
    row = child(root.id, definition="d1")
    await store.create_many([row])
    assert await store.prune_pipelines(10_000) == 1
    await store.save(finished(row))
    assert await store.prune_pipelines(10_000) == 0
    await store.save(finished(root))
    await store.delete([root.id])
    assert await store.prune_pipelines(10_000) == 1
    assert [await store.definition(each) is not None for each in ("d1", "d2", "d3")] == [False, False, True]
