"""What every store must do with families of children: pages, counts, removal with their root."""

import asyncio
from dataclasses import replace

import pytest

from engine.store.base import ChildResult, Stats, Store, TaskRow

from .rows import STRANGE_IDS, child, finished, following, task
from .test_contract_children import made


async def test_children_come_by_parent_family_and_position(store: Store) -> None:
    root, other = task(), task()
    await store.create(root)
    await store.create(other)
    rows = [
        child(head, position, family, parent)
        for head in (root.id, other.id)
        for parent in (head, f"a{head}", f"\xe4{head}")
        for family in ("b/10", "b/2", "")
        for position in (0, 1, 2, 10, 11)
    ]
    await store.create_many(list(reversed(rows)))
    wanted = [row for row in rows if row.root == root.id]
    wanted.sort(key=lambda row: (row.parent, row.family, row.position))
    assert await store.children(root.id, None, 1_000) == wanted
    seen: list[TaskRow] = []
    after: tuple[str, str, int] | None = None
    while page := await store.children(root.id, after, 7):
        assert len(page) <= 7 and len(seen) <= len(wanted)
        seen += page
        after = (str(page[-1].parent), page[-1].family, page[-1].position)
    assert seen == wanted


async def test_family_gives_results_by_position(store: Store) -> None:
    root, rows = await made(store, 25)
    await store.create_many([child(root.id, 0, "other/1"), child(root.id, 0, parent=rows[0].id)])
    ended = {3: b"three", 12: None, 20: b""}
    for position, result in ended.items():
        await store.save(replace(finished(rows[position]), result=result))
    await store.save(replace(finished(rows[4]), status="error", result=b"why"))
    wanted = [ChildResult(row.id, row.position, "running", None) for row in rows]
    for position, result in ended.items():
        wanted[position] = replace(wanted[position], status="finished", result=result)
    wanted[4] = replace(wanted[4], status="error", result=b"why")
    assert await store.family(root.id, root.id, "each/1", -1, 100) == wanted
    assert await store.family(root.id, root.id, "each/1", 2, 3) == wanted[3:6]
    assert await store.family(root.id, root.id, "each/1", 24, 3) == []
    assert len(await store.family(root.id, rows[0].id, "each/1", -1, 3)) == 1


async def test_family_running_follows_every_save(store: Store) -> None:
    root, rows = await made(store, 9)
    ids = [row.id for row in rows]
    await store.create_many([child(root.id, 0, "other/1"), child(root.id, 0, parent=rows[0].id)])
    assert await store.family_running(root.id, root.id, "each/1", 4) == ids[:4]
    for row in rows[:5]:
        await store.save(finished(row))
    await store.save(replace(finished(rows[6]), status="error"))
    await store.save(following(rows[7]))
    assert await store.family_running(root.id, root.id, "each/1", 100) == [ids[5], ids[7], ids[8]]
    await store.save(replace(following(finished(rows[2])), status="running", ended=None))
    await store.save(replace(following(finished(rows[6])), status="running", ended=None))
    assert await store.family_running(root.id, root.id, "each/1", 3) == [ids[2], ids[5], ids[6]]


async def test_family_counts_follow_every_save(store: Store) -> None:
    root, rows = await made(store, 9)
    await store.create_many([child(root.id, 0, "other/1"), child(root.id, 0, parent=rows[0].id)])
    assert await store.family_counts(root.id, root.id, "each/1") == {"running": 9}
    for row in rows[:5]:
        await store.save(finished(row))
    await store.save(replace(finished(rows[6]), status="error"))
    assert await store.family_counts(root.id, root.id, "each/1") == {"running": 3, "finished": 5, "error": 1}
    assert await store.family_counts(root.id, root.id, "other/1") == {"running": 1}
    for row in [rows[5], *rows[7:]]:
        await store.save(finished(row))
    assert await store.family_counts(root.id, root.id, "each/1") == {"finished": 8, "error": 1}


async def test_unknown_families(store: Store) -> None:
    root, _ = await made(store, 2)
    for strange in ["unknown", *STRANGE_IDS]:
        for family in ((strange, root.id, "each/1"), (root.id, strange, "each/1"), (root.id, root.id, strange)):
            assert await store.family(*family, -1, 10) == []
            assert await store.family_running(*family, 10) == []
            assert await store.family_counts(*family) == {}
        assert await store.children(strange, None, 10) == []
    assert await store.children(root.id, ("\ud800", "", 0), 10) == []
    assert await store.family(root.id, root.id, "each/1", 2**70, 10) == []


async def test_delete_takes_all_descendants(store: Store) -> None:
    root, rows = await made(store, 450)
    other, kept = await made(store, 3)
    below = [child(root.id, position, parent=rows[7].id) for position in range(5)]
    await store.create_many(below)
    await store.save(finished(rows[3]))
    for row in (root, other):
        await store.save(finished(row))
    alone = task(status="error", ended=5)
    await store.create(alone)
    assert sorted(await store.delete([root.id, alone.id])) == sorted([root.id, alone.id])
    assert await store.existing([row.id for row in [root, alone, *rows, *below]]) == set()
    assert await store.children(root.id, None, 10) == []
    assert await store.changes(0, 10, root.id) == []
    assert len(await store.changes(0, 10_000)) == 5
    assert await store.children(other.id, None, 10) == kept
    assert await store.stats() == Stats({"finished": 1}, {"blur": 1})
    assert await store.create_many([child(root.id)]) == [None], "nobody would ever remove it"


@pytest.mark.parametrize("count", [1, 199, 200, 201, 400])
async def test_delete_of_any_number_of_children(store: Store, count: int) -> None:
    root, rows = await made(store, count, status="finished", ended=5)
    assert await store.delete([root.id]) == [root.id]
    assert await store.existing([root.id, *(row.id for row in rows)]) == set()


async def test_delete_ignores_children_and_leaves_those_of_running_roots(store: Store) -> None:
    root, rows = await made(store, 3)
    await store.save(finished(rows[0]))
    assert await store.delete([rows[0].id, rows[1].id, root.id]) == []
    assert await store.existing([row.id for row in rows]) == {row.id for row in rows}


async def test_removal_that_was_interrupted_goes_on_when_asked_again(store: Store) -> None:
    root, rows = await made(store, 3_000)
    ended = finished(root)
    await store.save(ended)
    removal = asyncio.create_task(store.delete([root.id]))
    async with asyncio.timeout(30):
        while await store.load(root.id) is not None:
            await asyncio.sleep(0)
    removal.cancel()
    with pytest.raises(asyncio.CancelledError):
        await removal
    assert await store.load(root.id) is None
    assert await store.save(replace(following(ended), status="running", ended=None)) is None, "some children are gone"
    assert await store.expired(10_000, 10) == [root.id]
    assert await store.existing([root.id]) == {root.id}
    left = await store.children(root.id, None, 5_000)
    assert 0 < len(left) < 3_000
    assert await store.delete([root.id]) == [root.id]
    assert await store.existing([root.id, *(row.id for row in rows)]) == set()
    assert await store.changes(0, 10) == []


async def test_others_are_served_while_a_large_family_is_removed(store: Store) -> None:
    root, _ = await made(store, 4_000, status="finished", ended=5)
    removal = asyncio.create_task(store.delete([root.id]))
    served = 0
    while not removal.done():
        await store.create(task())
        served += not removal.done()
    assert await removal == [root.id]
    assert served >= 10
