"""What every store must do with owners: of tasks, pipelines, services and idempotency keys."""

import asyncio
from dataclasses import replace

import pytest

from engine.store.base import ServiceRow, Stats, Store, Submission

from .rows import STRANGE_IDS, child, finished, pipeline, task

OWNERS = ["", "ann", "ann b", "Zoë"]


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("route", [None, "blur", "none"])
@pytest.mark.parametrize("status", [None, "running", "error"])
async def test_pages_of_one_owner(store: Store, owner: str, route: str | None, status: str | None) -> None:
    rows = [
        replace(
            task(route=("blur", "crop")[n // 4 % 2], status=("running", "finished", "error")[n % 3], created=n // 7),
            owner=OWNERS[n % 4],
        )
        for n in range(60)
    ]
    await asyncio.gather(*(store.create(row) for row in rows))
    wanted = [r for r in rows if r.owner == owner and route in (None, r.route) and status in (None, r.status)]
    wanted.sort(key=lambda row: (row.created, row.id), reverse=True)
    seen: list[str] = []
    before: tuple[int, str] | None = None
    while found := await store.page(route, status, before, 4, owner):
        seen += [summary.id for summary in found]
        before = (found[-1].created, found[-1].id)
    assert seen == [row.id for row in wanted]
    everything = await store.page(route, status, None, 100)
    assert len(everything) == sum(route in (None, r.route) and status in (None, r.status) for r in rows)


async def test_a_task_keeps_its_owner(store: Store) -> None:
    row = replace(task(), owner="ann")
    await store.create(row)
    items = [replace(child(row.id, position), owner="ann") for position in range(2)]
    await store.create_many(items)
    assert await store.load(row.id) == row and await store.load(items[0].id) == items[0]
    await store.save(finished(replace(row, owner="bob")))
    found = await store.load(row.id)
    assert found is not None and found.owner == "ann"
    assert [each.owner for each in await store.children(row.id, None, 10)] == ["ann", "ann"]


async def test_owners_of_many(store: Store) -> None:
    rows = [replace(task(document=b"x" * 50), owner=owner) for owner in OWNERS]
    for row in rows:
        await store.create(row)
    item = replace(child(rows[1].id), owner="ann")
    await store.create_many([item])
    wanted = {row.id: row.owner for row in [*rows, item]}
    assert await store.owners([*wanted, "unknown"]) == wanted
    assert await store.owners([]) == {}
    for strange in STRANGE_IDS:
        assert await store.owners([strange]) == {}
        assert await store.page(None, None, None, 5, strange) == [] or strange == ""
        assert strange == "" or await store.stats(strange) == Stats({}, {})


async def test_stats_of_one_owner_follow_every_change(store: Store) -> None:
    rows = [
        replace(task(route=r), owner=o) for r, o in (("blur", "ann"), ("blur", "bob"), ("crop", "ann"), ("blur", ""))
    ]
    for row in rows:
        await store.create(row)
    await store.create_many([replace(child(rows[0].id), owner="ann")])
    assert await store.stats("ann") == Stats({"running": 2}, {"blur": 1, "crop": 1})
    assert await store.stats("bob") == Stats({"running": 1}, {"blur": 1})
    assert await store.stats("") == Stats({"running": 1}, {"blur": 1})
    assert await store.stats("none") == await store.stats("an") == Stats({}, {})
    assert await store.stats() == Stats({"running": 4}, {"blur": 3, "crop": 1})
    await store.save(finished(rows[0]))
    assert (await store.stats("ann")).by_both == {"blur": {"finished": 1}, "crop": {"running": 1}}
    await store.save(replace(finished(rows[3]), status="error"))
    assert await store.stats("") == Stats({"error": 1}, {"blur": 1})
    await store.delete([row.id for row in rows])
    assert await store.stats("ann") == Stats({"running": 1}, {"crop": 1})
    assert await store.stats("") == Stats({}, {})
    assert await store.stats() == Stats({"running": 2}, {"blur": 1, "crop": 1})
    assert await store.recount()
    assert await store.stats("ann") == Stats({"running": 1}, {"crop": 1})


async def test_an_idempotency_key_is_its_owners(store: Store) -> None:
    made: dict[tuple[str, str], Submission] = {}
    for owner, key in (("", "key"), ("ann", "key"), ("ann b", "key"), ("ann", "b key"), ("", "ann key")):
        row = replace(task(), owner=owner)
        made[owner, key] = Submission("blur", key, "digest", row.id, owner)
        assert isinstance(await store.create(row, made[owner, key]), int)
    for (owner, key), earlier in made.items():
        again = replace(task(), owner=owner)
        assert await store.create(again, Submission("blur", key, "digest", again.id, owner)) == earlier
    ann = await store.load(made["ann", "key"].task)
    assert ann is not None
    await store.save(finished(ann))
    await store.delete([ann.id])
    again = replace(task(), owner="ann")
    assert isinstance(await store.create(again, Submission("blur", "key", "digest", again.id, "ann")), int)
    other = task()
    assert isinstance(await store.create(other, Submission("blur", "key", "digest", other.id)), Submission)


async def test_pipelines_and_services_have_owners(store: Store) -> None:
    rows = [
        replace(pipeline("d1"), owner="ann"),
        replace(pipeline("d2", version=2), owner="ann"),
        pipeline("d3", "crop"),
    ]
    for row in rows:
        assert await store.add_pipeline(row)
    await store.add_definition(replace(pipeline("d4", version=0, kind="trial"), owner="bob"))
    assert [row.owner for row in await store.open_pipelines()] == ["ann", ""]
    assert await store.open_pipeline("blur") == rows[1]
    assert [row.owner for row in await store.versions("blur")] == ["ann", "ann"]
    trial = await store.definition("d4")
    assert trial is not None and trial.owner == "bob"
    for owner in ("ann", "bob"):
        await store.announce(ServiceRow("resize", "http://a", b"{}", 30.0, 5, owner))
        assert await store.services() == [ServiceRow("resize", "http://a", b"{}", 30.0, 5, owner)]
