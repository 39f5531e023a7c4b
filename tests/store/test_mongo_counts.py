"""What a killed engine leaves wrong in the counts, and indexes for all that is asked often."""

import asyncio
from collections import Counter
from dataclasses import replace

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from engine.store.base import Stats
from engine.store.mongo import MongoStore
from tests.servers.mongo import Mongo

from .conftest import OF_THE_DRIVER
from .lossy import Lossy
from .processes import process
from .rows import child, finished, pipeline, task

pytestmark = OF_THE_DRIVER


async def test_counts_after_a_killed_process_are_healed(mongo: Mongo, two: tuple[MongoStore, MongoStore]) -> None:
    store, other = two
    told: set[str] = set()
    removing: set[str] = set()
    for _ in range(3):
        writer = process("write", mongo.uri, store.database)
        assert writer.stdout is not None
        for number, line in enumerate(iter(writer.stdout.readline, "")):
            task_id, what = line.split()
            told.add(task_id)
            removing |= {task_id} if what == "removing" else set()
            if number == 150:
                writer.kill()
        writer.wait()
        writer.stdout.close()
    await store.recount()
    await other.recount()
    found = await store.page(None, None, None, 100_000)
    assert told - removing <= {summary.id for summary in found}
    statuses = Counter(summary.status for summary in found)
    routes = Counter(summary.route for summary in found)
    assert await store.stats() == Stats(dict(statuses), dict(routes))


async def test_wrong_counts_are_put_right_and_marks_forgotten(
    two: tuple[MongoStore, MongoStore], raw: AsyncDatabase[dict[str, object]]
) -> None:
    store, other = two
    for route in ("blur", "blur", "crop"):
        await store.create(task(route=route))
    marks = {f"by_{number:016x}": 7 for number in range(150)}
    await raw["tallies"].update_one({"_id": "blur"}, {"$set": {"running": -3, "error": 5, **marks}})
    await raw["tallies"].delete_one({"_id": "crop"})
    await raw["tallies"].insert_one({"_id": "gone", "running": 4, "finished": 0, "error": 0})
    await other.recount()
    assert await store.stats() == Stats({"running": 3}, {"blur": 2, "crop": 1})
    left = await raw["tallies"].find_one({"_id": "blur"})
    assert left is not None and len([name for name in left if name.startswith("by_")]) == 1
    await store.create(task())
    assert await other.stats() == Stats({"running": 4}, {"blur": 3, "crop": 1})


async def test_two_that_put_right_the_same_numbers_do_it_once(
    two: tuple[MongoStore, MongoStore], raw: AsyncDatabase[dict[str, object]]
) -> None:
    store, other = two
    for _ in range(5):
        await store.create(task())
        await raw["tallies"].update_one({"_id": "blur"}, {"$inc": {"running": -3, "error": 2}})
        await asyncio.gather(store.recount(), other.recount())
        shown = await store.stats()
        assert set(shown.by_status) == {"running"}, shown
    assert shown == Stats({"running": 5}, {"blur": 5})


async def test_prune_looks_at_tasks_by_an_index(two: tuple[MongoStore, MongoStore], mongo: Mongo) -> None:
    async with Lossy(mongo.uri) as lossy:
        store = MongoStore(lossy.uri, two[0].database)
        await store.open()
        for version in range(1, 6):
            await store.add_pipeline(pipeline(f"d{version}", version=version, kind="service"))
        for _ in range(10):
            await store.create(task(definition="d1"))
        lossy.seen.clear()
        assert await store.prune_pipelines(10_000) == 3
        assert lossy.seen["find", "tasks"] == 4, "one for each that may go"
        await store.close()


async def test_every_list_is_served_by_an_index(two: tuple[MongoStore, MongoStore], mongo: Mongo) -> None:
    store = two[0]
    root = replace(task(due=7, waiting=True), holders="a")
    await store.create(root)
    await store.create_many([replace(child(root.id, each, due=5), holders="a") for each in range(3)])
    await store.create(finished(task()))
    async with Spy(mongo) as spy:
        watched = MongoStore(spy.uri, store.database)
        await watched.open()
        await asyncio.gather(
            watched.page(None, None, (5_000, "x"), 5),
            watched.page("blur", "running", (5_000, "x"), 5),
            watched.due(9, 5),
            watched.next_due(),
            watched.running("", 5),
            watched.running("", 5, waiting=True),
            watched.expired(9, 5),
            watched.holders(),
            watched.held("a", "", 5),
            watched.existing([root.id]),
            watched.load(root.id),
            watched.children(root.id, (root.id, "each/1", 0), 5),
            watched.family(root.id, root.id, "each/1", -1, 5),
            watched.family_running(root.id, root.id, "each/1", 5),
            watched.changes(1, 5),
            watched.changes(1, 5, root.id),
            watched.last_change(),
            watched.prune_pipelines(9),
        )
        await watched.close()
        finds = [each for each in spy.commands if each.get("find") in ("tasks", "changes")]
        assert len(finds) >= 18
        for each in finds:
            assert "SCAN" not in (plan := await spy.plan(store.database, each)).replace("IXSCAN", ""), (each, plan)


class Spy(Lossy):
    """Keeps every command, and asks the server how it would find what it wants."""

    def __init__(self, mongo: Mongo) -> None:
        super().__init__(mongo.uri)
        self.commands: list[dict[str, object]] = []
        self._mongo = mongo

    def noted(self, body: dict[str, object]) -> None:
        """See `Lossy.noted`."""
        self.commands.append(body)

    async def plan(self, database: str, find: dict[str, object]) -> str:
        """The plan of the server as text: `COLLSCAN`, or SQLite's `SCAN`, where it reads all documents."""
        wanted = {name: value for name, value in find.items() if name in ("find", "filter", "sort", "limit")}
        async with AsyncMongoClient[dict[str, object]](self._mongo.uri) as client:
            found = await client[database].command({"explain": wanted, "verbosity": "queryPlanner"})
        return str(found["queryPlanner"]["winningPlan"])
